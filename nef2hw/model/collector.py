"""Reading on after the first problem, so that all of them are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from nef2hw.errors import ModelError

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Collector:
    """Runs readers and keeps what they complain about."""

    problems: list[str]

    def read(self, reader: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what ``reader`` reads, None if it complains."""
        try:
            return reader(*args, **kwargs)
        except ModelError as problem:
            self.problems.append(str(problem))
            return None

    def read_each(self, names: Iterable[str], reader: Callable[[str], T]) -> tuple[T, ...]:
        """Return what ``reader`` reads of each name, without those it complains about."""
        results = (self.read(reader, name) for name in names)
        return tuple(result for result in results if result is not None)
