"""The queue of a step's results."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import fifo, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.pipeline import in_flight
from nef2hw.rtl.layouts import ResultWord
from nef2hw.rtl.stream_register import StreamRegister


class ResultQueue(wiring.Component):
    """Keep result words until they are taken; the step's cycle count comes last.

    Members
    -------
    words : ``In(stream.Signature(32, always_ready=True))``
    room : ``Out(1)``, all that can be in flight in the neuron engine has a place
    done : ``In(stream.Signature(32))``, offered once no more words come
    o : ``Out(stream.Signature(ResultWord))``
    """

    def __init__(self, config: CoreConfig) -> None:
        # Of rows of several words, the words of two may be on their way to the queue; and one
        # is in the register before it.
        self._in_flight = in_flight(config) + 2 * (config.neuron_lanes - 1) + 1
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
        m.submodules.queue = queue = fifo.SyncFIFOBuffered(width=32, depth=depth)
        m.submodules.leaving = leaving = StreamRegister(ResultWord)
        connect(m, leaving.o, flipped(self.o))
        empty = Signal()
        m.d.sync += [
            self.room.eq(queue.level <= depth - self._in_flight),
            queue.w_en.eq(self.words.valid),
            queue.w_data.eq(self.words.payload),
        ]
        m.d.comb += [
            queue.r_en.eq(leaving.i.ready),
            empty.eq((queue.level == 0) & ~queue.w_en),
            self.done.ready.eq(leaving.i.ready & empty),
            leaving.i.valid.eq(queue.r_rdy | (self.done.valid & empty)),
            leaving.i.payload.data.eq(Mux(queue.r_rdy, queue.r_data, self.done.payload)),
            leaving.i.payload.last.eq(~queue.r_rdy),
        ]
        return m
