"""Driving components with byte streams in Amaranth's simulator."""

import random
import warnings

from amaranth.sim import Simulator

PERIOD_S = 1e-6


async def put(ctx, target, payloads, rng=None):
    """Hand ``payloads`` to the stream ``target``, with random pauses if ``rng`` is given."""
    for payload in payloads:
        if rng is not None:
            await ctx.tick().repeat(rng.randrange(4) + 1)
        ctx.set(target.payload, payload)
        ctx.set(target.valid, 1)
        await _until(ctx, target.ready)
        ctx.set(target.valid, 0)


async def take(ctx, source, rng=None):
    """Take one payload from the stream ``source``."""
    if rng is not None:
        await ctx.tick().repeat(rng.randrange(4) + 1)
    ctx.set(source.ready, 1)
    payload = await _until(ctx, source.valid, source.payload)
    ctx.set(source.ready, 0)
    return payload


async def _until(ctx, condition, value=None):
    """Wait for a clock edge with ``condition``; a background process may end here."""
    while True:
        _, _, met, sample = await ctx.tick().sample(
            condition, condition if value is None else value
        )
        if met:
            return sample


def collect(source, into, rng=None):
    """Return a background process that appends all payloads of ``source`` to ``into``."""

    async def process(ctx):
        while True:
            into.append(await take(ctx, source, rng))

    return process


def simulate(dut, main, *background):
    """Run ``main`` with ``background`` processes until it returns."""
    simulator = Simulator(dut)
    simulator.add_clock(PERIOD_S)
    simulator.add_testbench(main)
    for process in background:
        simulator.add_testbench(process, background=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulator.run()


async def until_quiet(ctx, into, cycles):
    """Wait until ``into`` has not grown for ``cycles`` clock cycles."""
    length = -1
    while len(into) != length:
        length = len(into)
        await ctx.tick().repeat(cycles)


def transform(dut, payloads, *, quiet=40, stall_seed=None):
    """Feed ``payloads`` to ``dut.i`` and return everything that comes out of ``dut.o``."""
    out = []
    rng = None if stall_seed is None else random.Random(stall_seed)

    async def main(ctx):
        await put(ctx, dut.i, payloads, rng)
        await until_quiet(ctx, out, quiet)

    simulate(dut, main, collect(dut.o, out, rng and random.Random(stall_seed + 1)))
    return out
