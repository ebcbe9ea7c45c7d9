"""The host's way into the core's memories."""

from collections.abc import Mapping
from itertools import pairwise

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.memory import BEAT_BITS, MemoryId, MemoryShape
from nef2hw.rtl.layouts import BusRequest
from nef2hw.rtl.memory import HostPort
from nef2hw.rtl.pipeline import KEEP

#: Beats of a word that share a register.
SHARING = 2
#: Cycles from an access until what was read is at hand: one for the address, three in the memory,
#: one until it is found.
READ_CYCLES = 5


class HostBus(wiring.Component):
    """Turn 32-bit accesses into accesses of whole words.

    The beats of a word are written in ascending order; the last one commits
    it. Each read request is answered by one beat, in order. A write takes three
    cycles, a read seven. What goes to the many memories passes a register, and so does
    what comes from each of them, unless the core is to be compact.

    Members
    -------
    hold : ``In(1)``, let requests wait: the core still writes on its own
    requests : ``In(stream.Signature(BusRequest))``
    beats : ``Out(stream.Signature(32))``
    ports : one ``Out(HostPort(...))`` per memory, called by its name in lower case
    """

    def __init__(self, memories: Mapping[MemoryId, MemoryShape], compact: bool = False) -> None:
        self._memories = memories
        self._compact = compact
        super().__init__(
            {
                "hold": In(1),
                "requests": In(stream.Signature(BusRequest)),
                "beats": Out(stream.Signature(BEAT_BITS)),
                **{name.name.lower(): Out(HostPort(shape)) for name, shape in memories.items()},
            }
        )

    def elaborate(self, platform):
        m = Module()
        held, given = Signal(BusRequest, reset_less=True), self.requests.payload
        most = max(shape.beats for shape in self._memories.values())
        assembled = [Signal(BEAT_BITS, name=f"beat_{k}", reset_less=True) for k in range(most)]
        places = data.ArrayLayout(BEAT_BITS, max(self._memories) + 1)
        found = Signal(places, reset_less=True)
        accepting, leaving = Signal(), Signal()

        copies, finding = ({}, "comb") if self._compact else (KEEP, "sync")
        # High in the state COMMIT: registers, as many bits wait for them.
        committing = [Signal(name=f"committing_{k}", attrs=copies) for k in range(0, most, SHARING)]
        for k, (earlier, later) in enumerate(pairwise([*assembled, held.data])):
            with m.If(committing[k // SHARING]):
                m.d.sync += earlier.eq(later)
        for name, shape in self._memories.items():
            port = getattr(self, name.name.lower())
            beat_bits = shape.stride.bit_length() - 1
            beat = held.address[:beat_bits]
            # Memories are far from each other: each has its own copy of what it looks at.
            address = Signal.like(port.address, attrs=copies, reset_less=True)
            m.d.comb += [
                port.address.eq(address),
                port.write_data.eq(Cat(assembled[most - shape.beats :])),
            ]
            m.d.sync += port.write.eq(committing[0] & port.select & (beat == shape.beats - 1))
            m.d[finding] += found[name.value].eq(port.read_data.word_select(beat, BEAT_BITS))
            with m.If(accepting):
                m.d.sync += address.eq(given.address[beat_bits:])
                with m.If(self.requests.valid & ~self.hold):
                    m.d.sync += port.select.eq(given.memory == name.value)
            with m.If(leaving):
                m.d.sync += port.select.eq(0)

        waited = Signal(range(READ_CYCLES))
        with m.FSM(name="access"):
            with m.State("IDLE"):
                m.d.comb += [accepting.eq(1), self.requests.ready.eq(~self.hold)]
                writing = self.requests.valid & given.write & ~self.hold
                m.d.sync += [held.eq(given), waited.eq(0)]
                m.d.sync += [flag.eq(writing) for flag in committing]
                with m.If(self.requests.valid & ~self.hold):
                    m.next = "READ"
                    with m.If(given.write):
                        m.next = "COMMIT"
            with m.State("COMMIT"):
                m.d.sync += [flag.eq(0) for flag in committing]
                m.next = "WRITE"
            with m.State("WRITE"):
                m.d.comb += leaving.eq(1)
                m.next = "IDLE"
            with m.State("READ"):
                m.d.sync += waited.eq(waited + 1)
                with m.If(waited == READ_CYCLES - 1):
                    m.d.sync += self.beats.payload.eq(found[held.memory])
                    m.next = "ANSWER"
            with m.State("ANSWER"):
                m.d.comb += self.beats.valid.eq(1)
                with m.If(self.beats.ready):
                    m.d.comb += leaving.eq(1)
                    m.next = "IDLE"
        return m
