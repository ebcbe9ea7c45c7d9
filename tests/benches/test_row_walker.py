"""The row walker names every word of every row, whatever the rows' lengths."""

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.sim import Simulator

from nef2hw.program.words import pack, row_map_fields
from nef2hw.rtl.layouts import event_layout
from nef2hw.rtl.row_walker import RowWalker, word_layout
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import program_of, recurrent


class StreamedWalker(wiring.Component):
    """The row walker alone; nobody else reaches its memory."""

    def __init__(self, config, row_map):
        self.walker = RowWalker(config, row_map)
        self.event, self.word = event_layout(config), word_layout(config)
        super().__init__(
            {"i": In(stream.Signature(self.event)), "o": Out(stream.Signature(self.word))}
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.walker = walker = self.walker
        connect(m, flipped(self.i), walker.events)
        connect(m, walker.o, flipped(self.o))
        return m


@pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_every_word_of_a_row_is_named_with_its_target(stall, tmp_path):
    config = program_of(recurrent(), lanes=4).config
    rng = np.random.default_rng(12)
    targets = [
        {"accumulator": int(address), "delayed": int(rng.integers(2))}
        for address in rng.integers(config.accumulator_words, size=config.row_map_words)
    ]
    block = StreamedWalker(config, [pack(row_map_fields(config), t) for t in targets])
    events, words = [], []
    for count in [1, 1, 1, config.row_words, 0, 0, 2, 1, *rng.integers(0, config.row_words, 60)]:
        manner = {name: int(rng.integers(2)) for name in ("subtract", "silent", "base")}
        row = int(rng.integers(config.weight_words - count))
        place = int(rng.integers(config.row_map_words - count + 1))
        events.append({"row": row, "row_words": count, "row_map": place, **manner})
        for k in range(count):
            target = {f"target.{name}": value for name, value in targets[place + k].items()}
            words.append({"row": row + k, **target, **manner})
    given = stream_cases(block.event, columns_of(events))
    expected = stream_cases(block.word, columns_of(words))
    check_block(block, {"i": given}, {"o": expected}, tmp_path, stall)


def test_it_tells_a_cycle_before_whether_it_will_be_busy():
    rng = np.random.default_rng(4)
    walker = RowWalker(program_of(recurrent(), lanes=4).config)
    lingers, busy = [], []

    async def bench(ctx):
        for _ in range(400):
            ctx.set(walker.events.valid, rng.random() < 0.3)
            ctx.set(walker.events.payload.row_words, int(rng.integers(1, 4)))
            ctx.set(walker.o.ready, rng.random() < 0.5)
            taken = ctx.get(walker.events.valid & walker.events.ready)
            lingers.append(taken | ctx.get(walker.lingering))
            busy.append(ctx.get(walker.busy))
            await ctx.tick()

    simulator = Simulator(walker)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert lingers[:-1] == busy[1:]
    assert 100 < sum(busy) < 300
