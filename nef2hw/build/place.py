"""Synthesis, placement, routing and packing of a design for a board.

Amaranth's platform writes the netlist, the constraint file and the scripts; the tools are run here
one by one, so that each is timed, logged, and checked to have made its file.
"""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.nextpnr import PlacementReport, Timing, overflows, read_report
from nef2hw.build.platform import load_platform
from nef2hw.build.resources import Usage, check_fit, count_cells, with_placed
from nef2hw.errors import CapacityError, ToolError
from nef2hw.tools import find_tool, run_tool

TOP = "top"
STATISTICS = f"{TOP}.stat.json"
REPORT = f"{TOP}.pnr.json"

#: Placements tried in turn, until one meets the clock, when the user names no seed.
SEEDS = (1, 2, 3)

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Flow:
    """What differs between the families."""

    synth_opts: str
    constraints: str  #: constraint file that the platform writes
    netlist: str
    routed: str
    bitstream: str
    script_after_read: str


#: iCE40's single-port RAM has no initial content: a memory that is to become one must ask for none.
_DROP_HUGE_INIT = "\n".join(
    [
        "select -set huge_modules */a:ram_style=huge %m",
        "delete @huge_modules */t:$meminit_v2 %i",
    ]
)

#: No word is read for use in the cycle in which it is written (a test holds that). Without this,
#: yosys adds registers and a comparator to every block RAM to give what was there before.
_ANY_DATA_AT_COLLISION = (
    "setparam -set COLLISION_X_MASK 1'1 t:$memrd_v2 r:TRANSPARENCY_MASK=1'0 %i r:CLK_ENABLE=1 %i"
)

FLOWS: Mapping[str, Flow] = {
    "ecp5": Flow(
        synth_opts="",
        constraints=f"{TOP}.lpf",
        netlist=f"{TOP}.json",
        routed=f"{TOP}.config",
        bitstream=f"{TOP}.bit",
        script_after_read=_ANY_DATA_AT_COLLISION,
    ),
    "ice40": Flow(
        synth_opts="-dsp",
        constraints=f"{TOP}.pcf",
        netlist=f"{TOP}.json",
        routed=f"{TOP}.asc",
        bitstream=f"{TOP}.bin",
        script_after_read=f"{_DROP_HUGE_INIT}\n{_ANY_DATA_AT_COLLISION}",
    ),
}


@dataclass(frozen=True)
class PlacedDesign:
    """A design that fits, meets its clock, and has a bitstream."""

    folder: Path  #: everything the tools wrote
    bitstream: Path
    constraints: Path
    logs: tuple[Path, ...]
    resources: Mapping[str, Usage]
    timing: Timing
    seed: int
    seconds: Mapping[str, float]  #: wall time of each stage
    tools: Mapping[str, str]  #: version of each tool


def build_bitstream(
    design: Any,
    board: BoardSpec,
    folder: Path,
    *,
    seed: int | None = None,
    notify: Notify = lambda _: None,
) -> PlacedDesign:
    """Build ``design``, an elaboratable that requests its own pins, for ``board``.

    Parameters
    ----------
    folder
        Where the tools work; made if absent.
    seed
        Of the placement; by default several are tried until the clock is met.

    Raises
    ------
    CapacityError
        The design is too large for the board.
    ToolError
        A tool is missing or failed, or the clock is not met.
    """
    flow = FLOWS[board.family]
    started = time.monotonic()
    commands = _prepare(design, board, flow, folder)
    seconds = {"elaborate": time.monotonic() - started}
    stages = _Stages(board, folder, notify, seconds)

    notify(f"synthesizing for {board.title}")
    stages.run("synthesize", commands[0], (flow.netlist, STATISTICS))
    resources = count_cells(_cells(folder / STATISTICS), board)
    check_fit(resources, board)

    report, chosen = _place(stages, commands[1], flow, SEEDS if seed is None else (seed,))
    notify("packing the bitstream")
    stages.run("pack", commands[2], (flow.bitstream,))
    return PlacedDesign(
        folder=folder,
        bitstream=folder / flow.bitstream,
        constraints=folder / flow.constraints,
        logs=tuple(sorted((folder / "logs").glob("*.log"))),
        resources=with_placed(resources, report.cells, board),
        timing=report.timing,
        seed=chosen,
        seconds=seconds,
        tools=stages.tools,
    )


