"""Spikes, counts and readouts leave as words, in order, and after them the cycle count."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect

from nef2hw.rtl.layouts import ResultWord, row_of
from nef2hw.rtl.neuron_engine import in_flight
from nef2hw.rtl.result_packer import ResultPacker, count_words
from nef2hw.rtl.result_queue import ResultQueue
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import program_of, recurrent

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

SPIKE, READOUT, DONE, TALLY = range(4)


class StreamedResults(wiring.Component):
    """Packer and queue behind a pipeline that nothing stalls, as deep as may be in flight.

    A row enters when the words of the row before have left.
    """

    def __init__(self, config):
        self.config = config
        self.item = data.StructLayout(
            {
                "kind": 2,
                "final": 1,
                "spike": config.neuron_lanes,
                "spikes": row_of(config.formats.count_bits, config),
                "totals": row_of(signed(config.formats.sum_bits), config),
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
        left, lanes = Signal(range(self.config.neuron_lanes)), self.config.neuron_lanes
        entering = self.i.valid & (given.kind != DONE) & queue.room & (left == 0)
        more = Mux(given.kind == TALLY, count_words(lanes) - 1, lanes - 1)
        with m.If(entering & (given.kind != SPIKE)):
            m.d.sync += left.eq(more)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        moving, item, arriving = entering, given.as_value(), entering
        for k in range(in_flight(self.config) - 1):
            item, arriving = (
                _delayed(m, item, f"item_{k}"),
                _delayed(m, arriving, f"arriving_{k}"),
            )
            moving = moving | arriving
        item = data.View(self.item, item)
        m.d.comb += [
            packer.spikes.valid.eq(arriving & ((item.kind == SPIKE) | (item.kind == TALLY))),
            packer.spikes.final.eq(item.final),
            packer.spikes.spike.eq(item.spike),
            packer.readouts.valid.eq(arriving & (item.kind == READOUT)),
            packer.readouts.total.eq(item.totals),
            queue.done.valid.eq(self.i.valid & (given.kind == DONE) & ~moving & ~packer.busy),
            queue.done.payload.eq(given.count),
            self.i.ready.eq(Mux(given.kind == DONE, queue.done.valid & queue.done.ready, entering)),
        ]
        if self.config.counting:
            m.d.comb += [
                packer.tally.eq(item.kind == TALLY),
                packer.spikes.count.eq(item.spikes),
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


def in_rows(values, together):
    """Rows of ``together`` values, zeros after the last."""
    padded = [*map(int, values), *[0] * (-len(values) % together)]
    return [padded[n : n + together] for n in range(0, len(padded), together)]


def spikes_of(size, top, rng, together):
    """Spikes of a population, and the words that they make."""
    spikes = rng.random(size) < rng.random()
    items = [
        {"kind": SPIKE, "spike": sum(spike << k for k, spike in enumerate(row)), "spikes.0": top}
        for row in in_rows(spikes, together)
    ]
    items[-1]["final"] = 1
    return items, packed(spikes, 32)


def counts_of(size, top, rng, together):
    """Counts of a population, ends of their range among them, and the words that they make."""
    counts = [top, 0, 1, *rng.integers(0, top + 1, size)][:size]
    rows = in_rows(counts, together)
    items = [{"kind": TALLY, **{f"spikes.{k}": n for k, n in enumerate(row)}} for row in rows]
    items[-1]["final"] = 1
    return items, packed(np.ravel(rows) if together > 4 else counts, 4)


def packed(values, per_word):
    """Words of 32 bits that hold ``per_word`` values each, lowest first."""
    bits = 32 // per_word
    parts = [values[p : p + per_word] for p in range(0, len(values), per_word)]
    return [{"data": sum(int(v) << bits * k for k, v in enumerate(part))} for part in parts]


def readouts_of(size, top, rng, together):
    """Values of a readout, ends of their range among them."""
    totals = [-top, top - 1, -1, 0, *rng.integers(-top, top, size)][:size]
    rows = in_rows(totals, together)
    items = [{"kind": READOUT, **{f"totals.{k}": t for k, t in enumerate(row)}} for row in rows]
    return items, [{"data": total & 0xFFFFFFFF} for total in np.ravel(rows).tolist()]


MAKERS = {SPIKE: spikes_of, READOUT: readouts_of, TALLY: counts_of}

#: Kind and size of the populations of each step.
STEPS = [
    [(SPIKE, 1)],
    [(SPIKE, 31), (READOUT, 3)],
    [(SPIKE, 32), (READOUT, 1), (READOUT, 60)],
    [(SPIKE, 33)],
    [],
    [(SPIKE, 64), (SPIKE, 65), (READOUT, 20)],
    [],
    [(READOUT, 70)],
    [(SPIKE, 2), (READOUT, 2), (SPIKE, 3)],
]
COUNTING_STEPS = [
    [(TALLY, 1)],
    [(TALLY, 3), (SPIKE, 33), (TALLY, 4), (READOUT, 2)],
    [(TALLY, 33), (TALLY, 5)],
    [(SPIKE, 31), (TALLY, 32), (SPIKE, 32)],
]


@pytest.mark.parametrize(("interval", "together"), [(1, 1), (4, 1), (1, 2), (1, 8)])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_results_leave_in_order(interval, together, stall, tmp_path):
    shape = {"neuron_interval": interval, "neuron_lanes": together}
    config = program_of(recurrent(), **shape).config
    check_results(config, STEPS, tmp_path, stall)


@pytest.mark.parametrize("together", [1, 2])
def test_sums_of_neurons_may_be_wider_than_a_word(together, tmp_path):
    config = program_of(recurrent(), neuron_lanes=together).config
    wide = replace(config, formats=replace(config.formats, sum_bits=37))
    check_results(wide, STEPS, tmp_path, stall=0.2)


@pytest.mark.parametrize(("count_bits", "together"), [(2, 1), (8, 1), (8, 2), (8, 4), (3, 8)])
def test_a_word_holds_four_counts(count_bits, together, tmp_path):
    config = program_of(recurrent(), neuron_lanes=together).config
    counting = replace(config, formats=replace(config.formats, count_bits=count_bits))
    check_results(counting, COUNTING_STEPS, tmp_path, stall=0.2)


def check_results(config, steps, folder, stall):
    rng = np.random.default_rng(3)
    most = (1 << config.formats.count_bits) - 1
    tops = {SPIKE: most, TALLY: most, READOUT: 1 << (min(config.formats.sum_bits, 32) - 1)}
    block = StreamedResults(config)
    items, words = [], []
    for k, populations in enumerate(steps):
        for kind, size in populations:
            made = MAKERS[kind](size, tops[kind], rng, config.neuron_lanes)
            items += made[0]
            words += made[1]
        count = 0xFFFFFFFF - k
        items.append({"kind": DONE, "count": count})
        words.append({"data": count, "last": 1})
    given = stream_cases(block.item, columns_of(items))
    expected = stream_cases(ResultWord, columns_of(words))
    check_block(block, {"i": given}, {"o": expected}, folder, stall)
