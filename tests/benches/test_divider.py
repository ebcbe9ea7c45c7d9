"""The divider equals the golden quotient over edges, random operands and gaps."""

import itertools

import numpy as np
import pytest
from amaranth.sim import Simulator

from nef2hw.program.network import FRACTION_BITS
from nef2hw.rtl.divider import Divider
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from nef2hw.sim.golden import overshoot_fraction
from tests.benches.blocks import StreamedDivider, check_block

BITS = 23


def edge_operands():
    top = (1 << BITS) - 1
    values = [1, 2, 3, 0x7FFF, 0x8000, 0x8001, 0xFFFF, 0x10000, 1 << (BITS - 1), top - 1, top]
    pairs = np.array(list(itertools.product([0, *values], values)))
    return pairs[:, 0], pairs[:, 1]


def random_operands(count=600):
    rng = np.random.default_rng(7)
    drive = rng.integers(1, 1 << rng.integers(1, BITS + 1, count), dtype=np.int64)
    excess = np.minimum(rng.integers(0, drive + 2), (1 << BITS) - 1)
    return np.where(rng.random(count) < 0.7, excess >> 3, excess), drive


@pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")
@pytest.mark.parametrize("interval", [1, 4, 16])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_the_divider_equals_golden(interval, stall, tmp_path):
    excess, drive = (
        np.concatenate(both) for both in zip(edge_operands(), random_operands(), strict=True)
    )
    if interval > 1:
        excess, drive = excess[:: interval // 2], drive[:: interval // 2]
    frac = FRACTION_BITS + 2
    divider = StreamedDivider(BITS, frac, interval)
    tag = np.arange(len(excess)) % 256
    given = {"tag": tag, "excess": excess, "drive": drive}
    expected = {"tag": tag, "quotient": overshoot_fraction(excess, drive, frac)}
    check_block(
        divider,
        {"i": stream_cases(divider.operand, given)},
        {"o": stream_cases(divider.fraction, expected)},
        tmp_path,
        stall,
    )


@pytest.mark.parametrize("interval", [1, 2, 8])
def test_it_is_busy_from_the_cycle_of_an_operand_to_that_of_its_quotient(interval):
    divider = Divider(bits=4, quotient_bits=8, frac=8, tag_bits=1, interval=interval)
    busy, leaves = [], []

    async def bench(ctx):
        for cycle in range(32):
            ctx.set(divider.tick, cycle % interval == 0)
            ctx.set(divider.i.valid, cycle == 8)
            busy.append(ctx.get(divider.busy))
            leaves.append(ctx.get(divider.o.valid))
            await ctx.tick()

    simulator = Simulator(divider)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert sum(leaves) == 1
    assert busy == [8 <= cycle <= leaves.index(1) for cycle in range(32)]
