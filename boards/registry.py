"""All boards, and finding one by name, alias or file."""

from __future__ import annotations

from difflib import get_close_matches

from nef2hw.boards import (
    arty,
    cmod_a7,
    colorlight_5a75b,
    colorlight_i5,
    ecpix5,
    ice40_up5k_b_evn,
    icebreaker,
    icesugar,
    icesugar_pro,
    nexys4ddr,
    orangecrab,
    tang_nano,
    tang_primer,
    ulx3s,
    upduino,
    verilog,
    versa_ecp5,
)
from nef2hw.boards.files import is_board_file, load_board_file
from nef2hw.boards.installed import installed_boards
from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import Nef2hwError

#: The boards that come with nef2hw.
ALL_BOARDS: tuple[BoardSpec, ...] = (
    *ulx3s.BOARDS,
    *orangecrab.BOARDS,
    *ecpix5.BOARDS,
    *colorlight_5a75b.BOARDS,
    *colorlight_i5.BOARDS,
    *icesugar_pro.BOARDS,
    *versa_ecp5.BOARDS,
    *icebreaker.BOARDS,
    *upduino.BOARDS,
    *icesugar.BOARDS,
    *ice40_up5k_b_evn.BOARDS,
    *tang_nano.BOARDS,
    *tang_primer.BOARDS,
    *arty.BOARDS,
    *cmod_a7.BOARDS,
    *nexys4ddr.BOARDS,
    *verilog.BOARDS,
)


class UnknownBoardError(Nef2hwError):
    """No board has the name that was asked for."""


def known_boards() -> tuple[tuple[BoardSpec, ...], tuple[str, ...]]:
    """All boards, those of installed packages last; and what is wrong with such packages."""
    others, problems = installed_boards(_names(ALL_BOARDS))
    return (*ALL_BOARDS, *others), problems


def find_board(name: str) -> BoardSpec:
    """Return the board called ``name``, or having it as an alias; case does not matter.

    ``path/board.py`` is a file that defines a board; it is executed.

    Raises
    ------
    BoardError
        The file is absent or malformed.
    UnknownBoardError
        With the names that come close, or all names.
    """
    if is_board_file(name):
        return load_board_file(name)
    wanted = name.lower().replace("-", "_")
    by_name = _names(ALL_BOARDS)
    if wanted in by_name:
        return by_name[wanted]
    boards, problems = known_boards()
    by_name = _names(boards)
    if wanted in by_name:
        return by_name[wanted]
    close = get_close_matches(wanted, by_name, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(by_name)}"
    raise UnknownBoardError("; ".join([f"board {name!r} is not known: {hint}", *problems]))


def _names(boards: tuple[BoardSpec, ...]) -> dict[str, BoardSpec]:
    """All names and aliases, names first."""
    by_name = {board.name: board for board in boards}
    return by_name | {alias: board for board in boards for alias in board.aliases}
