"""From accumulator words to the drives of a row of neurons at a time."""

from amaranth.hdl import Array, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.pipeline import held_words, take_latency
from nef2hw.program.words import index_bits
from nef2hw.rtl.layouts import row_of
from nef2hw.rtl.word_rows import WordRows


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
        rows, count = self._rows, self._config.neuron_rows.bit_length()
        unheld, rows_left = Signal(count), Signal(range(rows + 1))
        begun, moving, given = Signal(), Signal(), Signal()
        ahead = self._config.neuron_interval < take_latency(self._config)
        hold = self._holding if ahead else self._passing
        word, word_valid, room = hold(m, moving)
        self._ask(m, begun, room)

        bits = len(self.taken.word) // rows
        m.submodules.rows = shown = WordRows(bits, rows, self._config.compact)
        fresh = Signal(init=1)  # the row at ``o``, if any, is the last of its word
        left = Mux(unheld == 0, self.passes.payload.count, unheld)
        m.d.comb += [
            shown.word.eq(word),
            shown.fresh.eq(fresh),
            shown.step.eq(~self.o.valid | self.o.ready),
            self.o.payload.as_value().eq(shown.row),
            given.eq(self.o.valid & self.o.ready),
            moving.eq(word_valid & fresh & shown.step),
            self.final.eq(fresh & (unheld == 0)),
            self.passes.ready.eq(given & self.opens),
            self.busy.eq(begun | self.o.valid | (unheld != 0)),
        ]
        with m.If(given):
            m.d.sync += [
                self.opens.eq(0),
                self.o.valid.eq(~fresh),
                rows_left.eq(rows_left - 1),
                fresh.eq(fresh | (rows_left == 2)),
            ]
        with m.If(moving):
            m.d.sync += [
                self.opens.eq(unheld == 0),
                self.o.valid.eq(1),
                rows_left.eq(Mux(left > rows, rows, left)),
                fresh.eq((left == 1) | (rows == 1)),
                unheld.eq(Mux(left > rows, left - rows, 0)),
            ]
        return m

    def _ask(self, m, begun, room):
        """Request the words of the pass at hand, from before it is taken on."""
        unasked = Signal(self._config.neuron_rows.bit_length())
        some, several = Signal(), Signal()  # words are unasked for, more than one
        following, any_then, several_then = Signal.like(unasked), Signal(), Signal()
        asked = self.take.payload
        m.d.comb += [following.eq(unasked), any_then.eq(some), several_then.eq(several)]
        # What is asked for is decided a cycle before: much depends on it in the adders.
        m.d.sync += [
            unasked.eq(following),
            some.eq(any_then),
            several.eq(several_then),
            self.take.valid.eq(any_then & room),
        ]
        with m.If(self.take.valid & self.take.ready):
            m.d.comb += [
                following.eq(unasked - self._rows),
                any_then.eq(several),
                several_then.eq(unasked > 2 * self._rows),
            ]
            m.d.sync += asked.address.eq(asked.address + 1)
        with m.If(self.passes.valid & ~begun & ~some):
            count = self.passes.payload.count
            m.d.comb += [following.eq(count), any_then.eq(1), several_then.eq(count > self._rows)]
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
        depth = held_words(self._config)
        shape = self.taken.word.shape()
        words = Array(Signal(shape, name=f"held_{k}", reset_less=True) for k in range(depth))
        asked, promised = Signal(range(depth + 1)), Signal(range(depth + 1))
        held = Signal(range(depth + 1))
        m.d.comb += promised.eq(asked + (self.take.valid & self.take.ready))
        oldest, newest = Signal(range(depth)), Signal(range(depth))
        m.d.sync += [
            asked.eq(promised - moving),
            held.eq(held + self.taken.valid - moving),
        ]
        with m.If(self.taken.valid):
            m.d.sync += [
                words[newest].eq(self.taken.word),
                newest.eq(Mux(newest == depth - 1, 0, newest + 1)),
            ]
        with m.If(moving):
            m.d.sync += oldest.eq(Mux(oldest == depth - 1, 0, oldest + 1))
        # Whether one moves on is known late.
        return words[oldest], held != 0, moving | (promised != depth)


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
