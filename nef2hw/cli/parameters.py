"""Kinds of arguments that several commands share."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nef2hw.archive import check_folder
from nef2hw.boards.registry import UnknownBoardError, find_board
from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import Nef2hwError

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
EXISTING_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)


class NewFile(click.Path):
    """A file to write, in a folder that is there: known before the work is done."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return ``value`` as a path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        check_folder(path)
        return path


def check_other(output: Path, *inputs: Path | None) -> None:
    """Refuse to write over what is read.

    Raises
    ------
    Nef2hwError
        ``output`` is one of ``inputs``.
    """
    for path in inputs:
        if path is not None and output.exists() and output.samefile(path):
            raise Nef2hwError(f"{output} is what is read; name another file with -o")


NEW_FILE = NewFile(dir_okay=False)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


class BoardParameter(click.ParamType):  # type: ignore[type-arg]
    """Name of a board, found in the registry."""

    name = "board"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> BoardSpec:
        """Return the board called ``value``."""
        if isinstance(value, BoardSpec):
            return value
        try:
            return find_board(str(value))
        except UnknownBoardError as error:
            self.fail(str(error), param, ctx)


class FiniteNumber(click.types.FloatParamType):
    """A number that is neither infinite nor none at all."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return ``value`` as a number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


class FiniteRange(click.FloatRange, FiniteNumber):
    """A finite number in a range."""


BOARD = BoardParameter()

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def steps_option(otherwise: str = "") -> Callable[[Decorated], Decorated]:
    """Return ``--steps``; ``otherwise`` tells how many there are without an input."""
    return click.option(
        "--steps",
        type=click.IntRange(min=1),
        help=f"Time steps to run; by default as many as the input has rows{otherwise}.",
    )


input_option = click.option(
    "--input",
    "input_path",
    type=EXISTING_FILE,
    help=".npy of (steps, size), or .npz with one such array per input; one row is held.",
)


hold_option = click.option(
    "--hold",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Hold each row of the input for so many steps.",
)

port_option = click.option(
    "--port", required=True, help="Serial port of the board, or 'sim' for the simulated board."
)

trace_option = click.option(
    "-o",
    "--output",
    "trace_path",
    type=NEW_FILE,
    default=Path("trace.npz"),
    show_default=True,
    help="Trace to write.",
)
