"""Large memories are stored in slices where that keeps multiplexers from behind them."""

import random
import re
from dataclasses import replace

import pytest
from amaranth.sim import Simulator

from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.rtl.weight_memory import WeightMemory, one_deep, weight_slice_bits
from nef2hw.sim.verilog import to_rtlil
from tests.sim.networks import program_of, tiny


@pytest.mark.parametrize(
    ("depth", "width", "bits"),
    [
        (512, 256, 36),
        (513, 256, 18),
        (3264, 256, 4),
        (1280, 256, None),
        (16_384, 8, 1),
        (16_385, 8, None),
    ],
)
def test_a_slice_is_as_wide_as_a_block_ram_is_at_that_depth(depth, width, bits):
    assert one_deep(MemoryShape(depth, width)) == bits


def test_slices_divide_a_word_among_them():
    config = replace(program_of(tiny(), lanes=32).config, weight_words=600)
    text = to_rtlil(WeightMemory(config))
    widths = [int(found) for found in re.findall(r"memory width (\d+)", text)]
    assert sum(widths) == config.memories[MemoryId.WEIGHTS].width
    assert max(widths) == weight_slice_bits(config) < sum(widths)


def test_what_slices_hold_at_first_are_the_words_of_the_image():
    config = replace(program_of(tiny(), lanes=32).config, weight_words=600)
    width = config.memories[MemoryId.WEIGHTS].width
    init = [random.Random(row).getrandbits(width) for row in range(600)]
    memory = WeightMemory(config, init)
    found = []

    async def bench(ctx):
        for row in range(0, 600, 37):
            ctx.set(memory.row, row)
            await ctx.tick().repeat(5)
            found.append(ctx.get(memory.data))

    simulator = Simulator(memory)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert found == init[::37]
