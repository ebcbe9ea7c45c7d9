"""From accumulator words to one neuron's drive at a time."""

from amaranth.hdl import Array, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import index_bits

#: Cycles from a request for a word to its arrival, at most, when the engine is not stalled.
TAKE_LATENCY = 6


class LaneFeed(wiring.Component):
    """Take the words of a population's accumulators and hand on their lanes in order.

    A word is requested only when there is room for it. Where a neuron enters in
    each cycle, words are requested ahead so that lanes follow without a gap;
    where neurons enter more slowly, a word is requested when the last is used up.

    Members
    -------
    start : ``In(1)``
        Begin with ``count`` lanes at word ``accumulator``; legal when nothing is left.
    take : ``Out(stream.Signature(TakeRequest))``
    taken : ``In``, ``valid``, ``word``
    o : ``Out(stream.Signature(signed(accumulator_bits)))``
    final : ``Out(1)``
        The lane at ``o`` is the last of the population.
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        super().__init__(
            {
                "start": In(1),
                "accumulator": In(index_bits(config.accumulator_words)),
                "count": In(config.neurons.bit_length()),
                "keep": In(1),
                "take": Out(stream.Signature(take_layout(config))),
                "taken": In(taken(config)),
                "o": Out(stream.Signature(signed(config.formats.accumulator_bits))),
                "final": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        lanes, bits = self._config.lanes, self._config.formats.accumulator_bits
        unasked = Signal(self._config.neurons.bit_length())
        unfed = Signal.like(unasked)
        shifting = Signal(lanes * bits)
        lanes_left = Signal(range(lanes + 1))
        moving = Signal()
        ahead = self._config.neuron_interval == 1
        hold = self._holding if ahead else self._passing
        word, word_valid, room = hold(m, moving, lanes_left)

        m.d.comb += [
            self.take.valid.eq((unasked != 0) & room),
            self.take.payload.keep.eq(self.keep),
            self.o.valid.eq(lanes_left != 0),
            self.o.payload.eq(shifting[:bits]),
            self.final.eq(unfed == 1),
        ]
        given = self.o.valid & self.o.ready
        m.d.comb += moving.eq(word_valid & ((lanes_left == 0) | ((lanes_left == 1) & given)))
        with m.If(self.take.valid & self.take.ready):
            m.d.sync += [
                unasked.eq(Mux(unasked > lanes, unasked - lanes, 0)),
                self.take.payload.address.eq(self.take.payload.address + 1),
            ]
        with m.If(given):
            m.d.sync += [
                unfed.eq(unfed - 1),
                lanes_left.eq(lanes_left - 1),
                shifting.eq(shifting >> bits),
            ]
        after = unfed - given
        with m.If(moving):
            m.d.sync += [
                shifting.eq(word),
                lanes_left.eq(Mux(after > lanes, lanes, after)),
            ]
        with m.If(self.start):
            m.d.sync += [
                unasked.eq(self.count),
                unfed.eq(self.count),
                self.take.payload.address.eq(self.accumulator),
            ]
        return m

    def _passing(self, m, moving, lanes_left):
        """Pass on one word at a time as it arrives."""
        asked = Signal()
        with m.If(self.take.valid & self.take.ready):
            m.d.sync += asked.eq(1)
        with m.If(moving):
            m.d.sync += asked.eq(0)
        return self.taken.word, self.taken.valid, ~asked & (lanes_left == 0)

    def _holding(self, m, moving, lanes_left):
        """Hold the words that were asked for until the lanes before them are gone."""
        depth = -(-TAKE_LATENCY // self._config.lanes)
        words = Array(Signal(self.taken.word.shape(), name=f"held_{k}") for k in range(depth))
        asked = Signal(range(depth + 1))
        held = Signal(range(depth + 1))
        oldest, newest = Signal(range(depth)), Signal(range(depth))
        m.d.sync += [
            asked.eq(asked + (self.take.valid & self.take.ready) - moving),
            held.eq(held + self.taken.valid - moving),
        ]
        with m.If(self.taken.valid):
            m.d.sync += [
                words[newest].eq(self.taken.word),
                newest.eq(Mux(newest == depth - 1, 0, newest + 1)),
            ]
        with m.If(moving):
            m.d.sync += oldest.eq(Mux(oldest == depth - 1, 0, oldest + 1))
        return words[oldest], held != 0, asked != depth


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
