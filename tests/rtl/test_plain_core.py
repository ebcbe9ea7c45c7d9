"""The core with ports of single signals does what the core does."""

import numpy as np

from nef2hw.rtl.plain_core import PlainCore
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.sim.replay import Read, Run, Write, replay
from nef2hw.trace import first_difference
from tests.rtl.link_bench import simulate
from tests.sim.networks import program_of, tiny


class PortBench:
    """Carries operations out on the ports of a `PlainCore`, as its documentation says."""

    def __init__(self, dut):
        self.dut = dut

    async def send(self, ctx, stream, **fields):
        for name, value in fields.items():
            ctx.set(getattr(self.dut, f"{stream}_{name}"), value)
        ctx.set(getattr(self.dut, f"{stream}_valid"), 1)
        await self.until(ctx, getattr(self.dut, f"{stream}_ready"))
        ctx.set(getattr(self.dut, f"{stream}_valid"), 0)

    async def receive(self, ctx, stream, *fields):
        ctx.set(getattr(self.dut, f"{stream}_ready"), 1)
        signals = [getattr(self.dut, f"{stream}_{field}") for field in fields]
        values = await self.until(ctx, getattr(self.dut, f"{stream}_valid"), *signals)
        ctx.set(getattr(self.dut, f"{stream}_ready"), 0)
        return values

    @staticmethod
    async def until(ctx, condition, *signals):
        while True:
            _, _, met, *values = await ctx.tick().sample(condition, *signals)
            if met:
                return values

    async def carry_out(self, ctx, operation):
        if isinstance(operation, Write):
            for k, beat in enumerate(operation.beats):
                place = {"memory": operation.memory, "address": operation.address + k}
                await self.send(ctx, "bus", **place, write=1, data=int(beat))
            return None
        words = []
        if isinstance(operation, Read):
            for k in range(operation.count):
                place = {"memory": operation.memory, "address": operation.address + k}
                await self.send(ctx, "bus", **place, write=0)
                words += await self.receive(ctx, "read", "data")
        else:
            assert isinstance(operation, Run)
            await self.send(ctx, "run", reset=operation.reset, changed=operation.changed)
            last = 0
            while not last:
                word, last = await self.receive(ctx, "result", "data", "last")
                words.append(word)
        return np.array(words, dtype=np.uint32)


def test_a_replay_over_its_ports_equals_the_golden_model():
    program = program_of(tiny(), lanes=2)
    codes = extreme_codes(program.network, 2, seed=2)
    dut, traces = PlainCore(program.config), []
    bench = PortBench(dut)

    async def main(ctx):
        operations, answer = replay(program, codes, states=True), None
        while True:
            try:
                operation = operations.send(answer)
            except StopIteration as end:
                traces.append(end.value)
                return
            answer = await bench.carry_out(ctx, operation)

    simulate(dut, main)
    expected = simulate_golden(program.network, codes, states=True)
    assert first_difference(expected, traces[0]) is None
