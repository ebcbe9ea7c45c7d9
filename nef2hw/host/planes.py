"""From rows of input codes to the requests that run them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Protocol

import numpy as np

from nef2hw.host.protocol import (
    MAX_COUNT,
    Request,
    Window,
    run_request,
    sum_request,
    write_request,
)
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import BeatArray, MemoryId
from nef2hw.program.planes import pack_planes, plane_places
from nef2hw.program.program import Program

Row = Mapping[str, CodeArray]


class Runner(Protocol):
    """Makes a request that writes planes and runs steps."""

    def __call__(
        self, steps: int, changed: int = 0, plane_address: int = 0, planes: BeatArray | None = None
    ) -> Request: ...


def write_requests(
    memory: MemoryId, address: int, beats: BeatArray, limit: int
) -> Iterator[Request]:
    """Write consecutive ``beats``, at most ``limit`` per request."""
    for start in range(0, len(beats), limit):
        yield write_request(memory, address + start, beats[start : start + limit])


def run_requests(
    program: Program, rows: Iterable[Row], before: Row | None, limit: int
) -> Iterator[Request]:
    """Run one step per row, each answered; equal rows in succession share a request.

    None of the requests may be repeated: what follows it has been acted on by then.

    Parameters
    ----------
    before : mapping or None
        Row that the core holds, None right after a reset.
    limit : int
        Most beats per request.
    """
    for _, equal_rows in groupby(rows, key=_row_bytes):
        group = list(equal_rows)
        yield from _held(program, group[0], before, len(group), MAX_COUNT, limit, run_request)
        before = group[0]


def last_requests(
    program: Program, row: Row, before: Row | None, steps: int, most: int, limit: int
) -> Iterator[Request]:
    """Hold ``row`` for ``steps``, of which the last is answered; at most ``most`` per request.

    Longer runs take several requests, each of which answers.
    """
    runner = partial(run_request, last_only=True)
    return _held(program, row, before, steps, most, limit, runner)


def sum_requests(
    program: Program,
    row: Row,
    before: Row | None,
    steps: int,
    most: int,
    limit: int,
    window: Window,
) -> Iterator[Request]:
    """Hold ``row`` for ``steps`` and ask for sums, of at most ``most`` steps each."""

    def runner(
        steps: int, changed: int = 0, plane_address: int = 0, planes: BeatArray | None = None
    ) -> Request:
        return sum_request(steps, window, changed, plane_address, planes)

    return _held(program, row, before, steps, most, limit, runner)


def _held(
    program: Program,
    row: Row,
    before: Row | None,
    steps: int,
    most: int,
    limit: int,
    runner: Runner,
) -> Iterator[Request]:
    """Send what differs from the row before, the last part with the first run."""
    changed, planes = changed_planes(program, row, before)
    parts = [
        (place + start, beats[start : start + limit])
        for place, beats in planes
        for start in range(0, len(beats), limit)
    ]
    for address, beats in parts[:-1]:
        yield replace(write_request(MemoryId.PLANES, address, beats), repeatable=False)
    address, last = parts[-1] if parts else (0, None)
    first_steps = min(steps, most)
    yield runner(first_steps, changed, address, last)
    for start in range(first_steps, steps, most):
        yield runner(min(steps - start, most))


def changed_planes(
    program: Program, row: Row, before: Row | None
) -> tuple[int, list[tuple[int, BeatArray]]]:
    """Return the set of changed inputs as bits, and beat address and planes of each."""
    changed, planes = 0, []
    for place in plane_places(program.network.inputs):
        codes = row[place.port.name]
        if before is None or not np.array_equal(codes, before[place.port.name]):
            changed |= 1 << place.flag
            planes.append((place.address, pack_planes(place, codes)))
    return changed, planes


def _row_bytes(row: Row) -> tuple[bytes, ...]:
    return tuple(np.ascontiguousarray(codes).tobytes() for codes in row.values())
