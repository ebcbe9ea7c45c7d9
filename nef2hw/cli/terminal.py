"""What commands print: progress for people at a terminal, results for everybody."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import click

_REFRESH_S = 0.1


def progress(message: str) -> None:
    """Tell a person at a terminal what is going on; say nothing to a file or pipe."""
    if sys.stderr.isatty():
        click.echo(f"· {message}", err=True)


class Counter:
    """Counts steps; a person at a terminal sees the number go up, ten times a second at most.

    Attributes
    ----------
    done : int
        Steps so far.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.done = 0
        self._total, self._clock = total, clock
        self._next_s = clock()
        self._shown = False

    def __call__(self, done: int) -> None:
        """Take note of ``done`` steps."""
        self.done = done
        if sys.stderr.isatty() and (done == self._total or self._clock() >= self._next_s):
            self._next_s = self._clock() + _REFRESH_S
            self._shown = True
            click.echo(f"\r· step {done} of {self._total}", nl=done == self._total, err=True)

    def interrupt(self) -> None:
        """Begin a new line where the count stands."""
        if self._shown and self.done != self._total:
            click.echo(err=True)


def print_json(value: Any) -> None:
    """Print ``value`` as JSON on standard output."""
    click.echo(json.dumps(value, indent=2))


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns as wide as their longest entry."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values in two columns."""
    listed = list(pairs)
    width = max((len(name) for name, _ in listed), default=0)
    for name, value in listed:
        click.echo(f"{name.ljust(width)}  {value}")
