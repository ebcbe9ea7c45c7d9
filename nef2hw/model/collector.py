"""Reading on after the first problem, so that all of them are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TypeVar

from nef2hw.errors import ModelError

Item = TypeVar("Item")
T = TypeVar("T")


class Collector:
    """Keeps the problem that ends each ``with collector:`` block.

    A block assigns nothing that another block needs; after `check`, everything is assigned.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def __enter__(self) -> None:
        """Begin a block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """End a block; go on after it if it met a problem of the model, nothing worse."""
        if not isinstance(error, ModelError):
            return False
        self.problems.extend(error.problems)
        return True

    def each(self, items: Iterable[Item], reader: Callable[[Item], T]) -> tuple[T, ...]:
        """Return what ``reader`` reads of each item, without those it complains about."""
        results = []
        for item in items:
            with self:
                results.append(reader(item))
        return tuple(results)

    def check(self) -> None:
        """Raise ModelError with all problems met so far, a line for each."""
        if self.problems:
            raise ModelError("\n".join(self.problems))
