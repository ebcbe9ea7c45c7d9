"""The host's way into the core's memories."""

from collections.abc import Mapping

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.memory import BEAT_BITS, MemoryId, MemoryShape
from nef2hw.rtl.layouts import BusRequest
from nef2hw.rtl.memory import HostPort


class HostBus(wiring.Component):
    """Turn 32-bit accesses into accesses of whole words.

    The beats of a word are written in ascending order; the last one commits
    it. Each read request is answered by one beat, in order. A write takes two
    cycles, a read three.

    Members
    -------
    requests : ``In(stream.Signature(BusRequest))``
    beats : ``Out(stream.Signature(32))``
    ports : one ``Out(HostPort(...))`` per memory, called by its name in lower case
    """

    def __init__(self, memories: Mapping[MemoryId, MemoryShape]) -> None:
        self._memories = memories
        super().__init__(
            {
                "requests": In(stream.Signature(BusRequest)),
                "beats": Out(stream.Signature(BEAT_BITS)),
                **{name.name.lower(): Out(HostPort(shape)) for name, shape in memories.items()},
            }
        )

    def elaborate(self, platform):
        m = Module()
        held = Signal(BusRequest)
        most = max(shape.beats for shape in self._memories.values())
        assembled = Signal(most * BEAT_BITS)
        select, commit, word_done = Signal(), Signal(), Signal()

        for name, shape in self._memories.items():
            port = getattr(self, name.name.lower())
            beat_bits = shape.stride.bit_length() - 1
            chosen = held.memory == name.value
            beat = held.address[:beat_bits]
            m.d.comb += [
                port.address.eq(held.address[beat_bits:]),
                port.write_data.eq(assembled[(most - shape.beats) * BEAT_BITS :]),
                port.select.eq(select),
                port.write.eq(commit & chosen),
            ]
            with m.If(chosen):
                m.d.comb += [
                    self.beats.payload.eq(port.read_data.word_select(beat, BEAT_BITS)),
                    word_done.eq(beat == shape.beats - 1),
                ]

        with m.FSM(name="access"):
            with m.State("IDLE"):
                m.d.comb += self.requests.ready.eq(1)
                m.d.sync += held.eq(self.requests.payload)
                with m.If(self.requests.valid & self.requests.payload.write):
                    m.d.sync += assembled.eq(Cat(assembled, self.requests.payload.data)[BEAT_BITS:])
                    m.next = "WRITE"
                with m.Elif(self.requests.valid):
                    m.next = "READ"
            with m.State("WRITE"):
                m.d.comb += [select.eq(1), commit.eq(word_done)]
                m.next = "IDLE"
            with m.State("READ"):
                m.d.comb += select.eq(1)
                m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += [select.eq(1), self.beats.valid.eq(1)]
                with m.If(self.beats.ready):
                    m.next = "IDLE"
        return m
