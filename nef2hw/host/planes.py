"""From rows of input codes to the requests that run them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

import numpy as np

from nef2hw.host.protocol import MAX_COUNT, Request, run_request, write_request
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import BeatArray, MemoryId
from nef2hw.program.planes import pack_planes, plane_places
from nef2hw.program.program import Program

Row = Mapping[str, CodeArray]


def write_requests(
    memory: MemoryId, address: int, beats: BeatArray, limit: int
) -> Iterator[Request]:
    """Write consecutive ``beats``, at most ``limit`` per request."""
    for start in range(0, len(beats), limit):
        yield write_request(memory, address + start, beats[start : start + limit])


def run_requests(
    program: Program, rows: Iterable[Row], before: Row | None, limit: int
) -> Iterator[Request]:
    """Run one step per row; equal rows in succession share a request.

    Only inputs that differ from the row before are sent; the last part of them
    travels in the RUN request itself. None of the requests may be repeated: what
    follows it has been acted on by then.

    Parameters
    ----------
    before : mapping or None
        Row that the core holds, None right after a reset.
    limit : int
        Most beats per request.
    """
    for _, equal_rows in groupby(rows, key=_row_bytes):
        group = list(equal_rows)
        changed, planes = changed_planes(program, group[0], before)
        before = group[0]
        parts = [
            (place + start, beats[start : start + limit])
            for place, beats in planes
            for start in range(0, len(beats), limit)
        ]
        for address, beats in parts[:-1]:
            yield replace(write_request(MemoryId.PLANES, address, beats), repeatable=False)
        address, last = parts[-1] if parts else (0, None)
        first_steps = min(len(group), MAX_COUNT)
        yield run_request(first_steps, changed, address, last)
        for start in range(first_steps, len(group), MAX_COUNT):
            yield run_request(min(len(group) - start, MAX_COUNT))


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
