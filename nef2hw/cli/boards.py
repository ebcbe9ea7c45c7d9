"""``nef2hw boards``."""

from __future__ import annotations

from collections.abc import Mapping

import click

from nef2hw.boards.registry import ALL_BOARDS
from nef2hw.boards.spec import BoardSpec
from nef2hw.cli.parameters import json_option
from nef2hw.cli.terminal import print_json, print_table
from nef2hw.tools import has_tool

_TOOLS: Mapping[str, tuple[str, ...]] = {
    "ecp5": ("yosys", "nextpnr-ecp5", "ecppack", "openFPGALoader"),
    "ice40": ("yosys", "nextpnr-ice40", "icepack", "openFPGALoader"),
}


@click.command()
@json_option
def boards(as_json: bool) -> None:
    """List the boards, what they hold, and which of their tools are installed.

    \b
    Example:
      nef2hw boards
    """
    installed = {tool: has_tool(tool) for tools in _TOOLS.values() for tool in tools}
    described = [_describe(board, installed) for board in ALL_BOARDS]
    if as_json:
        print_json(described)
        return
    head = ("name", "board", "device", "clock", "LUT", "block RAM", "DSP", "toolchain")
    print_table(head, [_row(board, installed) for board in ALL_BOARDS])


def _missing(board: BoardSpec, installed: Mapping[str, bool]) -> list[str]:
    return [tool for tool in _TOOLS[board.family] if not installed[tool]]


def _describe(board: BoardSpec, installed: Mapping[str, bool]) -> dict[str, object]:
    capacity = board.capacity
    return {
        "name": board.name,
        "aliases": list(board.aliases),
        "title": board.title,
        "device": board.device,
        "family": board.family,
        "clock_mhz": board.clock_hz / 1e6,
        "lut": capacity.lut,
        "ff": capacity.ff,
        "block_ram_bits": capacity.memory_bits,
        "spram_bits": capacity.spram_bits,
        "dsp": capacity.dsp,
        "tools": {tool: installed[tool] for tool in _TOOLS[board.family]},
    }


def _row(board: BoardSpec, installed: Mapping[str, bool]) -> tuple[str, ...]:
    capacity = board.capacity
    memory = f"{capacity.memory_bits // 1024} kbit"
    if capacity.spram_bits:
        memory += f" + {capacity.spram_bits // 1024} kbit single-port"
    missing = _missing(board, installed)
    return (
        board.name if not board.aliases else f"{board.name} ({', '.join(board.aliases)})",
        board.title,
        board.device,
        f"{board.clock_hz / 1e6:g} MHz",
        str(capacity.lut),
        memory,
        str(capacity.dsp),
        f"missing {', '.join(missing)}" if missing else "installed",
    )
