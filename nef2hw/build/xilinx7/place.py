"""Placing, routing and packing a synthesized design for a 7-series part."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from nef2hw.build.families.family import SEED, TOP
from nef2hw.build.nextpnr import Timing, read_log
from nef2hw.build.seeds import first_that_meets
from nef2hw.build.stages import Stages
from nef2hw.build.xilinx7.part import Part
from nef2hw.build.xilinx7.scripts import VIVADO_SCRIPT
from nef2hw.build.xilinx7.steps import BITSTREAM, Step, pack_steps
from nef2hw.build.xilinx7.toolchain import OpenToolchain, Vivado, find_toolchain
from nef2hw.errors import ToolError

_SLACK = "slack_ns.txt"


def place(stages: Stages, part: Part, seeds: Sequence[int]) -> tuple[Timing, int]:
    """Make the bitstream with the toolchain that is there; return the timing and the seed.

    Raises
    ------
    MissingToolchainError
        No toolchain is complete.
    ToolError
        A tool failed, or the clock is not met.
    """
    toolchain = find_toolchain(part)
    if isinstance(toolchain, Vivado):
        return _place_with_vivado(stages, part), 0
    timing, seed = first_that_meets(
        seeds, lambda seed, _: _place_once(stages, toolchain, seed), stages.board.name
    )
    for step in pack_steps(part):
        _run(stages, step, toolchain)
    return timing, seed


def _place_once(stages: Stages, toolchain: OpenToolchain, seed: int) -> Timing:
    stages.notify(f"placing and routing, seed {seed}")
    _run(stages, toolchain.place, toolchain, seed)
    return read_log(stages.folder / f"{TOP}.tim")


def _run(stages: Stages, step: Step, toolchain: OpenToolchain, seed: int = 1) -> None:
    arguments = [
        str(seed) if argument == SEED else Template(argument).substitute(toolchain.variables)
        for argument in step.arguments
    ]
    patience_s = stages.patience_s if step.stage == "place" else None
    stages.run(step.stage, (step.tool, *arguments), step.makes, patience_s)


def _place_with_vivado(stages: Stages, part: Part) -> Timing:
    stages.notify("synthesizing, placing and routing with Vivado")
    command = ("vivado", "-mode", "batch", "-nojournal", "-nolog", "-source", VIVADO_SCRIPT)
    stages.run("place", command, (BITSTREAM, _SLACK))
    text = (stages.folder / _SLACK).read_text(encoding="utf-8")
    try:
        slack_s = float(text) * 1e-9
    except ValueError as error:
        raise ToolError(f"Vivado wrote {text.strip()!r} as slack; see its log") from error
    return Timing(1 / (1 / part.clock_hz - slack_s), part.clock_hz, ())
