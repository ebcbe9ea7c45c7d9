"""The one family of errors that nef2hw raises for what a user can mend.

Each message names the place, the value found, the limit and the cure; several
problems of one thing are as many lines. The command line turns any of these
into text and exit status 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

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


class LinkError(Nef2hwError):
    """The board did not answer, or answered something else than was asked."""


def all_of(calls: Iterable[Callable[[], Result]]) -> list[Result]:
    """Make every call and return the results; errors are collected and raised as one.

    Raises
    ------
    Nef2hwError
        Of the class of the first error, with the messages of all.
    """
    results: list[Result] = []
    errors: list[Nef2hwError] = []
    for call in calls:
        try:
            results.append(call())
        except Nef2hwError as error:
            errors.append(error)
    if errors:
        raise type(errors[0])("\n".join(map(str, errors))) from errors[0]
    return results
