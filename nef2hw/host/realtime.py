"""Rows in, results out, at the pace of the model's time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy.typing as npt

from nef2hw.errors import ProgramError
from nef2hw.host.outputs import Outputs

Input = npt.ArrayLike | Mapping[str, npt.ArrayLike]

#: A row is late when it is sent later than due by more than this part of its duration.
LATE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Sample:
    """What came of a row."""

    time_s: float  #: model time at the end of its steps
    outputs: Outputs  #: (steps_per_row, size) each; (size,) of the last step with ``last_only``
    late_s: float  #: how much later than due it was sent
    answer_s: float  #: from sending it to the last of its results


class Runner(Protocol):
    """The part of a session that a stream uses."""

    @property
    def dt_s(self) -> float: ...

    def advance(self, x: Input | None = None, *, steps: int) -> Outputs: ...

    def last(self, x: Input | None = None, *, steps: int) -> Outputs: ...


class Stream:
    """Feeds a row every ``steps_per_row`` steps of model time and yields what came of it.

    A row is sent when it is due and its results are yielded at once: they are older than their
    row by one exchange over the link, never more. No step is left out: a host that comes too
    late sends the next rows without a pause until it has caught up, and is counted.

    Parameters
    ----------
    runner : Session
        Not reset here.
    source : iterable of rows, or callable
        A callable is given the last sample, None at first, and returns the next row, or None
        to end. A row is an input as `nef2hw.Session` takes it.
    steps_per_row : int
    last_only : bool
        Ask for the results of the last step of a row only, in one short answer.
    speed : float or None
        Model time over real time; None: as fast as possible, and nothing is late.

    Attributes
    ----------
    rows, late_rows : int
        Rows sent so far, and those sent late: by more than half of their duration.
    worst_late_s : float
    """

    def __init__(
        self,
        runner: Runner,
        source: Iterable[Input] | Callable[[Sample | None], Input | None],
        steps_per_row: int = 1,
        last_only: bool = False,
        speed: float | None = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if steps_per_row < 1:
            raise ProgramError(f"steps_per_row is {steps_per_row}, expected at least 1")
        if speed is not None and speed <= 0:
            raise ProgramError(f"speed is {speed}, expected a positive number or None")
        self.rows = self.late_rows = 0
        self.worst_late_s = 0.0
        self._runner, self._source = runner, source
        self._steps, self._last_only, self._speed = steps_per_row, last_only, speed
        self._clock, self._sleep = clock, sleep
        self._last: Sample | None = None

    def __iter__(self) -> Iterator[Sample]:
        started_s = self._clock()
        for row in self._inputs():
            late_s = self._wait(started_s)
            sent_s = self._clock()
            run = self._runner.last if self._last_only else self._runner.advance
            outputs = run(row, steps=self._steps)
            self.rows += 1
            time_s = self.rows * self._steps * self._runner.dt_s
            self._last = Sample(time_s, outputs, late_s, self._clock() - sent_s)
            yield self._last

    @property
    def summary(self) -> str:
        """Say how many rows there were and how many were late."""
        told = f"{self.rows} rows of {self._steps} steps"
        if self._speed is None:
            return told
        worst = f", the worst by {1e3 * self.worst_late_s:.1f} ms" if self.late_rows else ""
        return f"{told}, {self.late_rows} sent late{worst}"

    def _inputs(self) -> Iterator[Input]:
        if not callable(self._source):
            yield from self._source
            return
        while (row := self._source(self._last)) is not None:
            yield row

    def _wait(self, started_s: float) -> float:
        """Wait until the next row is due; return how late it is."""
        if self._speed is None:
            return 0.0
        duration_s = self._steps * self._runner.dt_s / self._speed
        ahead_s = started_s + self.rows * duration_s - self._clock()
        if ahead_s > 0:
            self._sleep(ahead_s)
            return 0.0
        if -ahead_s > LATE_SHARE * duration_s:
            self.late_rows += 1
            self.worst_late_s = max(self.worst_late_s, -ahead_s)
        return -ahead_s
