"""The input engine sends one event per set bit, plane by plane, in the order that sums need."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from amaranth import Module, Mux
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.compiler.folded import FoldedNetwork, FoldedProbe
from nef2hw.program.planes import gang_places, pack_planes, pack_relayed, plane_places, relay_places
from nef2hw.rtl.input_engine import InputEngine
from nef2hw.rtl.layouts import Base, deliver_layout, event_layout
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.benches.columns import columns_of
from tests.sim.networks import (
    DT_S,
    connection,
    neurons,
    program_of,
    relaying,
    spike_input,
    value_input,
)

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")


SIZES = {"one": 1, "word": 16, "words": 37}


def inputs_only():
    """Value and spike inputs of one word and of several into one neuron."""
    rng = np.random.default_rng(0)
    inputs = [value_input(name, size) for name, size in SIZES.items()]
    inputs += [spike_input("spike", 1), spike_input("spikes", 70)]
    into = tuple(connection(i.name, "a", np.ones((3, i.size)), 0.01) for i in inputs)
    probe = FoldedProbe("a", "spikes", "a", 1000.0)
    return FoldedNetwork(DT_S, tuple(inputs), (neurons("a", 3, rng),), into, (probe,))


class StreamedInputs(wiring.Component):
    """The input engine; a command writes a word of planes or delivers an input."""

    def __init__(self, config):
        self.engine = InputEngine(config)
        self.command = data.StructLayout(
            {"is_write": 1, "address": 12, "word": 32, "deliver": deliver_layout(config)}
        )
        self.event = event_layout(config)
        super().__init__(
            {"i": In(stream.Signature(self.command)), "o": Out(stream.Signature(self.event))}
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.engine = engine = self.engine
        given, sent = self.i.payload, engine.events
        writing = self.i.valid & given.is_write & ~engine.busy
        m.d.comb += [
            engine.planes.select.eq(writing),
            engine.planes.write.eq(writing),
            engine.planes.address.eq(given.address),
            engine.planes.write_data.eq(given.word),
            engine.deliver.payload.eq(given.deliver),
            engine.deliver.valid.eq(self.i.valid & ~given.is_write),
            self.i.ready.eq(Mux(given.is_write, ~engine.busy, engine.deliver.ready)),
            self.o.valid.eq(sent.valid),
            self.o.payload.eq(sent.payload),
            sent.ready.eq(self.o.ready),
        ]
        # The row of an event that adds nothing is of no account.
        with m.If(sent.payload.silent):
            m.d.comb += self.o.payload.row.eq(0)
        return m


def commands_of(place, index, codes, row):
    """Write the planes of ``codes``, then deliver them."""
    words = pack_planes(place, codes)
    yield from (
        {"is_write": 1, "address": place.address + k, "word": int(word)}
        for k, word in enumerate(words)
    )
    fields = {
        "flag": index,
        "spiking": int(place.port.spiking),
        "planes": place.port.planes,
        "words": place.words,
        "plane": place.address,
        **row,
    }
    yield {f"deliver.{name}": value for name, value in fields.items()}


def events_of(port, codes, row):
    """Events that bring ``codes`` to the sums."""
    bases = [Base.SUM] if port.spiking else [Base.ZERO, Base.DOUBLE]
    started = False
    for plane in reversed(range(port.planes)):
        places = np.flatnonzero(np.abs(codes) >> plane & 1)
        base = bases[-1] if started else bases[0]
        for place in places:
            place_row = row["row"] + int(place) * row["row_words"]
            negative = int(codes[place] < 0)
            yield {**row, "row": place_row, "base": base.value, "subtract": negative}
            base, started = Base.SUM, True
        if not len(places) and not port.spiking and (started or plane == 0):
            yield {**row, "row": 0, "base": base.value, "silent": 1}
            started = True


def rows_of_codes(port, rng):
    """Zeros, ends, single bits, empty planes in the middle and at the end, random codes."""
    low, high = port.low_code, port.high_code
    uniform = rng.integers(low, high, (3, port.size), endpoint=True)
    few = uniform * (rng.random((3, port.size)) < 0.1)
    one = np.zeros((2, port.size), dtype=np.int64)
    one[0, -1], one[1, 0] = high[-1], low[0]
    fixed = [np.zeros(port.size, dtype=np.int64), low, high]
    if not port.spiking:
        top = int(high[0])
        fixed += [np.full(port.size, sign * code) for sign in (1, -1) for code in (1, 2, top - 3)]
        fixed.append(np.where(np.arange(port.size) == port.size // 2, -(top >> 1 & 0b1010), 0))
    return rng.permutation(np.concatenate([uniform, few, one, fixed]))


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_events_come_as_the_planes_have_them(stall, tmp_path):
    program = program_of(inputs_only(), lanes=4)
    rng = np.random.default_rng(8)
    config = replace(program.config, weight_words=1000, row_words=5, row_map_words=5)
    block = StreamedInputs(config)
    commands, events = [], []
    for index, place in enumerate(plane_places(program.network.inputs)):
        row = {"row": 3 * index, "row_words": 1 + index, "row_map": index}
        for codes in rows_of_codes(place.port, rng):
            commands += commands_of(place, index, codes, row)
            events += events_of(place.port, codes, row)
    given = stream_cases(block.command, columns_of(commands))
    expected = stream_cases(block.event, columns_of(events))
    check_block(block, {"i": given}, {"o": expected}, tmp_path, stall)


def relayed_commands(program, values, place, row):
    """Write the planes of all relayed ``values``, then deliver a relay."""
    planes = program.config.formats.relay_planes
    for gang, address in gang_places(program.network).items():
        for k, word in enumerate(pack_relayed(values[gang], planes).tolist()):
            yield {"is_write": 1, "address": address + k, "word": word}
    fields = {
        "relay": 1,
        "mask": place.mask,
        "planes": planes,
        "words": place.words,
        "plane": place.address,
        **row,
        "row": row["row"] - place.column * row["row_words"],
    }
    yield {f"deliver.{name}": value for name, value in fields.items()}


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_a_relay_takes_its_part_of_what_the_core_has_written(stall, tmp_path):
    program = program_of(relaying(), lanes=4)
    rng, planes = np.random.default_rng(8), program.config.formats.relay_planes
    config = replace(program.config, weight_words=1000, row_words=5, row_map_words=5)
    block = StreamedInputs(config)
    commands, events = [], []
    for index, place in enumerate(relay_places(program.network)):
        row = {"row": 300 * index + 50, "row_words": 1 + index, "row_map": index}
        relay = place.relay
        for bits in (0, 1, 7, planes):
            values = {
                p.name: rng.integers(1 - 2**bits, 2**bits, p.size)
                for p in program.network.populations
                if p.relayed
            }
            values["gangs/0"][17:32] = 0  # what fills up the words of a wide relay
            commands += relayed_commands(program, values, place, row)
            mine = values[relay.population][relay.first : relay.first + relay.size]
            port = SimpleNamespace(planes=planes, spiking=False)
            events += events_of(port, mine, row)
    given = stream_cases(block.command, columns_of(commands))
    expected = stream_cases(block.event, columns_of(events))
    check_block(block, {"i": given}, {"o": expected}, tmp_path, stall)
