"""The one family of errors that nef2hw raises for what a user can mend.

Each message names the place, the value found, the limit and the cure; several
problems of one thing are as many lines. The command line turns any of these
into text and exit status 1.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Nef2hwError(Exception):
    """Base of every error that nef2hw raises on purpose."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, one message each."""
        return tuple(str(self).splitlines())


class ModelError(Nef2hwError):
    """A model file or network is malformed, out of range or not supported."""


class StimulusError(Nef2hwError):
    """Input data does not fit the model's inputs."""


class FormatError(Nef2hwError):
    """A number cannot be represented in the format it was given."""


class CapacityError(Nef2hwError):
    """A network does not fit the core or the board."""


class ProgramError(Nef2hwError):
    """A program or trace file is malformed or belongs to something else."""


class ToolError(Nef2hwError):
    """An external tool is missing, failed, or made nothing."""


class ToolTimeoutError(ToolError):
    """An external tool did not come to an end in the time it was given."""


class TimingError(ToolError):
    """No placement reaches the clock."""


class MissingToolchainError(ToolError):
    """No toolchain that can place a design on the board's device is complete."""


class BoardError(Nef2hwError):
    """A file or package that defines boards is malformed."""


class LinkError(Nef2hwError):
    """The board did not answer, or answered something else than was asked."""


class LinkFault(LinkError):
    """Bytes were lost or damaged, or the board was reset: the same thing may go well again."""


@contextlib.contextmanager
def naming(place: str) -> Iterator[None]:
    """Put ``place`` before each problem of a ModelError that does not begin with it.

    A file that cannot be read is named already.
    """
    try:
        yield
    except ModelError as error:
        named = (one if one.startswith(place) else f"{place}: {one}" for one in error.problems)
        raise ModelError("\n".join(named)) from error


class Collector:
    """Keeps the error that ends each ``with collector:`` block, so that all problems are found.

    A block assigns nothing that another block needs; after `check`, everything is assigned.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._kind: type[Nef2hwError] | None = None

    def __enter__(self) -> None:
        """Begin a block."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        """End a block; go on after it if it met an error for the user, nothing worse."""
        if not isinstance(error, Nef2hwError):
            return False
        self.problems.extend(error.problems)
        self._kind = self._kind or type(error)
        return True

    def each(self, items: Iterable[Item], reader: Callable[[Item], Result]) -> tuple[Result, ...]:
        """Return what ``reader`` makes of each item, without those it complains about."""
        results = []
        for item in items:
            with self:
                results.append(reader(item))
        return tuple(results)

    def check(self) -> None:
        """Raise all problems met so far as one error of the first one's class, a line for each."""
        if self.problems:
            raise (self._kind or ModelError)("\n".join(self.problems))


def all_of(calls: Iterable[Callable[[], Result]]) -> tuple[Result, ...]:
    """Make every call and return the results, or raise what `Collector.check` does."""
    collect = Collector()
    results = collect.each(calls, lambda call: call())
    collect.check()
    return results
