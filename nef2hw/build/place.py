"""From a design to a bitstream: synthesis, placement, routing and packing.

Amaranth's platform writes the netlist, the constraint file and the scripts; the tools are run here
one by one, so that each is timed, logged, and checked to have made its file.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.attempt import Job, place_with, routers_for, take
from nef2hw.build.nextpnr import PlacementReport, Timing
from nef2hw.build.resources import Usage, check_fit, with_placed
from nef2hw.build.seeds import SEEDS, first_that_meets
from nef2hw.build.stages import Notify, Stages
from nef2hw.build.synthesis import run_synthesis, write_sources
from nef2hw.build.xilinx7.part import part_of
from nef2hw.build.xilinx7.place import place as place_xilinx7
from nef2hw.build.xilinx7.sources import write_scripts
from nef2hw.errors import MissingToolchainError


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
    cached: bool = False  #: placed by an earlier build
    holds_image: bool = False  #: the bitstream has all of the image, and the board tells so

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
    seeds: Sequence[int] = SEEDS,
    notify: Notify = lambda _: None,
) -> PlacedDesign:
    """Build ``design``, an elaboratable that requests its own pins, for ``board``.

    Parameters
    ----------
    design
        Elaborated once.
    board
        Says the device, its family and its pins.
    folder
        Where the tools work; made if absent.
    clock_hz
        Of the core, Hz; by default the oscillator's. Told to the toolchains of Xilinx; the others
        find it among the constraints of ``design``.
    seeds
        Of placements, tried in this order until the clock is met.
    notify
        Called with a message when a stage begins or takes long.

    Returns
    -------
    PlacedDesign
        Without a bitstream where no toolchain for the board's device is complete.

    Raises
    ------
    CapacityError
        The design is too large for the board, or no placement comes to an end.
    TimingError
        No seed meets the clock; tells how near the best came.
    ToolError
        A tool failed or, where all come from Python packages, is missing; or nef2hw has none for
        the board.
    """
    job = prepare(design, board, folder, notify)
    if job.sources.flow.toolchain == "nextpnr":
        return pack(job, place_design(job, seeds))
    placed = _synthesized(job)
    part = part_of(job.sources.platform, clock_hz or board.clock_hz)
    try:
        write_scripts(folder, board.title, part)
        timing, chosen = place_xilinx7(job.stages, part, seeds)
    except MissingToolchainError as error:
        return replace(placed, missing=str(error))
    bitstream = folder / job.sources.flow.bitstream
    return replace(placed, bitstream=bitstream, timing=timing, seed=chosen)


def prepare(design: Any, board: BoardSpec, folder: Path, notify: Notify) -> Job:
    """Write into ``folder`` what the tools start from.

    Raises
    ------
    ToolError
        nef2hw has no tools for the board.
    """
    started = time.monotonic()
    sources = write_sources(design, board, folder)
    elapsed_s = time.monotonic() - started
    return Job(sources, Stages(board, folder, notify, {"elaborate": elapsed_s}))


def place_design(job: Job, seeds: Sequence[int] = SEEDS, at_once: int = 1) -> PlacedDesign:
    """Synthesize, place and route with the commands that Amaranth's platform knows.

    Parameters
    ----------
    at_once
        How many seeds may be tried at a time.

    Raises
    ------
    CapacityError, ToolError
        As of `build_bitstream`.
    """
    stages = job.stages
    placed = _synthesized(job)
    started = time.monotonic()
    routers = routers_for(job.sources.flow, placed.resources)
    trials: dict[int, PlacementReport] = {}

    def place(seed: int, stop: Event) -> Timing:
        trials[seed] = place_with(job, seed, routers, stop)
        return trials[seed].timing

    timing, chosen = first_that_meets(seeds, place, stages.board.name, at_once)
    take(job, chosen)
    stages.seconds["place"] = time.monotonic() - started
    return replace(
        placed,
        resources=with_placed(placed.resources, trials[chosen].cells, stages.board),
        timing=timing,
        seed=chosen,
    )


def pack(job: Job, placed: PlacedDesign) -> PlacedDesign:
    """Make the bitstream of what is routed.

    Raises
    ------
    ToolError
        The tool failed or is missing.
    """
    job.stages.notify("packing the bitstream")
    bitstream = job.sources.flow.bitstream
    job.stages.run("pack", job.sources.commands[2], (bitstream,))
    return replace(placed, bitstream=job.stages.folder / bitstream)


def _synthesized(job: Job) -> PlacedDesign:
    """Synthesize and check the size of what is to be placed."""
    stages = job.stages
    resources = run_synthesis(job.sources, stages)
    check_fit(resources, stages.board)
    constraints = stages.folder / job.sources.flow.constraints
    return PlacedDesign(stages.folder, constraints, resources, stages.seconds, stages.tools)
