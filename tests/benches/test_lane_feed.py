"""The lane feed asks for every word of a population and hands on its lanes in order."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth import Module, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.rtl.lane_feed import LaneFeed, pass_layout, take_layout
from nef2hw.rtl.layouts import row_of
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import layered, program_of

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

WORDS = 64


class StreamedFeed(wiring.Component):
    """The lane feed on one population after the other; words come whenever they are offered."""

    def __init__(self, config):
        bits = config.formats.accumulator_bits
        self.feed = LaneFeed(config)
        self.population = pass_layout(config)
        self.request = take_layout(config)
        self.word = data.ArrayLayout(signed(bits), config.lanes)
        values = row_of(signed(bits), config)
        self.row = data.StructLayout({"values": values, "opens": 1, "final": 1})
        super().__init__(
            {
                "populations": In(stream.Signature(self.population)),
                "words": In(stream.Signature(self.word)),
                "takes": Out(stream.Signature(self.request)),
                "rows": Out(stream.Signature(self.row)),
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.feed = feed = self.feed
        owed = Signal(unsigned(8))
        connect(m, flipped(self.populations), feed.passes)
        m.d.comb += [
            self.takes.valid.eq(feed.take.valid),
            self.takes.payload.eq(feed.take.payload),
            feed.take.ready.eq(self.takes.ready),
            self.words.ready.eq(owed != 0),
            feed.taken.valid.eq(self.words.valid & self.words.ready),
            feed.taken.word.eq(self.words.payload),
            self.rows.valid.eq(feed.o.valid),
            self.rows.payload.values.eq(feed.o.payload),
            self.rows.payload.opens.eq(feed.opens),
            self.rows.payload.final.eq(feed.final),
            feed.o.ready.eq(self.rows.ready),
        ]
        m.d.sync += owed.eq(owed + (feed.take.valid & feed.take.ready) - feed.taken.valid)
        return m


def populations_of(rows, rng):
    """Counts of rows around multiples of those of a word, and any."""
    counts = [1, rows, max(1, rows - 1), rows + 1, 3 * rows, *rng.integers(1, 40, 12)]
    for k, count in enumerate(counts):
        room = WORDS - -(-count // rows)
        yield {"accumulator": rng.integers(room + 1), "count": count, "keep": k % 2}


SHAPES = [(1, 1, 1), (3, 1, 1), (8, 1, 1), (8, 8, 1), (6, 2, 1), (1, 1, 4), (1, 1, 8), (8, 1, 8)]


@pytest.mark.parametrize(("lanes", "together", "interval"), SHAPES)
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_every_lane_comes_once_and_in_order(lanes, together, interval, stall, tmp_path):
    shape = {"lanes": lanes, "neuron_lanes": together, "neuron_interval": interval}
    config = program_of(layered(), **shape).config
    block = StreamedFeed(replace(config, accumulator_words=WORDS, neuron_rows=WORDS))
    rng = np.random.default_rng(lanes)
    top = 1 << (config.formats.accumulator_bits - 1)
    in_word = lanes // together
    populations = list(populations_of(in_word, rng))
    words, requests, values, opens, finals = [], [], [], [], []
    for population in populations:
        count, start, keep = (population[k] for k in ("count", "accumulator", "keep"))
        taken = rng.integers(-top, top, (-(-count // in_word), lanes))
        words += [dict(enumerate(row)) for row in taken]
        requests += [{"address": start + k, "keep": keep} for k in range(len(taken))]
        values += taken.reshape(-1, together)[:count].tolist()
        opens += [1] + [0] * (count - 1)
        finals += [0] * (count - 1) + [1]
    named = [{str(lane): value for lane, value in word.items()} for word in words]
    inputs = {
        "populations": stream_cases(block.population, columns_of(populations)),
        "words": stream_cases(block.word, columns_of(named)),
    }
    outputs = {
        "takes": stream_cases(block.request, columns_of(requests)),
        "rows": stream_cases(
            block.row,
            {
                **{f"values.{k}": column for k, column in enumerate(np.transpose(values))},
                "opens": opens,
                "final": finals,
            },
        ),
    }
    check_block(block, inputs, outputs, tmp_path, stall)
