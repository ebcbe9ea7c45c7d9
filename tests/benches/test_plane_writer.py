"""Values that are relayed are written as the planes that inputs come in."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth import Module, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.planes import pack_relayed
from nef2hw.rtl.layouts import row_of
from nef2hw.rtl.plane_writer import PlaneWriter, rows_per_word
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import program_of, relaying

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")


class StreamedWriter(wiring.Component):
    """The plane writer, which is given a row whenever it is not writing."""

    def __init__(self, config):
        self.writer = PlaneWriter(config)
        self.row = data.StructLayout(
            {
                "opens": 1,
                "final": 1,
                "plane": len(self.writer.plane),
                "totals": row_of(signed(config.formats.sum_bits), config),
            }
        )
        self.word = data.StructLayout({"address": len(self.writer.o.address), "data": 32})
        super().__init__(
            {
                "i": In(stream.Signature(self.row)),
                "o": Out(wiring.Signature({"valid": Out(1), "payload": Out(self.word)})),
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.writer = writer = self.writer
        given = self.i.payload
        m.d.comb += [
            self.i.ready.eq(~writer.busy),
            writer.i.valid.eq(self.i.valid & self.i.ready),
            writer.i.opens.eq(given.opens),
            writer.i.final.eq(given.final),
            writer.i.total.eq(given.totals),
            writer.plane.eq(given.plane),
            self.o.valid.eq(writer.o.valid),
            self.o.payload.address.eq(writer.o.address),
            self.o.payload.data.eq(writer.o.data),
        ]
        return m


def rows_of(values, plane, together):
    """The rows of a pass; only the first one's address counts."""
    padded = [*map(int, values), *[0] * (-len(values) % together)]
    rows = [padded[k : k + together] for k in range(0, len(padded), together)]
    for k, row in enumerate(rows):
        totals = {f"totals.{lane}": total for lane, total in enumerate(row)}
        ends = {"opens": k == 0, "final": k == len(rows) - 1}
        yield {**ends, "plane": plane, **totals}


@pytest.mark.parametrize("together", [1, 2, 8])
@pytest.mark.parametrize("planes", [1, 6, 17])
def test_the_words_of_a_pass_are_the_planes_of_its_values(together, planes, tmp_path):
    config = program_of(relaying(), lanes=8, neuron_lanes=together).config
    config = replace(config, formats=replace(config.formats, relay_planes=planes))
    block, top, rng = StreamedWriter(config), (1 << planes) - 1, np.random.default_rng(planes)
    rows, words = [], []
    for size in (1, together, 5, 15, 16, 17, 32, 35):
        for values in (
            np.full(size, top),
            np.full(size, -top),
            np.zeros(size, dtype=np.int64),
            rng.integers(-top, top, size, endpoint=True),
        ):
            address = int(rng.integers(0, 40))
            rows += rows_of(values, address, together)
            words += [
                {"address": (address + k) % (1 << len(block.writer.o.address)), "data": word}
                for k, word in enumerate(pack_relayed(values, planes).tolist())
            ]
    given = stream_cases(block.row, columns_of(rows))
    expected = stream_cases(block.word, columns_of(words))
    check_block(block, {"i": given}, {"o": expected}, tmp_path)


def test_rows_fill_a_word_of_planes_together():
    assert [rows_per_word(lanes) for lanes in (1, 2, 4, 8)] == [16, 8, 4, 2]
