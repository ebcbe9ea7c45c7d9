"""``nef2hw boards``."""

from __future__ import annotations

from collections.abc import Callable

import click

from nef2hw.boards.registry import known_boards
from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.registry import family_of
from nef2hw.cli.parameters import json_option
from nef2hw.cli.terminal import print_json, print_table
from nef2hw.tools import has_tool

#: Whether a tool is installed, by name.
Installed = Callable[[str], bool]


@click.command()
@json_option
def boards(as_json: bool) -> None:
    """List the boards, what they hold, and which of their tools are installed.

    \b
    Example:
      nef2hw boards
    """
    found, problems = known_boards()
    for problem in problems:
        click.echo(f"nef2hw: {problem}", err=True)
    names = sorted({tool for board in found for tool in _tools(board)})
    installed = {name: has_tool(name) for name in names}
    if as_json:
        print_json([_describe(board, installed.__getitem__) for board in found])
        return
    head = ("name", "board", "device", "clock", "LUT", "block RAM", "DSP", "toolchain")
    print_table(head, [_row(board, installed.__getitem__) for board in found])


def _ways(board: BoardSpec) -> tuple[tuple[str, ...], ...]:
    """The sets of tools, each of which suffices for a bitstream, the preferred first."""
    flow = family_of(board).flow
    return flow.ways if flow is not None else ()


def _tools(board: BoardSpec) -> tuple[str, ...]:
    """All tools that may serve a board, each once."""
    tools = [tool for way in _ways(board) for tool in way]
    return tuple(dict.fromkeys((*tools, *board.programmer[:1])))


def _missing(board: BoardSpec, installed: Installed) -> list[str]:
    """What each way lacks, unless one lacks nothing; and the programmer."""
    lacking = [[tool for tool in way if not installed(tool)] for way in _ways(board)]
    programmer = [tool for tool in board.programmer[:1] if not installed(tool)]
    if not all(lacking):
        return programmer
    return [" or ".join(" + ".join(tools) for tools in lacking), *programmer]


def _describe(board: BoardSpec, installed: Installed) -> dict[str, object]:
    capacity = board.capacity
    return {
        "name": board.name,
        "aliases": list(board.aliases),
        "title": board.title,
        "device": board.device,
        "family": board.family,
        "clock_mhz": board.clock_hz / 1e6,
        "core_mhz": (board.core_hz or board.clock_hz) / 1e6,
        "baud": board.baud,
        "serial": board.serial,
        "lut": capacity.lut,
        "ff": capacity.ff,
        "block_ram_bits": capacity.memory_bits,
        "spram_bits": capacity.spram_bits,
        "dsp": capacity.dsp,
        "toolchains": [list(way) for way in _ways(board)],
        "programmer": list(board.programmer),
        "tools": {tool: installed(tool) for tool in _tools(board)},
        "missing": _missing(board, installed),
        "notes": list(board.notes),
    }


def _row(board: BoardSpec, installed: Installed) -> tuple[str, ...]:
    capacity, missing = board.capacity, _missing(board, installed)
    memory = f"{capacity.memory_bits // 1024} kbit"
    if capacity.spram_bits:
        memory += f" + {capacity.spram_bits // 1024} kbit single-port"
    held = (str(capacity.lut), memory, str(capacity.dsp)) if capacity.limited else ("", "", "")
    state = f"missing {', '.join(missing)}" if missing else "installed"
    return (
        board.name if not board.aliases else f"{board.name} ({', '.join(board.aliases)})",
        board.title,
        board.device,
        f"{board.clock_hz / 1e6:g} MHz",
        *held,
        state if _ways(board) else "your own",
    )
