"""The host reads and writes words of one beat and of several in all memories."""

import numpy as np
import pytest
from amaranth import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.memory import BEAT_BITS, MemoryId, MemoryShape
from nef2hw.rtl.bus import HostBus
from nef2hw.rtl.layouts import BusRequest
from nef2hw.rtl.memory import ImageMemory, StateMemory
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

#: Of 1, 2, 3 and 8 beats; depths that are no powers of two.
SHAPES = {
    MemoryId.BIAS: MemoryShape(5, 20),
    MemoryId.ROW_MAP: MemoryShape(1, 32),
    MemoryId.FILTER: MemoryShape(6, 33),
    MemoryId.MEMBRANE: MemoryShape(3, 96),
    MemoryId.WEIGHTS: MemoryShape(7, 250),
}
STATES = (MemoryId.FILTER, MemoryId.MEMBRANE)


class BusWithMemories(wiring.Component):
    """The bus and memories that nobody else works on."""

    requests: In(stream.Signature(BusRequest))
    beats: Out(stream.Signature(BEAT_BITS))

    def elaborate(self, _platform):
        m = Module()
        m.submodules.bus = bus = HostBus(SHAPES)
        connect(m, flipped(self.requests), bus.requests)
        connect(m, bus.beats, flipped(self.beats))
        for name, shape in SHAPES.items():
            cells = StateMemory(shape) if name in STATES else ImageMemory(shape, ())
            m.submodules[name.name.lower()] = cells
            connect(m, getattr(bus, name.name.lower()), cells.host)
        return m


def write_requests(memory, address, word):
    """All beats of a word, lowest first."""
    shape = SHAPES[memory]
    for beat in range(shape.beats):
        yield {
            "memory": memory,
            "address": address * shape.stride + beat,
            "write": 1,
            "data": word >> (BEAT_BITS * beat) & 0xFFFFFFFF,
        }


def read_requests(memory, address):
    shape = SHAPES[memory]
    for beat in range(shape.beats):
        yield {"memory": memory, "address": address * shape.stride + beat}


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_what_is_written_is_read_back(stall, tmp_path):
    rng = np.random.default_rng(1)
    places = [(memory, k) for memory, shape in SHAPES.items() for k in range(shape.depth)]
    content = dict.fromkeys(places, 0)
    requests, beats = [], []
    for writing in rng.random(400) < 0.4:
        memory, address = places[rng.integers(len(places))]
        if writing:
            word = int.from_bytes(rng.bytes(32), "little") >> (256 - SHAPES[memory].width)
            content[memory, address] = word
            requests += write_requests(memory, address, word)
        else:
            requests += read_requests(memory, address)
            word = content[memory, address]
            beats += [
                word >> (BEAT_BITS * beat) & 0xFFFFFFFF for beat in range(SHAPES[memory].beats)
            ]
    given = stream_cases(BusRequest, columns_of(requests))
    expected = stream_cases(BEAT_BITS, {"value": beats})
    check_block(BusWithMemories(), {"requests": given}, {"beats": expected}, tmp_path, stall)


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_a_word_changes_with_its_last_beat(stall, tmp_path):
    memory, new = MemoryId.MEMBRANE, (1 << 96) - 2
    requests, beats = [*write_requests(memory, 1, 5)], []
    for request in write_requests(memory, 1, new):
        is_last = request["address"] == SHAPES[memory].stride + 2
        word = new if is_last else 5
        requests += [request, *read_requests(memory, 1)]
        beats += [word >> (BEAT_BITS * beat) & 0xFFFFFFFF for beat in range(3)]
    given = stream_cases(BusRequest, columns_of(requests))
    expected = stream_cases(BEAT_BITS, {"value": beats})
    check_block(BusWithMemories(), {"requests": given}, {"beats": expected}, tmp_path, stall)
