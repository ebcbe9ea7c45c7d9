"""From accumulator words to the drives of a row of neurons at a time."""

from amaranth.hdl import Array, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import index_bits
from nef2hw.rtl.layouts import row_of

#: Cycles from a request for a word to its arrival, at most, when the engine is not stalled.
TAKE_LATENCY = 6


class LaneFeed(wiring.Component):
    """Take the words of a pass's accumulators and hand on their lanes in order, row by row.

    A word is requested only when there is room for it. Where neurons enter fast,
    words are requested ahead, those of the next pass too, so that rows follow
    without a gap; where they enter slowly, a word is requested when the last is
    used up.

    Members
    -------
    passes : ``In(stream.Signature(pass_layout(config)))``
        A pass is taken as its first row leaves.
    take : ``Out(stream.Signature(take_layout(config)))``
    taken : ``In``, ``valid``, ``word``
    o : ``Out(stream.Signature(row_of(signed(accumulator_bits), config)))``
    opens, final : ``Out(1)``
        The row at ``o`` is the first, or the last, of its pass.
    busy : ``Out(1)``
        A pass was begun and has rows left.
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        self._rows = config.lanes // config.neuron_lanes  # in a word
        super().__init__(
            {
                "passes": In(stream.Signature(pass_layout(config))),
                "take": Out(stream.Signature(take_layout(config))),
                "taken": In(taken(config)),
                "o": Out(stream.Signature(row_of(signed(config.formats.accumulator_bits), config))),
                "opens": Out(1),
                "final": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        rows = self._rows
        unheld = Signal(self._config.neuron_rows.bit_length())
        shifting = Signal.like(self.taken.word, reset_less=True)
        row_bits = len(shifting) // rows
        rows_left = Signal(range(rows + 1))
        begun, moving, given, lone = Signal(), Signal(), Signal(), Signal()
        ahead = self._config.neuron_interval < TAKE_LATENCY
        hold = self._holding if ahead else self._passing
        word, word_valid, room = hold(m, moving)
        self._ask(m, begun, room)

        left = Mux(unheld == 0, self.passes.payload.count, unheld)
        m.d.comb += [
            self.o.payload.as_value().eq(shifting[:row_bits]),
            given.eq(self.o.valid & self.o.ready),
            moving.eq(word_valid & (~self.o.valid | (lone & given))),
            self.final.eq(lone & (unheld == 0)),
            self.passes.ready.eq(given & self.opens),
            self.busy.eq(begun | self.o.valid | (unheld != 0)),
        ]
        # Whether a word is there is known late: without one, what moves up does not matter.
        with m.If(~self.o.valid | self.o.ready):
            m.d.sync += shifting.eq(Mux(~self.o.valid | lone, word, shifting[row_bits:]))
        with m.If(given):
            m.d.sync += [
                self.opens.eq(0),
                self.o.valid.eq(~lone),
                rows_left.eq(rows_left - 1),
                lone.eq(rows_left == 2),
            ]
        with m.If(moving):
            m.d.sync += [
                self.opens.eq(unheld == 0),
                self.o.valid.eq(1),
                rows_left.eq(Mux(left > rows, rows, left)),
                lone.eq((left == 1) | (rows == 1)),
                unheld.eq(Mux(left > rows, left - rows, 0)),
            ]
        return m

    def _ask(self, m, begun, room):
        """Request the words of the pass at hand, from before it is taken on."""
        unasked = Signal(self._config.neuron_rows.bit_length())
        asked = self.take.payload
        following = Signal.like(unasked)
        m.d.comb += following.eq(unasked)
        # What is asked for is decided a cycle before: much depends on it in the adders.
        m.d.sync += [
            unasked.eq(following),
            self.take.valid.eq((following != 0) & room),
        ]
        with m.If(self.take.valid & self.take.ready):
            m.d.comb += following.eq(Mux(unasked > self._rows, unasked - self._rows, 0))
            m.d.sync += asked.address.eq(asked.address + 1)
        with m.If(self.passes.valid & ~begun & (unasked == 0)):
            m.d.comb += following.eq(self.passes.payload.count)
            m.d.sync += [
                begun.eq(1),
                asked.address.eq(self.passes.payload.accumulator),
                asked.keep.eq(self.passes.payload.keep),
            ]
        with m.If(self.passes.valid & self.passes.ready):
            m.d.sync += begun.eq(0)

    def _passing(self, m, moving):
        """Pass on one word at a time as it arrives."""
        asked = Signal()
        asking = self.take.valid & self.take.ready
        m.d.sync += asked.eq((asked | asking) & ~moving)
        return self.taken.word, self.taken.valid, ~asking & ~asked & ~self.o.valid

    def _holding(self, m, moving):
        """Hold the words that were asked for until the rows before them are gone."""
        depth = -(-TAKE_LATENCY // (self._rows * self._config.neuron_interval))
        shape = self.taken.word.shape()
        words = Array(Signal(shape, name=f"held_{k}", reset_less=True) for k in range(depth))
        asked, following = Signal(range(depth + 1)), Signal(range(depth + 1))
        held = Signal(range(depth + 1))
        m.d.comb += following.eq(asked + (self.take.valid & self.take.ready) - moving)
        oldest, newest = Signal(range(depth)), Signal(range(depth))
        m.d.sync += [
            asked.eq(following),
            held.eq(held + self.taken.valid - moving),
        ]
        with m.If(self.taken.valid):
            m.d.sync += [
                words[newest].eq(self.taken.word),
                newest.eq(Mux(newest == depth - 1, 0, newest + 1)),
            ]
        with m.If(moving):
            m.d.sync += oldest.eq(Mux(oldest == depth - 1, 0, oldest + 1))
        return words[oldest], held != 0, following != depth


def pass_layout(config: CoreConfig) -> data.StructLayout:
    """The accumulators of a pass: first word, number of rows, and whether they are kept."""
    return data.StructLayout(
        {
            "accumulator": unsigned(index_bits(config.accumulator_words)),
            "count": unsigned(config.neuron_rows.bit_length()),
            "keep": unsigned(1),
        }
    )


def take_layout(config: CoreConfig) -> data.StructLayout:
    """Request for one word of sums; unless kept, it starts again from zero."""
    return data.StructLayout(
        {"address": unsigned(index_bits(config.accumulator_words)), "keep": unsigned(1)}
    )


def taken(config: CoreConfig) -> wiring.Signature:
    """Signature of a word of sums that was asked for."""
    return wiring.Signature(
        {"valid": Out(1), "word": Out(config.lanes * config.formats.accumulator_bits)}
    )
