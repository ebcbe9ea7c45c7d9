"""From neurons' results to 32-bit words."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import COUNT_BITS, RESULT_BITS
from nef2hw.rtl.membrane import fired, summed


class ResultPacker(wiring.Component):
    """Collect spikes into words, lowest neuron in the lowest bits; pass readouts on.

    A spike takes a bit, a count of spikes takes ``COUNT_BITS``. A word leaves in
    the cycle of the result that completes it. A pass yields either spikes,
    counts or readouts, and passes follow each other without overlap.

    Members
    -------
    spikes : ``In``, ``valid``, ``final``, ``spike``, and ``count`` in cores that count
    tally : ``In(1)``, in cores that count: counts are asked for
    readouts : ``In``, ``valid``, ``total``
    o : ``Out(stream.Signature(32, always_ready=True))``
    """

    def __init__(self, config: CoreConfig) -> None:
        self._counting = config.counting
        super().__init__(
            {
                "spikes": In(fired(config)),
                **({"tally": In(1)} if config.counting else {}),
                "readouts": In(summed(config)),
                "o": Out(stream.Signature(RESULT_BITS, always_ready=True)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        collected = Signal(RESULT_BITS)
        place = Signal(range(RESULT_BITS))
        joined = Signal(RESULT_BITS)
        complete = Signal()
        m.d.comb += joined.eq(collected)
        width = self._join(m, joined, place)
        m.d.comb += [
            complete.eq(self.spikes.final | (place == RESULT_BITS - width)),
            self.o.valid.eq(self.readouts.valid | (self.spikes.valid & complete)),
            self.o.payload.eq(Mux(self.readouts.valid, self.readouts.total, joined)),
        ]
        with m.If(self.spikes.valid):
            m.d.sync += [collected.eq(joined), place.eq(place + width)]
            with m.If(complete):
                m.d.sync += [collected.eq(0), place.eq(0)]
        return m

    def _join(self, m, joined, place):
        """Put a neuron's result in its place; return its width in bits."""
        spike = joined.bit_select(place, 1).eq(self.spikes.spike)
        if not self._counting:
            m.d.comb += spike
            return 1
        with m.If(self.tally):
            neuron = place[exact_log2(COUNT_BITS) :]
            m.d.comb += joined.word_select(neuron, COUNT_BITS).eq(self.spikes.count)
        with m.Else():
            m.d.comb += spike
        return Mux(self.tally, COUNT_BITS, 1)
