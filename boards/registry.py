"""All boards, and finding one by name."""

from __future__ import annotations

from difflib import get_close_matches

from nef2hw.boards import icebreaker, ulx3s
from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import Nef2hwError

ALL_BOARDS: tuple[BoardSpec, ...] = (*ulx3s.BOARDS, *icebreaker.BOARDS)


class UnknownBoardError(Nef2hwError):
    """No board has the name that was asked for."""


def find_board(name: str) -> BoardSpec:
    """Return the board called ``name``, or having it as an alias; case does not matter.

    Raises
    ------
    UnknownBoardError
        With the names that come close, or all names.
    """
    by_name = {board.name: board for board in ALL_BOARDS}
    by_name |= {alias: board for board in ALL_BOARDS for alias in board.aliases}
    wanted = name.lower().replace("-", "_")
    if wanted in by_name:
        return by_name[wanted]
    close = get_close_matches(wanted, by_name, n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(by_name)}"
    raise UnknownBoardError(f"board {name!r} is not known: {hint}")
