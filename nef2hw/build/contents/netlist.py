"""The memories of a netlist in RTLIL, as yosys writes it before it maps them onto RAMs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_CELL = re.compile(r"  cell \$mem_v2 (\S+)\s*")
_INIT = re.compile(r"(    parameter \\INIT (\d+)')([01x]+)\s*")


def read_memories(text: str) -> dict[str, str]:
    """Return the content of each memory, binary digits with the last word first, by its name."""
    return {name: bits for name, _, bits in _contents(text.splitlines())}


def with_memories(text: str, contents: Mapping[str, str]) -> str:
    """Return ``text`` with other content of as many bits in the memories named."""
    lines = text.splitlines()
    for name, line, bits in list(_contents(lines)):
        new = contents.get(name, bits)
        assert len(new) == len(bits), name
        lines[line] = lines[line].replace(bits, new)
    return "\n".join(lines) + "\n"


def _contents(lines: list[str]) -> Iterator[tuple[str, int, str]]:
    """Yield name, number of the line of the content, and content of each memory."""
    name = None
    for number, line in enumerate(lines):
        if cell := _CELL.fullmatch(line):
            name = cell[1]
        elif line == "  end":
            name = None
        elif name is not None and (init := _INIT.fullmatch(line)):
            yield name.removeprefix("\\"), number, init[3]
