"""From neurons' results to 32-bit words."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.membrane import fired, summed

WORD_BITS = 32


class ResultPacker(wiring.Component):
    """Collect spikes into words, lowest neuron in the lowest bit; pass readouts on.

    A word leaves in the cycle of the result that completes it. A pass yields
    either spikes or readouts, and passes follow each other without overlap.

    Members
    -------
    spikes : ``In``, ``valid``, ``final``, ``spike``
    readouts : ``In``, ``valid``, ``total``
    o : ``Out(stream.Signature(32, always_ready=True))``
    """

    def __init__(self, config: CoreConfig) -> None:
        super().__init__(
            {
                "spikes": In(fired()),
                "readouts": In(summed(config)),
                "o": Out(stream.Signature(WORD_BITS, always_ready=True)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        collected = Signal(WORD_BITS)
        place = Signal(range(WORD_BITS))
        joined = Signal(WORD_BITS)
        complete = Signal()
        m.d.comb += [
            joined.eq(collected),
            joined.bit_select(place, 1).eq(self.spikes.spike),
            complete.eq(self.spikes.final | (place == WORD_BITS - 1)),
            self.o.valid.eq(self.readouts.valid | (self.spikes.valid & complete)),
            self.o.payload.eq(Mux(self.readouts.valid, self.readouts.total, joined)),
        ]
        with m.If(self.spikes.valid):
            m.d.sync += [collected.eq(joined), place.eq(place + 1)]
            with m.If(complete):
                m.d.sync += [collected.eq(0), place.eq(0)]
        return m
