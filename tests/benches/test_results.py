"""Spikes and readouts leave as words, in order, and the cycle count after the last of them."""

import numpy as np
import pytest
from amaranth import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from nef2hw.rtl.layouts import ResultWord
from nef2hw.rtl.neuron_engine import in_flight
from nef2hw.rtl.result_packer import ResultPacker
from nef2hw.rtl.result_queue import ResultQueue
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import program_of, recurrent

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

SPIKE, READOUT, DONE = range(3)


class StreamedResults(wiring.Component):
    """Packer and queue behind a pipeline as deep as may be in flight, which nothing stalls."""

    def __init__(self, config):
        self.config = config
        self.item = data.StructLayout(
            {
                "kind": 2,
                "final": 1,
                "spike": 1,
                "total": signed(config.formats.sum_bits),
                "count": 32,
            }
        )
        super().__init__(
            {"i": In(stream.Signature(self.item)), "o": Out(stream.Signature(ResultWord))}
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.packer = packer = ResultPacker(self.config)
        m.submodules.queue = queue = ResultQueue(self.config)
        connect(m, packer.o, queue.words)
        self._take_slowly(m, queue.o)
        given = self.i.payload
        entering = self.i.valid & (given.kind != DONE) & queue.room
        moving, item, arriving = entering, given.as_value(), entering
        for k in range(in_flight(self.config)):
            item, arriving = (
                _delayed(m, item, f"item_{k}"),
                _delayed(m, arriving, f"arriving_{k}"),
            )
            moving = moving | arriving
        item = data.View(self.item, item)
        m.d.comb += [
            packer.spikes.valid.eq(arriving & (item.kind == SPIKE)),
            packer.spikes.final.eq(item.final),
            packer.spikes.spike.eq(item.spike),
            packer.readouts.valid.eq(arriving & (item.kind == READOUT)),
            packer.readouts.total.eq(item.total),
            queue.done.valid.eq(self.i.valid & (given.kind == DONE) & ~moving),
            queue.done.payload.eq(given.count),
            self.i.ready.eq(
                Mux(given.kind == DONE, queue.done.valid & queue.done.ready, queue.room)
            ),
        ]
        return m

    def _take_slowly(self, m, words):
        """Take a word every few cycles, so that the queue fills up."""
        wait = Signal(range(4))
        m.d.comb += [
            self.o.valid.eq(words.valid & (wait == 0)),
            self.o.payload.eq(words.payload),
            words.ready.eq(self.o.ready & (wait == 0)),
        ]
        with m.If(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        with m.Elif(words.valid & words.ready):
            m.d.sync += wait.eq(3)


def _delayed(m, value, name):
    later = Signal(len(value), name=name)
    m.d.sync += later.eq(value)
    return later


def spikes_of(size, rng):
    """Spikes of a population, and the words that they make."""
    spikes = rng.random(size) < rng.random()
    items = [{"kind": SPIKE, "spike": int(spike)} for spike in spikes]
    items[-1]["final"] = 1
    places = range(0, size, 32)
    words = [sum(int(bit) << k for k, bit in enumerate(spikes[p : p + 32])) for p in places]
    return items, [{"data": word} for word in words]


def readouts_of(size, top, rng):
    """Values of a readout, ends of their range among them."""
    totals = [-top, top - 1, -1, 0, *rng.integers(-top, top, size)][:size]
    items = [{"kind": READOUT, "total": int(total), "spike": 1} for total in totals]
    return items, [{"data": int(total) & 0xFFFFFFFF} for total in totals]


@pytest.mark.parametrize("interval", [1, 4])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_results_leave_in_order(interval, stall, tmp_path):
    config = program_of(recurrent(), neuron_interval=interval).config
    rng = np.random.default_rng(3)
    top = 1 << (config.formats.sum_bits - 1)
    block = StreamedResults(config)
    items, words = [], []
    steps = [(1,), (31, -3), (32, -1, -60), (33,), (), (64, 65, -20), (), (-70,), (2, -2, 3)]
    for k, sizes in enumerate(steps):
        for size in sizes:
            made = spikes_of(size, rng) if size > 0 else readouts_of(-size, top, rng)
            items += made[0]
            words += made[1]
        count = 0xFFFFFFFF - k
        items.append({"kind": DONE, "count": count})
        words.append({"data": count, "last": 1})
    given = stream_cases(block.item, columns_of(items))
    expected = stream_cases(ResultWord, columns_of(words))
    check_block(block, {"i": given}, {"o": expected}, tmp_path, stall)
