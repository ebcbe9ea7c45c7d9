"""Fetching of instructions, ahead of their use."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.words import SCHEDULE_BITS, index_bits
from nef2hw.rtl.layouts import instruction_layout
from nef2hw.rtl.memory import HostPort, ImageMemory


class InstructionFetch(wiring.Component):
    """Join the words of one instruction after the other.

    An instruction of n words is ready n + 2 cycles after the one before it was
    taken. ``restart``, given as an instruction is taken, makes the first one
    of the schedule the next.

    Members
    -------
    o : ``Out(stream.Signature(instruction_layout(config)))``
    restart : ``In(1)``
    schedule : ``In(HostPort)``
    """

    def __init__(self, config: CoreConfig, schedule_init: Sequence[int] = ()) -> None:
        self._config = config
        self._schedule_init = schedule_init
        super().__init__(
            {
                "o": Out(stream.Signature(instruction_layout(config))),
                "restart": In(1),
                "schedule": In(HostPort(config.memories[MemoryId.SCHEDULE])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        words = self._config.instruction_words
        shape = self._config.memories[MemoryId.SCHEDULE]
        m.submodules.memory = memory = ImageMemory(shape, self._schedule_init)
        connect(m, flipped(self.schedule), memory.host)

        place = Signal(index_bits(shape.depth))
        asked, got = Signal(range(words + 1)), Signal(range(words + 1))
        asking, arriving, spent, restarted = Signal(), Signal(), Signal(), Signal()
        joined = Signal(words * SCHEDULE_BITS, reset_less=True)
        m.d.comb += [
            memory.address.eq(place),
            asking.eq((asked != words) & ~self.schedule.select),
            self.o.valid.eq((got == words) & ~spent),
            self.o.payload.as_value().eq(joined),
        ]
        # Whether an instruction is taken is known late: fetching begins in the next cycle.
        m.d.sync += [
            arriving.eq(asking),
            spent.eq(self.o.valid & self.o.ready),
            restarted.eq(self.restart & self.o.ready),
        ]
        with m.If(asking):
            m.d.sync += [asked.eq(asked + 1), place.eq(place + 1)]
        with m.If(arriving):
            m.d.sync += [got.eq(got + 1), joined.eq(Cat(joined, memory.data) >> SCHEDULE_BITS)]
        with m.If(spent):
            m.d.sync += [asked.eq(0), got.eq(0)]
        with m.If(restarted):
            m.d.sync += place.eq(0)
        # What was fetched ahead of a new schedule is not part of it.
        with m.If(self.schedule.write):
            m.d.sync += [place.eq(0), asked.eq(0), got.eq(0)]
        return m
