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
    """What readers complained about."""

    found: list[str] = field(default_factory=list)

    def read(self, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what ``reader`` reads, None if it complains."""
        try:
            return reader(*args, **kwargs)
        except ModelError as problem:
            self.found.append(str(problem))
            return None

    def error(self) -> ModelError:
        """Make one error of all that was found."""
        if len(self.found) == 1:
            return ModelError(self.found[0])
        listed = "".join(f"\n- {problem}" for problem in self.found)
        return ModelError(f"{len(self.found)} things cannot be done in hardware:{listed}")
