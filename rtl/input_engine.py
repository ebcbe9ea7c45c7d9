"""The input engine: delivers an input plane by plane."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import SPIKES_PER_WORD, index_bits
from nef2hw.rtl.layouts import Base, deliver_layout, event_layout
from nef2hw.rtl.memory import HostPort
from nef2hw.rtl.plane_reader import PlaneReader, plane_word_layout
from nef2hw.rtl.plane_writer import written


class InputEngine(wiring.Component):
    """Run DELIVER instructions: one event for every bit that is set in a plane.

    A value's planes come most significant first. The first event of a plane
    doubles the sums before it adds or, being the first of all, replaces them; a
    plane without bits sends a silent event where that matters. A plane word
    without bits costs one cycle.

    Members
    -------
    deliver : ``In(stream.Signature(deliver_layout(config)))``
    events : ``Out(stream.Signature(event_layout(config)))``
    busy : ``Out(1)``
    planes : ``In(HostPort)``
    relayed : ``In(written(config))``, in cores that relay: words that the core writes
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        super().__init__(
            {
                "deliver": In(stream.Signature(deliver_layout(config))),
                "events": Out(stream.Signature(event_layout(config))),
                "busy": Out(1),
                "planes": In(HostPort(config.memories[MemoryId.PLANES])),
                **({"relayed": In(written(config))} if config.relaying else {}),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.reader = reader = PlaneReader(self._config)
        connect(m, flipped(self.planes), reader.planes)
        if self._config.relaying:
            connect(m, flipped(self.relayed), reader.relayed)
        given = Signal(deliver_layout(self._config))
        found = Signal(found_layout(self._config))
        found_valid, found_taken = Signal(), Signal()
        scanning = self._scan(m, reader, given, found, found_valid, found_taken)
        self._send(m, given, found, found_valid, found_taken)
        starting = Signal()
        running = starting | reader.busy | scanning | found_valid | self.events.valid
        m.d.comb += [
            self.busy.eq(running),
            self.deliver.ready.eq(~running),
            reader.start.eq(starting),
            reader.deliver.eq(given),
        ]
        m.d.sync += starting.eq(self.deliver.valid & ~running)
        with m.If(self.deliver.valid & ~running):
            m.d.sync += given.eq(self.deliver.payload)
        return m

    def _scan(self, m, reader, given, found, found_valid, found_taken):
        """Find the set bits of one word after the other; return whether a word is at hand."""
        word = Signal(plane_word_layout(self._config))
        have, quiet, started = Signal(), Signal(), Signal()
        lowest, others = Signal(range(SPIKES_PER_WORD)), Signal(SPIKES_PER_WORD)
        free, any_bit, silent, done = Signal(), Signal(), Signal(), Signal()
        for place in reversed(range(SPIKES_PER_WORD)):
            with m.If(word.bits[place]):
                m.d.comb += lowest.eq(place)
        m.d.comb += [
            free.eq(~found_valid | found_taken),
            any_bit.eq(word.bits != 0),
            others.eq(word.bits & (word.bits - 1)),
            silent.eq(~any_bit & word.last & quiet & (started | word.final) & ~given.spiking),
            done.eq(have & Mux(any_bit | silent, free & (others == 0), 1)),
            reader.o.ready.eq(~have | done),
        ]
        with m.If(free):
            m.d.sync += [
                found_valid.eq(have & (any_bit | silent)),
                found.place.eq(lowest),
                found.row.eq(word.row),
                found.base.eq(
                    Mux(given.spiking | ~quiet, Base.SUM, Mux(started, Base.DOUBLE, Base.ZERO))
                ),
                found.subtract.eq(word.negative.bit_select(lowest, 1) & any_bit),
                found.silent.eq(silent),
            ]
            with m.If(have & (any_bit | silent)):
                m.d.sync += [word.bits.eq(others), quiet.eq(0), started.eq(1)]
        with m.If(done):
            m.d.sync += have.eq(0)
        with m.If(reader.o.valid & reader.o.ready):
            m.d.sync += [have.eq(1), word.eq(reader.o.payload)]
            with m.If(reader.o.payload.first):
                m.d.sync += quiet.eq(1)
        with m.If(reader.start):
            m.d.sync += started.eq(0)
        return have

    def _send(self, m, given, found, found_valid, found_taken):
        """Turn the place of a bit into the row of its value."""
        event = self.events.payload
        m.d.comb += found_taken.eq(~self.events.valid | self.events.ready)
        with m.If(found_taken):
            m.d.sync += [
                self.events.valid.eq(found_valid),
                event.row.eq(found.row + found.place * given.row_words),
                event.row_words.eq(given.row_words),
                event.row_map.eq(given.row_map),
                event.base.eq(found.base),
                event.subtract.eq(found.subtract),
                event.silent.eq(found.silent),
            ]


def found_layout(config: CoreConfig) -> data.StructLayout:
    """A set bit: its place in the word, and what to do with its row."""
    return data.StructLayout(
        {
            "place": range(SPIKES_PER_WORD),
            "row": index_bits(config.weight_words),
            "base": Base,
            "subtract": 1,
            "silent": 1,
        }
    )
