"""Content of block RAMs in the textual configuration of an iCE40, as nextpnr writes it.

Registers begin with zero, and single-port RAM with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.build.contents.routed import CellContent, Refilling, RoutedText

#: A block RAM is 16 lines of 256 bits, in hexadecimal.
_ROWS, _DIGITS, _BITS = 16, 64, 256
_WORD_ORDER = (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)


class Ice40Routed(RoutedText):
    """A configuration as text, with the place of each RAM."""

    def __init__(self, text: str, bels: Mapping[str, str]) -> None:
        super().__init__(text, bels)
        self._blocks = {
            line: number + 1
            for number, line in enumerate(self._lines)
            if line.startswith(".ram_data ")
        }

    def read(self, cell: str) -> CellContent:
        """Return the content of a block RAM."""
        first = self._block(cell)
        rows = self._lines[first : first + _ROWS]
        return {f"INIT_{k:X}": f"{int(row, 16):0{_BITS}b}" for k, row in enumerate(rows)}

    def write(self, cell: str, content: CellContent) -> None:
        """Fill a block RAM."""
        first = self._block(cell)
        for k in range(_ROWS):
            self._lines[first + k] = f"{int(content[f'INIT_{k:X}'], 2):0{_DIGITS}x}"

    def read_register(self, cell: str) -> bool:
        """Return False: no register begins with one."""
        return False

    def write_register(self, cell: str, value: bool) -> None:
        """Do nothing for zero, which registers begin with."""
        assert not value, cell

    def _block(self, cell: str) -> int:
        column, row, _ = self._bels[f"{cell}_RAM"].split("/")
        return self._blocks[f".ram_data {column[1:]} {row[1:]}"]


def content(parameters: CellContent) -> dict[str, str]:
    """Split the content of a RAM as yosys first maps it, one parameter, into those of the cell.

    The four bits of the address within a word of 16 stand in the opposite order. Yosys does the
    same when it goes on, but takes half a second for each RAM.
    """
    from_first = parameters["INIT"][::-1].replace("x", "0")
    words = [from_first[k : k + 16] for k in range(0, _ROWS * _BITS, 16)]
    turned = ["".join(word[place] for place in _WORD_ORDER) for word in words]
    rows = ["".join(turned[16 * k : 16 * k + 16])[::-1] for k in range(_ROWS)]
    return {f"INIT_{k:X}": row for k, row in enumerate(rows)}


REFILLING = Refilling(
    synthesis="synth_ice40 -dsp -top top",
    mapping="memory_libmap -lib +/ice40/brams.txt -lib +/ice40/spram.txt -no-auto-huge",
    ram_cells="t:$__ICE40_RAM4K_",
    content=content,
    open=Ice40Routed,
    holds_digest=False,
)
