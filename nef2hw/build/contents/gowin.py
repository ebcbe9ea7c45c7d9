"""Content of block RAMs in the netlist of a Gowin device that nextpnr has placed and routed.

Cells keep their names and parameters; gowin_pack makes the bitstream of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from nef2hw.build.contents.routed import CellContent, Refilling, RoutedText, plain

_CELL = re.compile(r' {8}"(.*)": \{')
_END = ("        },", "        }")
_TYPE = re.compile(r' {10}"type": "(\w+)",?')
_CONTENT = re.compile(r' {12}"(INIT\w*)": "([01]*)",?')

#: A flip-flop begins with one if its type can set it. In those of the digest, whatever can do so
#: is tied to nothing.
_SET, _RESET = ("DFFS", "SET"), ("DFFR", "RESET")


class GowinRouted(RoutedText):
    """A netlist as text, with the lines of each cell."""

    def __init__(self, text: str, bels: Mapping[str, str]) -> None:
        super().__init__(text, bels)
        self._first = {
            cell[1]: number
            for number, line in enumerate(self._lines)
            if (cell := _CELL.fullmatch(line)) and _TYPE.fullmatch(self._lines[number + 2])
        }

    def read(self, cell: str) -> CellContent:
        """Return the content of a block RAM."""
        return {name: bits for _, name, bits in self._contents(cell)}

    def write(self, cell: str, content: CellContent) -> None:
        """Fill a block RAM."""
        for number, name, bits in self._contents(cell):
            self._lines[number] = self._lines[number].replace(bits, content[name])

    def read_register(self, cell: str) -> bool:
        """Return what a flip-flop begins with."""
        found = next(filter(None, map(_TYPE.fullmatch, self._of(cell))))
        return found[1].startswith(_SET[0])

    def write_register(self, cell: str, value: bool) -> None:
        """Let a flip-flop begin with ``value``."""
        before, after = (_RESET, _SET) if value else (_SET, _RESET)
        first = self._first[cell]
        for number, line in enumerate(self._of(cell), first):
            for old, new in zip(before, after, strict=True):
                line = re.sub(rf'"{old}(E?)"', rf'"{new}\1"', line)
            self._lines[number] = line

    def _contents(self, cell: str) -> Iterator[tuple[int, str, str]]:
        """Yield number of line, name and binary digits of each parameter of content."""
        for number, line in enumerate(self._of(cell), self._first[cell]):
            if found := _CONTENT.fullmatch(line):
                yield number, found[1], found[2]

    def _of(self, cell: str) -> list[str]:
        """Return the lines of a cell."""
        last = first = self._first[cell]
        while self._lines[last] not in _END:
            last += 1
        return self._lines[first : last + 1]


REFILLING = Refilling(
    # Series differ only after memories are mapped.
    synthesis="synth_gowin -nolutram -top top",
    mapping="synth_gowin -nolutram -top top -run map_ram:map_ffram",
    ram_cells="t:SP* t:SDP* t:DP* t:pROM*",
    content=plain,
    open=GowinRouted,
    holds_digest=True,
)