def _prepare(design: Any, board: BoardSpec, flow: Flow, folder: Path) -> list[list[str]]:
    """Write the platform's files; return the commands of its build script, tool names first."""
    plan = load_platform(board).build(
        design,
        name=TOP,
        do_build=False,
        synth_opts=flow.synth_opts,
        script_after_read=flow.script_after_read,
        script_after_synth=f"tee -q -o {STATISTICS} stat -json",
        nextpnr_opts=f"--report {REPORT} --timing-allow-fail --seed {{seed}}",
    )
    folder.mkdir(parents=True, exist_ok=True)
    plan.extract(folder)
    lines = str(plan.files[f"{plan.script}.sh"]).splitlines()
    names = {_variable(tool): tool for tool in ("yosys", *_PLACERS, *_PACKERS)}
    commands = [shlex.split(line) for line in lines if line.startswith('"$')]
    return [[names[command[0].lstrip("$")], *command[1:]] for command in commands]


_PLACERS = ("nextpnr-ecp5", "nextpnr-ice40")
_PACKERS = ("ecppack", "icepack")


def _variable(tool: str) -> str:
    return tool.upper().replace("-", "_")


class _Stages:
    """Runs the tools of one build, and remembers how long each took."""

    def __init__(
        self, board: BoardSpec, folder: Path, notify: Notify, seconds: dict[str, float]
    ) -> None:
        self.board = board
        self.folder = folder
        self.notify = notify
        self.seconds = seconds
        self.tools: dict[str, str] = {}

    def run(self, stage: str, command: Sequence[str], makes: Sequence[str]) -> None:
        tool = find_tool(command[0])
        self.tools[tool.name] = f"{tool.version} ({tool.source})"
        started = time.monotonic()
        try:
            run_tool(
                tool,
                command[1:],
                cwd=self.folder,
                log=self.folder / "logs" / f"{stage}.log",
                makes=[Path(name) for name in makes],
                notify=self.notify,
            )
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - started


def _place(
    stages: _Stages, command: Sequence[str], flow: Flow, seeds: Sequence[int]
) -> tuple[PlacementReport, int]:
    """Place and route until the clock is met; return the report and the seed that met it."""
    best: Timing | None = None
    for seed in seeds:
        stages.notify(f"placing and routing, seed {seed}")
        arguments = [part.replace("{seed}", str(seed)) for part in command]
        _run_placer(stages, arguments, (flow.routed, REPORT))
        report = read_report(stages.folder / REPORT)
        timing = report.timing
        if timing.met:
            return report, seed
        best = timing if best is None else max(best, timing, key=lambda t: t.achieved_hz)
    assert best is not None
    raise ToolError(
        f"{stages.board.name}: the design reaches {best.achieved_hz / 1e6:.1f} MHz, "
        f"{best.asked_hz / 1e6:.1f} MHz were asked for (seeds tried: "
        f"{', '.join(map(str, seeds))}); try a lower --clock, fewer --lanes or another --seed"
    )


def _run_placer(stages: _Stages, command: Sequence[str], makes: Sequence[str]) -> None:
    """Place and route; tell a design that is too large from a tool that failed."""
    try:
        stages.run("place", command, makes)
    except ToolError as error:
        log = stages.folder / f"{TOP}.tim"
        over = overflows(log.read_text(errors="replace")) if log.is_file() else {}
        if not over:
            raise
        needs = ", ".join(f"{u.used} {name} (it has {u.present})" for name, u in over.items())
        raise CapacityError(
            f"{stages.board.name}: the design needs {needs}; try fewer --lanes"
        ) from error


def _cells(path: Path) -> dict[str, int]:
    """Read the cells of the whole design from what yosys's ``stat -json`` printed."""
    text = path.read_text()
    try:
        found = json.loads(text[text.index("{") :])
        design = found.get("design") or next(iter(found["modules"].values()))
        return {re.sub(r"^\\", "", name): int(n) for name, n in design["num_cells_by_type"].items()}
    except (ValueError, KeyError, StopIteration, AttributeError, TypeError) as error:
        raise ToolError(f"{path} has no statistics of yosys ({error!r}); build again") from error
