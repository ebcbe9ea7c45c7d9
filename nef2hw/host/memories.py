"""Whole memories of a board, written and read in pieces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nef2hw.errors import LinkFault
from nef2hw.host.link import Link
from nef2hw.host.planes import write_requests
from nef2hw.host.protocol import MAX_COUNT, Identity, parse_words, read_request
from nef2hw.program.memory import BeatArray, MemoryId, MemoryShape


def read_words(
    link: Link, identity: Identity, memory: MemoryId, shape: MemoryShape, words: int
) -> BeatArray:
    """Read the first ``words`` words of a memory, (words, beats)."""
    total = words * shape.stride
    requests = [
        read_request(memory, address, min(MAX_COUNT, total - address))
        for address in range(0, total, MAX_COUNT)
    ]
    beats = np.zeros(total, dtype=np.uint32)
    for index, payload in link.stream(requests, identity.window):
        address = index * MAX_COUNT
        count = min(MAX_COUNT, total - address)
        beats[address : address + count] = parse_words(payload, count)
    return beats.reshape(-1, shape.stride)[:, : shape.beats]


def write_words(
    link: Link,
    identity: Identity,
    memory: MemoryId,
    shape: MemoryShape,
    rows: BeatArray,
    first: int = 0,
) -> None:
    """Write words of shape (words, beats) from word ``first`` on.

    A request holds whole words where they fit one: it may be repeated after others that
    came later, and a word is taken over with its last beat.
    """
    limit = identity.beats_per_request
    limit -= limit % shape.stride if shape.stride <= limit else 0
    pieces: Sequence[BeatArray] = [rows.ravel()] if shape.stride == shape.beats else list(rows)
    requests = [
        request
        for index, beats in enumerate(pieces)
        for request in write_requests(memory, (first + index) * shape.stride, beats, limit)
    ]
    for _ in link.stream(requests, identity.window):
        pass


def check_words(memory: MemoryId, found: BeatArray, expected: BeatArray) -> None:
    """Compare what was read back with what was written.

    Raises
    ------
    LinkFault
        Naming the first word that differs.
    """
    wrong = np.argwhere(found != expected)
    if len(wrong):
        word, beat = (int(index) for index in wrong[0])
        raise LinkFault(
            f"{memory.name} word {word} beat {beat} reads 0x{found[word, beat]:08x}, "
            f"expected 0x{expected[word, beat]:08x}; the board or its bitstream is faulty"
        )
