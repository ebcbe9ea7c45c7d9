"""Content of memories in the textual configuration of an ECP5, as nextpnr writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from nef2hw.build.contents.routed import CellContent, Refilling, RoutedText, plain

#: A block RAM holds 2048 words of 9 bits, and its content is given 8 to a line.
_BLOCK_LINES, _PER_LINE = 256, 8
#: A parameter holds 16 pairs of such words, each padded to 20 bits.
_PARAMETERS, _PAIRS, _PAIR_BITS, _PADDED_BITS = 64, 16, 18, 20

#: Address bits 0 and 3 of a distributed RAM are exchanged in the look-up table that holds it.
_LUT_ORDER = (0, 8, 2, 10, 4, 12, 6, 14, 1, 9, 3, 11, 5, 13, 7, 15)

_LUT_RAM_BITS = 4
_INIT = "INITVAL"


class Ecp5Routed(RoutedText):
    """A configuration as text, with the place of each cell that matters."""

    def __init__(self, text: str, bels: Mapping[str, str]) -> None:
        super().__init__(text, bels)
        self._settings: dict[tuple[str, str], int] = {}
        self._blocks: dict[int, int] = {}
        self._index()

    def _index(self) -> None:
        """Find the lines that set content."""
        tile = ""
        for number, line in enumerate(self._lines):
            if line.startswith("."):
                kind, _, rest = line.partition(" ")
                # A block RAM is named by the first tile of its group.
                tile = _position(rest) if kind in (".tile", ".tile_group") else ""
                if kind == ".bram_init":
                    self._blocks[int(rest)] = number + 1
            elif tile and line.startswith(("word: ", "enum: ")):
                setting = line.split(" ")[1]
                if setting.endswith((".INIT", ".WID", ".REGSET")):
                    self._settings[tile, setting] = number

    def read(self, cell: str) -> CellContent:
        """Return the content of a block RAM or distributed RAM."""
        if cell not in self._bels:
            return {_INIT: _join_columns([self._value(line) for line in self._lut_lines(cell)])}
        first = self._block(cell)
        rows = self._lines[first : first + _BLOCK_LINES]
        words = np.array([int(word, 16) for row in rows for word in row.split()])
        return _to_parameters(words)

    def write(self, cell: str, content: CellContent) -> None:
        """Fill a block RAM or distributed RAM."""
        if cell not in self._bels:
            for line, column in zip(
                self._lut_lines(cell), _split_columns(content[_INIT]), strict=True
            ):
                self._set(line, column)
            return
        first = self._block(cell)
        words = [f"{word:03x}" for word in _from_parameters(content)]
        for row in range(_BLOCK_LINES):
            self._lines[first + row] = " ".join(words[row * _PER_LINE : (row + 1) * _PER_LINE])

    def read_register(self, cell: str) -> bool:
        """Return what a flip-flop begins with."""
        return self._value(self._register(cell)) == "SET"

    def write_register(self, cell: str, value: bool) -> None:
        """Let a flip-flop begin with ``value``."""
        self._set(self._register(cell), "SET" if value else "RESET")

    def _value(self, line: int) -> str:
        return self._lines[line].split(" ")[2]

    def _set(self, line: int, value: str) -> None:
        kind, name, _ = self._lines[line].split(" ")
        self._lines[line] = f"{kind} {name} {value}"

    def _block(self, cell: str) -> int:
        """Number of the first line of a block RAM's content, by way of its number in the device."""
        position, name = _place(self._bels[cell])
        number = self._value(self._settings[position, f"{name}.WID"])
        return self._blocks[int(number[::-1], 2)]

    def _lut_lines(self, cell: str) -> list[int]:
        """Numbers of the lines of the look-up tables of a distributed RAM."""
        places = [_place(self._bels[f"{cell}$DPRAM_COMB{k}"]) for k in range(_LUT_RAM_BITS)]
        return [self._settings[position, f"{name}.INIT"] for position, name in places]

    def _register(self, cell: str) -> int:
        position, name = _place(self._bels[cell])
        return self._settings[position, f"{name.replace('.FF', '.REG')}.REGSET"]


def _position(tile: str) -> str:
    """Return row and column of a tile, of which nextpnr and the configuration know other names."""
    found = re.search(r"R\d+C\d+", tile)
    return found.group() if found else ""


def _place(bel: str) -> tuple[str, str]:
    """Split ``X34/Y7/SLICEB.K1`` into the position of the tile and the name within."""
    column, row, name = bel.split("/")
    return f"R{row[1:]}C{column[1:]}", name


def _to_parameters(words: np.ndarray) -> dict[str, str]:
    """Return what a cell's parameters are for its words of 9 bits."""
    bits = (words[:, None] >> np.arange(9)) & 1
    padded = np.zeros((_PARAMETERS, _PAIRS, _PADDED_BITS), dtype=np.uint8)
    padded[:, :, :_PAIR_BITS] = bits.reshape(_PARAMETERS, _PAIRS, _PAIR_BITS)
    rows = padded.reshape(_PARAMETERS, -1)[:, ::-1] + ord("0")
    return {f"{_INIT}_{index:02X}": row.tobytes().decode() for index, row in enumerate(rows)}


def _from_parameters(content: CellContent) -> list[int]:
    """Return the words of 9 bits that a cell's parameters stand for."""
    rows = [content[f"{_INIT}_{index:02X}"] for index in range(_PARAMETERS)]
    bits = np.frombuffer("".join(rows).encode(), dtype=np.uint8) - ord("0")
    padded = bits.reshape(_PARAMETERS, -1)[:, ::-1].reshape(_PARAMETERS, _PAIRS, _PADDED_BITS)
    words: list[int] = (
        (padded[:, :, :_PAIR_BITS].reshape(-1, 9).astype(int) << np.arange(9)).sum(axis=1).tolist()
    )
    return words


def _split_columns(bits: str) -> list[str]:
    """Split the content of a distributed RAM into its look-up tables."""
    from_first = bits[::-1]
    columns = [from_first[k::_LUT_RAM_BITS] for k in range(_LUT_RAM_BITS)]
    return ["".join(column[place] for place in reversed(_LUT_ORDER)) for column in columns]


def _join_columns(tables: list[str]) -> str:
    """Join what `_split_columns` split; the exchange of two address bits undoes itself."""
    columns = ["".join(table[::-1][place] for place in _LUT_ORDER) for table in tables]
    return "".join(column[word] for word in range(16) for column in columns)[::-1]


REFILLING = Refilling(
    synthesis="synth_ecp5 -top top",
    mapping="synth_ecp5 -top top -run map_ram:map_ffram",
    ram_cells="t:DP16KD t:TRELLIS_DPR16X4",
    content=plain,
    open=Ecp5Routed,
    holds_digest=True,
)
