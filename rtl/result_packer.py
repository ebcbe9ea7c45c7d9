"""From neurons' results to 32-bit words."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import COUNT_BITS, RESULT_BITS
from nef2hw.rtl.membrane import fired, summed


class ResultPacker(wiring.Component):
    """Collect spikes into words, lowest neuron in the lowest bits; pass readouts on.

    A spike takes a bit, a count of spikes takes ``COUNT_BITS``, a readout a
    word. A word leaves in the cycle of the row that completes it; where a row
    makes several words, the others follow in the next cycles, in which no
    other row may come. A pass yields either spikes, counts or readouts, and
    they come in the order of the passes.

    Members
    -------
    spikes : ``In``, ``valid``, ``final``, ``spike``, and ``count`` in cores that count
    tally : ``In(1)``, in cores that count: counts are asked for
    readouts : ``In``, ``valid``, ``total``
    o : ``Out(stream.Signature(32, always_ready=True))``
    busy : ``Out(1)``, words of the last row are still to be sent
    """

    def __init__(self, config: CoreConfig) -> None:
        self._counting = config.counting
        self._lanes = config.neuron_lanes
        super().__init__(
            {
                "spikes": In(fired(config)),
                **({"tally": In(1)} if config.counting else {}),
                "readouts": In(summed(config)),
                "o": Out(stream.Signature(RESULT_BITS, always_ready=True)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        collected, joined = Signal(RESULT_BITS), Signal(RESULT_BITS)
        place = Signal(range(RESULT_BITS))
        complete = Signal()
        m.d.comb += joined.eq(collected)
        width = self._join(m, joined, place)
        m.d.comb += [
            complete.eq(self.spikes.final | (place == RESULT_BITS - width)),
            self.o.valid.eq(self.readouts.valid | (self.spikes.valid & complete)),
            self.o.payload.eq(Mux(self.readouts.valid, self.readouts.total[0], joined)),
        ]
        with m.If(self.spikes.valid):
            m.d.sync += [collected.eq(joined), place.eq(place + width)]
            with m.If(complete):
                m.d.sync += [collected.eq(0), place.eq(0)]
        if self._lanes > 1:
            self._follow(m)
        return m

    def _join(self, m, joined, place):
        """Put the results of a row in their place; return their width in bits."""
        lanes = self._lanes
        spikes = joined.word_select(place[exact_log2(lanes) :], lanes).eq(self.spikes.spike)
        if not self._counting:
            m.d.comb += spikes
            return lanes
        width = min(lanes * COUNT_BITS, RESULT_BITS)
        with m.If(self.tally):
            counts = joined.word_select(place[exact_log2(width) :], width)
            m.d.comb += counts.eq(self._counts()[:width])
        with m.Else():
            m.d.comb += spikes
        return Mux(self.tally, width, lanes)

    def _follow(self, m):
        """Send the words of a row after its first."""
        rest = Signal((self._lanes - 1) * RESULT_BITS)
        left = Signal(range(self._lanes))
        m.d.comb += self.busy.eq(left != 0)
        with m.If(self.busy):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(rest)]
            m.d.sync += [left.eq(left - 1), rest.eq(rest >> RESULT_BITS)]
        with m.If(self.readouts.valid):
            totals = _joined(self.readouts.total, RESULT_BITS)
            m.d.sync += [left.eq(self._lanes - 1), rest.eq(totals[RESULT_BITS:])]
        words = count_words(self._lanes)
        if self._counting and words > 1:
            with m.If(self.spikes.valid & self.tally):
                m.d.sync += [left.eq(words - 1), rest.eq(self._counts()[RESULT_BITS:])]

    def _counts(self):
        return _joined(self.spikes.count, COUNT_BITS)


def count_words(neuron_lanes: int) -> int:
    """Most words that the counts of a row make in a cycle of their own."""
    return -(-neuron_lanes * COUNT_BITS // RESULT_BITS)


def _joined(values, width: int) -> Value:
    """Join ``values``, each brought to ``width`` bits; those that leave the core fit into them."""
    brought = []
    for value in values:
        top = value[-1] if value.shape().signed else Const(0, 1)
        brought.append(Cat(value[:width], top.replicate(max(0, width - len(value)))))
    return Cat(brought)
