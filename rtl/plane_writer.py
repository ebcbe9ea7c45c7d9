"""From the values that a pass yields to words of their bit planes."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import VALUES_PER_WORD, index_bits
from nef2hw.rtl.membrane import summed


class PlaneWriter(wiring.Component):
    """Collect the totals of a word's values, then write its planes, the most significant first.

    A word of a plane is written in each cycle, from the cycle on that follows the last value
    of a word or of the pass; in these cycles no value may come. The words of a pass
    follow each other, all planes of one before those of the next. What has no value is zero.

    Members
    -------
    i : ``In``, ``valid``, ``opens``, ``final``, ``neuron``, ``total``; no total exceeds the planes
    plane : ``In``, address of the first word of the pass, steady from its first row on
    o : ``Out``, ``valid``, ``address``, ``data``
    busy : ``Out(1)``, a word is being written
    """

    def __init__(self, config: CoreConfig) -> None:
        self._planes = config.formats.relay_planes
        self._lanes = config.neuron_lanes
        super().__init__(
            {
                "i": In(summed(config)),
                "plane": In(index_bits(config.plane_words)),
                "o": Out(written(config)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        shape = unsigned(self._planes)
        magnitudes = [Signal(shape, name=f"magnitude_{k}") for k in range(VALUES_PER_WORD)]
        negative = Signal(VALUES_PER_WORD)
        left = Signal(range(self._planes + 1))
        m.d.comb += [
            self.busy.eq(left != 0),
            self.o.valid.eq(self.busy),
            self.o.data.eq(Cat(*(magnitude[-1] for magnitude in magnitudes), negative)),
        ]
        with m.If(self.busy):
            m.d.sync += [left.eq(left - 1), self.o.address.eq(self.o.address + 1)]
        self._collect(m, magnitudes, negative, left)
        return m

    def _collect(self, m, magnitudes, negative, left):
        """Put the values of a row in their places; the last one starts the writing.

        A register either takes a value or moves on, so that one multiplexer and an enable do.
        """
        rows = rows_per_word(self._lanes)
        row = Signal(range(rows))
        with m.If(self.i.valid):
            m.d.sync += row.eq(row + 1)
            with m.If(self.i.opens):
                m.d.sync += self.o.address.eq(self.plane)
            with m.If(self.i.final | (row == rows - 1)):
                m.d.sync += [left.eq(self._planes), row.eq(0)]
        for lane, total in enumerate(self.i.total):
            low, sign = total[: self._planes], total[-1]
            size = Signal(unsigned(self._planes), name=f"size_{lane}")
            m.d.comb += size.eq(Mux(sign, -low, low))
            for place in range(rows):
                k, taking = place * self._lanes + lane, self.i.valid & (row == place)
                with m.If(taking | self.busy):
                    m.d.sync += magnitudes[k].eq(Mux(self.busy, magnitudes[k] << 1, size))
                with m.If(taking | (left == 1)):
                    m.d.sync += negative[k].eq(sign & ~self.busy)


def rows_per_word(neuron_lanes: int) -> int:
    """Rows of values that fill a word of a plane."""
    return VALUES_PER_WORD // neuron_lanes


def written(config: CoreConfig) -> wiring.Signature:
    """Signature of a word of a plane that the core writes."""
    return wiring.Signature(
        {"valid": Out(1), "address": Out(index_bits(config.plane_words)), "data": Out(32)}
    )
