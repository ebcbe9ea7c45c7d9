"""The queue of a step's results."""

from amaranth.hdl import Cat, Const, Module
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.layouts import ResultWord
from nef2hw.rtl.neuron_engine import in_flight


class ResultQueue(wiring.Component):
    """Keep result words until they are taken; the step's cycle count comes last.

    Members
    -------
    words : ``In(stream.Signature(32, always_ready=True))``
    room : ``Out(1)``, all that can be in flight in the neuron engine has a place
    done : ``In(stream.Signature(32))``, offered when no more words come
    o : ``Out(stream.Signature(ResultWord))``
    """

    def __init__(self, config: CoreConfig) -> None:
        self._in_flight = in_flight(config)
        super().__init__(
            {
                "words": In(stream.Signature(32, always_ready=True)),
                "room": Out(1),
                "done": In(stream.Signature(32)),
                "o": Out(stream.Signature(ResultWord)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        depth = 1 << (2 * self._in_flight - 1).bit_length()
        m.submodules.queue = queue = fifo.SyncFIFOBuffered(width=33, depth=depth)
        m.d.comb += [
            queue.w_en.eq(self.words.valid | self.done.valid),
            queue.w_data.eq(Cat(self.words.payload, Const(0, 1))),
            self.done.ready.eq(queue.w_rdy & ~self.words.valid),
            self.room.eq(queue.level <= depth - self._in_flight - 1),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.as_value().eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
        ]
        with m.If(~self.words.valid):
            m.d.comb += queue.w_data.eq(Cat(self.done.payload, Const(1, 1)))
        return m
