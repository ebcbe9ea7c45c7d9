"""From neurons' results to 32-bit words."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.rtl.membrane import fired, summed

WORD_BITS = 32


class ResultPacker(wiring.Component):
    """Collect spikes into words, lowest neuron in the lowest bit; pass readouts on.

    A word leaves one cycle after the result that completes it. A pass yields
    either spikes or readouts, and passes follow each other without overlap.

    Members
    -------
    spikes : ``In``, ``valid``, ``final``, ``spike``
    readouts : ``In``, ``valid``, ``total``
    o : ``Out(stream.Signature(32, always_ready=True))``
    busy : ``Out(1)``
    """

    def __init__(self, config: CoreConfig) -> None:
        super().__init__(
            {
                "spikes": In(fired()),
                "readouts": In(summed(config)),
                "o": Out(stream.Signature(WORD_BITS, always_ready=True)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        collected = Signal(WORD_BITS)
        place = Signal(range(WORD_BITS))
        joined = Signal(WORD_BITS)
        m.d.comb += [
            joined.eq(collected),
            joined.bit_select(place, 1).eq(self.spikes.spike),
            self.busy.eq(self.o.valid),
        ]
        m.d.sync += self.o.valid.eq(0)
        with m.If(self.readouts.valid):
            m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(self.readouts.total)]
        with m.Elif(self.spikes.valid):
            m.d.sync += [collected.eq(joined), place.eq(place + 1), self.o.payload.eq(joined)]
            with m.If(self.spikes.final | (place == WORD_BITS - 1)):
                m.d.sync += [collected.eq(0), place.eq(0), self.o.valid.eq(1)]
        return m
