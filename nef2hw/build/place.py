"""From a design to a bitstream: synthesis, placement, routing and packing.

Amaranth's platform writes the netlist, the constraint file and the scripts; the tools are run here
one by one, so that each is timed, logged, and checked to have made its file.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.family import REPORT, SEED, TOP
from nef2hw.build.nextpnr import PlacementReport, Timing, overflows, read_report
from nef2hw.build.resources import Usage, check_fit, with_placed
from nef2hw.build.seeds import SEEDS, first_that_meets
from nef2hw.build.stages import Notify, Stages
from nef2hw.build.synthesis import Command, Sources, run_synthesis, write_sources
from nef2hw.build.xilinx7.sources import write_scripts
from nef2hw.build.xilinx7.part import part_of
from nef2hw.build.xilinx7.place import place as place_xilinx7
from nef2hw.errors import CapacityError, MissingToolchainError, ToolError, ToolTimeoutError


#: What nextpnr says when cells are too many for where they may be.
_TOO_DENSE = "Unable to find legal placement"


@dataclass(frozen=True)
class PlacedDesign:
    """A design that fits; and, where a toolchain is there, meets its clock and has a bitstream."""

    folder: Path  #: everything the tools wrote
    constraints: Path
    resources: Mapping[str, Usage]
    seconds: Mapping[str, float]  #: wall time of each stage
    tools: Mapping[str, str]  #: version of each tool
    bitstream: Path | None = None
    timing: Timing | None = None
    seed: int | None = None
    missing: str | None = None  #: why there is no bitstream

    @property
    def logs(self) -> tuple[Path, ...]:
        """What the tools said."""
        return tuple(sorted((self.folder / "logs").glob("*.log")))


def build_bitstream(
    design: Any,
    board: BoardSpec,
    folder: Path,
    *,
    clock_hz: float | None = None,
    seed: int | None = None,
    notify: Notify = lambda _: None,
) -> PlacedDesign:
    """Build ``design``, an elaboratable that requests its own pins, for ``board``.

    Parameters
    ----------
    folder
        Where the tools work; made if absent.
    clock_hz
        Of the core; by default the oscillator's.
    seed
        Of the placement; by default several are tried until the clock is met.

    Returns
    -------
    PlacedDesign
        Without a bitstream where no toolchain for the board's device is complete.

    Raises
    ------
    CapacityError
        The design is too large for the board.
    ToolError
        A tool failed or, where all come from Python packages, is missing; or the clock is missed.
    """
    started = time.monotonic()
    sources = write_sources(design, board, folder)
    stages = Stages(board, folder, notify, {"elaborate": time.monotonic() - started})
    resources = run_synthesis(sources, stages)
    check_fit(resources, board)
    placed = PlacedDesign(
        folder, folder / sources.flow.constraints, resources, stages.seconds, stages.tools
    )
    seeds = SEEDS if seed is None else (seed,)
    if sources.flow.toolchain == "nextpnr":
        return _finish(placed, sources, stages, seeds)
    part = part_of(sources.platform, clock_hz or board.clock_hz)
    try:
        write_scripts(folder, board.title, part)
        timing, chosen = place_xilinx7(stages, part, seeds)
    except MissingToolchainError as error:
        return replace(placed, missing=str(error))
    return replace(placed, bitstream=folder / sources.flow.bitstream, timing=timing, seed=chosen)


def _finish(
    placed: PlacedDesign, sources: Sources, stages: Stages, seeds: Sequence[int]
) -> PlacedDesign:
    """Place, route and pack with the commands that Amaranth's platform knows."""
    flow, reports = sources.flow, {}

    def place(seed: int) -> Timing:
        stages.notify(f"placing and routing, seed {seed}")
        arguments = [part.replace(SEED, str(seed)) for part in sources.commands[1]]
        run_placer(stages, arguments, (flow.routed, REPORT))
        reports[seed] = read_report(stages.folder / REPORT)
        return reports[seed].timing

    timing, seed = first_that_meets(seeds, place, stages.board.name)
    stages.notify("packing the bitstream")
    stages.run("pack", sources.commands[2], (flow.bitstream,))
    return replace(
        placed,
        resources=with_placed(placed.resources, reports[seed].cells, stages.board),
        bitstream=stages.folder / flow.bitstream,
        timing=timing,
        seed=seed,
    )


def run_placer(stages: Stages, command: Command, makes: Sequence[str]) -> None:
    """Place and route; tell a design that is too large from a tool that failed."""
    try:
        stages.run("place", command, makes, stages.patience_s)
    except ToolTimeoutError:
        raise
    except ToolError as error:
        log = stages.folder / f"{TOP}.tim"
        said = log.read_text(errors="replace") if log.is_file() else ""
        over = overflows(said)
        if not over and _TOO_DENSE in said + str(error):
            raise CapacityError(
                f"{stages.board.name}: the design fits by number, but finds no place; "
                "try fewer --lanes"
            ) from error
        if not over:
            raise
        needs = ", ".join(f"{u.used} {name} (it has {u.present})" for name, u in over.items())
        raise CapacityError(
            f"{stages.board.name}: the design needs {needs}; try fewer --lanes"
        ) from error
