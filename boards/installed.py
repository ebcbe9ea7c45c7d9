"""Boards of other packages, which name them in the entry point group ``nef2hw.boards``."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from nef2hw.boards.files import check_boards
from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import BoardError

GROUP = "nef2hw.boards"


def installed_boards(taken: Collection[str]) -> tuple[tuple[BoardSpec, ...], tuple[str, ...]]:
    """Boards of installed packages, and what is wrong with those that are left out.

    Parameters
    ----------
    taken
        Names and aliases that they may not have.
    """
    boards: list[BoardSpec] = []
    problems: list[str] = []
    names = set(taken)
    for point in entry_points(group=GROUP):
        found, problem = _load(point)
        problems += problem
        for board in found:
            own = {board.name, *board.aliases}
            if names & own:
                problems.append(f"board {board.name!r} of {point.value}: the name is taken")
                continue
            names |= own
            boards.append(board)
    return tuple(boards), tuple(problems)


@cache
def _load(point: EntryPoint) -> tuple[tuple[BoardSpec, ...], tuple[str, ...]]:
    """Import a package's boards; a package that fails is a problem, not an error."""
    try:
        return check_boards(point.load(), point.value), ()
    except BoardError as error:
        return (), (f"boards of another package: {error}",)
    except Exception as error:
        return (), (f"boards of {point.value} failed: {type(error).__name__}: {error}",)
