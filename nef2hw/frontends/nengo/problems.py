"""Reading on after the first problem, so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from nef2hw.errors import ModelError

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Problems:
    """What readers complained about, a line each."""

    found: list[str] = field(default_factory=list)

    def read(self, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what ``reader`` reads, None if it complains."""
        try:
            return reader(*args, **kwargs)
        except ModelError as problem:
            self.found.extend(problem.problems)
            return None

    def error(self) -> ModelError:
        """Make one error of all that was found."""
        return ModelError("\n".join(self.found))


def one_line(text: object) -> str:
    """Write what a user or Nengo calls something without line breaks."""
    return " ".join(str(text).split())
