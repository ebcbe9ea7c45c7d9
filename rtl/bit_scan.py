"""The set bits of plane words, one after the other."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import SPIKES_PER_WORD, index_bits, row_fields
from nef2hw.rtl.layouts import Base
from nef2hw.rtl.plane_reader import plane_word_layout
from nef2hw.rtl.skid import Skid

#: Bits that are looked at together.
GROUP_BITS = 4
#: Groups of a word.
GROUPS = SPIKES_PER_WORD // GROUP_BITS
#: Those with a set bit, the place of the lowest, and whether it is the only one.
WAITING = data.StructLayout({"groups": GROUPS, "place": range(GROUPS), "lone": 1})
#: Bits of half a word.
FAR_BITS = SPIKES_PER_WORD // 2


class BitScan(wiring.Component):
    """Find the set bits of words, lowest first, a bit per cycle; a word without takes a cycle.

    A first stage finds groups of ``GROUP_BITS`` bits with a set one among them, a second
    one the bits of a group: none has to look at the whole word in a cycle. Each adds
    its part of the way to the row of the bit: multiples of a row's words instead of a product.

    Members
    -------
    idle : ``In(1)``, nothing is under way: an input may begin
    spiking : ``In(1)``, its bits are spikes
    row_words : ``In``, words of the row of one bit, steady from the first cycle after ``idle`` on
    i : ``In(stream.Signature(plane_word_layout(config)))``
    o : ``Out(stream.Signature(found_layout(config)))``
    busy : ``Out(1)``
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        super().__init__(
            {
                "idle": In(1),
                "spiking": In(1),
                "row_words": In(row_fields(config)["row_words"]),
                "i": In(stream.Signature(plane_word_layout(config))),
                "o": Out(stream.Signature(found_layout(config))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        group, group_valid = Signal(group_layout(self._config)), Signal()
        one = self.row_words
        triple = Signal(len(one) + 2)
        m.d.sync += triple.eq(one + (one << 1))
        multiples = Array([0, one, one << 1, triple])
        m.submodules.groups = groups = Skid(group.shape())
        have = self._find_groups(m, groups.i, multiples)
        with m.If(groups.o.ready):
            m.d.sync += [group.eq(groups.o.payload), group_valid.eq(groups.o.valid)]
        m.d.comb += groups.o.ready.eq(self._find_bits(m, group, group_valid, multiples))
        m.d.comb += self.busy.eq(have | groups.kept | group_valid | self.o.valid)
        return m

    def _find_groups(self, m, groups, multiples):
        """Find the groups with set bits of one word after the other."""
        word, have = Signal(plane_word_layout(self._config)), Signal()
        waiting, lones = Signal(WAITING), Signal(GROUPS)
        quiet, started = Signal(), Signal()
        any_bit, silent, done = Signal(), Signal(), Signal()
        place, group = waiting.place, groups.payload
        # All that the row may be is added up before the place is known.
        rows = Array(Signal.like(word.row, name=f"row_{k}") for k in range(len(multiples)))
        base = Mux(self.spiking | ~quiet, Base.SUM, Mux(started, Base.DOUBLE, Base.ZERO))
        m.d.comb += [
            any_bit.eq(waiting.groups != 0),
            silent.eq(~any_bit & word.last & quiet & (started | word.final) & ~self.spiking),
            groups.valid.eq(have & (any_bit | silent)),
            # A word without groups, too, waits for room: that is known sooner.
            done.eq(have & groups.ready & waiting.lone),
            self.i.ready.eq(~have | done),
            group.far.eq(place[-1]),
            group.bits.eq(word.bits.word_select(place, GROUP_BITS)),
            group.lone.eq(lones.bit_select(place, 1)),
            group.negative.eq(word.negative.word_select(place, GROUP_BITS)),
            group.row.eq(rows[place[:-1]]),
            group.base.eq(base),
        ]
        given = self.i.payload
        bits = [given.bits[k:][:GROUP_BITS] for k in range(0, SPIKES_PER_WORD, GROUP_BITS)]
        coming = _wait_for(m, Cat(group.any() for group in bits), "coming")
        others = _wait_for(m, waiting.groups & (waiting.groups - 1), "others")
        with m.If(groups.valid & groups.ready):
            m.d.sync += [waiting.eq(others), quiet.eq(0), started.eq(1)]
        with m.If(self.i.ready):
            m.d.sync += [
                have.eq(self.i.valid),
                word.eq(given),
                waiting.eq(coming),
                lones.eq(Cat(_is_lone(group) for group in bits)),
            ]
            for row, each in zip(rows, multiples, strict=True):
                m.d.sync += row.eq(given.row + each * GROUP_BITS)
            with m.If(self.i.valid & given.first):
                m.d.sync += quiet.eq(1)
        with m.If(self.idle):
            m.d.sync += started.eq(0)
        return have

    def _find_bits(self, m, group, group_valid, multiples):
        """Find the bits of a group, none making a silent event; return whether another may come."""
        free, others = Signal(), Signal.like(group.bits)
        place, found = _lowest(m, group.bits), self.o.payload
        m.d.comb += [
            free.eq(~self.o.valid | self.o.ready),
            others.eq(group.bits & (group.bits - 1)),
        ]
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(group_valid),
                found.far.eq(group.far),
                found.row.eq(group.row + multiples[place]),
                found.base.eq(group.base),
                found.silent.eq(group.bits == 0),
                found.subtract.eq((group.negative & group.bits & ~others).any()),
            ]
            with m.If(group_valid & ~group.lone):
                m.d.sync += [
                    group.bits.eq(others),
                    group.lone.eq(_is_lone(others)),
                    group.base.eq(Base.SUM),
                ]
        return ~group_valid | (free & group.lone)


def _wait_for(m: Module, groups: Value, name: str):
    """What is to be known of the ``groups`` with set bits before the next is chosen."""
    waiting = Signal(WAITING, name=name)
    m.d.comb += [
        waiting.groups.eq(groups),
        waiting.place.eq(_lowest(m, waiting.groups)),
        waiting.lone.eq(_is_lone(waiting.groups)),
    ]
    return waiting


def _is_lone(bits: Value) -> Value:
    """Whether one bit is set at most."""
    return (bits & (bits - 1))[: len(bits)] == 0


def _lowest(m: Module, bits: Value) -> Signal:
    """Place of the lowest set bit."""
    place = Signal(range(len(bits)), name="lowest")
    for k in reversed(range(len(bits))):
        with m.If(bits[k]):
            m.d.comb += place.eq(k)
    return place


def group_layout(config: CoreConfig) -> data.StructLayout:
    """Bits of a word that stand together."""
    return data.StructLayout(
        {
            "far": 1,  #: in the upper half of the word
            "bits": GROUP_BITS,
            "lone": 1,  #: one bit is set at most
            "negative": GROUP_BITS,
            "row": index_bits(config.weight_words),
            "base": Base,
        }
    )


def found_layout(config: CoreConfig) -> data.StructLayout:
    """A set bit: its row, counted within its half of the word, and what to do with it."""
    return data.StructLayout(
        {
            "far": 1,
            "row": index_bits(config.weight_words),
            "base": Base,
            "subtract": 1,
            "silent": 1,
        }
    )
