"""Sums of results against NumPy, over kinds, windows, steps and stalls."""

import random

import numpy as np
import pytest
from amaranth.hdl import Module

from nef2hw.program.link_codes import ResultKind
from nef2hw.rtl.link.totals import Totals
from tests.rtl.link_bench import collect, put, simulate, until_quiet

ROOM = 16
WORDS = 5


def bench(window, steps, rng, compact):
    """Feed ``steps`` (steps, words + 1) to a block that sums; return what comes out."""
    m, out = Module(), []
    m.submodules.totals = totals = Totals(ROOM, compact)

    async def main(ctx):
        ctx.set(totals.window, window)
        ctx.set(totals.active, 1)
        for _ in range(2):  # a second run forgets the first one's sums
            ctx.set(totals.begin, 1)
            await ctx.tick()
            ctx.set(totals.begin, 0)
            for k, words in enumerate(steps):
                ctx.set(totals.more, k < len(steps) - 1)
                items = [{"data": int(w), "last": n == WORDS} for n, w in enumerate(words)]
                await put(ctx, totals.i, items, rng)
                ctx.set(totals.more, 0)
            await until_quiet(ctx, out, 3 * ROOM + 20)
        ctx.set(totals.active, 0)
        await put(ctx, totals.i, [{"data": 7, "last": 0}, {"data": 8, "last": 1}], rng)
        await until_quiet(ctx, out, 20)

    simulate(m, main, collect(totals.o, out, rng))
    return [(item.data, item.last) for item in out]


def expected_sums(kind, first, count, steps):
    """Sum the results of a window as NumPy sees them, modulo 2**32."""
    words = np.ascontiguousarray(steps[:, first:WORDS], dtype="<u4")
    if kind is ResultKind.SPIKE:
        values = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    elif kind is ResultKind.COUNT:
        values = words.view(np.uint8)
    else:
        values = words
    return values[:, :count].sum(axis=0, dtype=np.uint64) & 0xFFFFFFFF


WINDOWS = [
    (ResultKind.SPIKE, 0, 1),
    (ResultKind.SPIKE, 2, 15),
    (ResultKind.SPIKE, 4, 10),
    (ResultKind.COUNT, 0, 4),
    (ResultKind.COUNT, 1, 5),
    (ResultKind.COUNT, 1, 15),
    (ResultKind.READOUT, 0, 5),
    (ResultKind.READOUT, 3, 2),
    (ResultKind.READOUT, 4, 1),
]


@pytest.mark.parametrize(("kind", "first", "count"), WINDOWS)
@pytest.mark.parametrize(("steps", "seed"), [(1, None), (4, None), (3, 1)])
@pytest.mark.parametrize("compact", [False, True])
def test_sums_equal_numpys(kind, first, count, steps, seed, compact):
    words = np.random.default_rng(steps).integers(0, 1 << 32, (steps, WORDS + 1), dtype=np.uint32)
    words[0, :WORDS] = 0xFFFFFFFF
    words[:, WORDS] %= 1000
    rng = None if seed is None else random.Random(seed)
    out = bench({"first": first, "count": count, "kind": kind}, words, rng, compact)
    sums = [*expected_sums(kind, first, count, words), words[:, WORDS].sum()]
    once = [(int(total), n == count) for n, total in enumerate(sums)]
    assert out == once * 2 + [(7, 0), (8, 1)]
