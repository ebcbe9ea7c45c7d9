"""The queue of a step's results."""

from amaranth.hdl import Module, Mux, Signal
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
    done : ``In(stream.Signature(32))``, offered once no more words come
    o : ``Out(stream.Signature(ResultWord))``
    """

    def __init__(self, config: CoreConfig) -> None:
        # Of rows of several words, the words of two may be on their way to the queue.
        self._in_flight = in_flight(config) + 2 * (config.neuron_lanes - 1)
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
        empty = Signal()
        m.d.sync += self.room.eq(queue.level <= depth - self._in_flight)
        m.d.comb += [
            queue.w_en.eq(self.words.valid),
            queue.w_data.eq(self.words.payload),
            queue.r_en.eq(self.o.ready),
            empty.eq(queue.level == 0),
            self.done.ready.eq(self.o.ready & empty),
            self.o.valid.eq(queue.r_rdy | (self.done.valid & empty)),
            self.o.payload.data.eq(Mux(queue.r_rdy, queue.r_data, self.done.payload)),
            self.o.payload.last.eq(~queue.r_rdy),
        ]
        return m
