"""Boards in a Python file of the user's: ``--board path/board.py``."""

from __future__ import annotations

import runpy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nef2hw.boards.checks import board_problem
from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import BoardError


def is_board_file(name: str) -> bool:
    """Whether ``name`` is the path of a file, maybe with the name of a board in it."""
    return name.endswith(".py") or ".py:" in name


def load_board_file(name: str) -> BoardSpec:
    """Execute a file and return its board; ``file.py:name`` chooses one of several.

    Raises
    ------
    BoardError
        There is no such file, it fails, or it has no such board.
    """
    path, _, chosen = name.partition(".py:")
    file = Path(f"{path}.py" if chosen else name)
    if not file.is_file():
        raise BoardError(f"{file}: there is no such file of boards")
    try:
        content = runpy.run_path(str(file))
    except (Exception, SystemExit) as error:
        raise BoardError(f"{file} failed: {type(error).__name__}: {error}") from error
    if "BOARDS" not in content:
        raise BoardError(f"{file} defines no BOARDS, a tuple of BoardSpec")
    boards = check_boards(content["BOARDS"], str(file))
    found = {board.name: board for board in boards}
    names = ", ".join(found)
    if not chosen and len(boards) > 1:
        raise BoardError(f"{file} has {len(boards)} boards; choose one: {file}:NAME of {names}")
    if chosen and chosen not in found:
        raise BoardError(f"{file} has no board {chosen!r}; it has {names}")
    return found[chosen] if chosen else boards[0]


def check_boards(found: Any, place: str) -> tuple[BoardSpec, ...]:
    """Check what a file or package gives as boards.

    Raises
    ------
    BoardError
        Naming ``place``, the board, what is wrong with it and what is expected.
    """
    boards = (found,) if isinstance(found, BoardSpec) else found
    if not isinstance(boards, Iterable) or isinstance(boards, str):
        raise BoardError(f"{place}: BOARDS is a {type(found).__name__}, not a tuple of BoardSpec")
    listed = tuple(boards)
    if not listed:
        raise BoardError(f"{place}: BOARDS is empty")
    for board in listed:
        if not isinstance(board, BoardSpec):
            raise BoardError(f"{place}: BOARDS holds a {type(board).__name__}, not a BoardSpec")
        _check(board, place)
    return listed


def _check(board: BoardSpec, place: str) -> None:
    problem = board_problem(board)
    if problem is not None:
        raise BoardError(f"{place}: board {board.name!r:.100} {problem}")
