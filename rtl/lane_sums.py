"""The sums of some lanes, and the adders before them."""

from amaranth.hdl import Cat, Module, Signal, signed, unsigned
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import index_bits
from nef2hw.rtl.layouts import Base
from nef2hw.rtl.pipeline import KEEP

#: Lanes that share what tells them what to add, where sums are in look-up tables.
SHARING = 2


class LaneSums(wiring.Component):
    """Add a part of a word of weights to sums.

    Sums in look-up tables are read, increased and written back in one cycle; those in block RAM
    are read in the cycle before.

    Members
    -------
    next : ``In(addition_layout(config))``, what is done in the next cycle
    addends : ``In``, a weight for each lane, in the cycle after ``next``; its bits are inverted
        where it is subtracted
    before : ``Out``, the sums in that cycle, before they are increased
    """

    def __init__(self, config: CoreConfig, lanes: int) -> None:
        self._config = config
        self._lanes = lanes
        formats = config.formats
        super().__init__(
            {
                "next": In(addition_layout(config)),
                "addends": In(lanes * formats.weight_bits),
                "before": Out(lanes * formats.accumulator_bits),
            }
        )

    def elaborate(self, platform):
        m = Module()
        formats, at_once = self._config.formats, self._config.sum_memory == "distributed"
        now = Signal(addition_layout(self._config), attrs=KEEP)
        m.d.sync += now.eq(self.next)
        m.submodules.sums = sums = memory.Memory(
            shape=unsigned(len(self.before)),
            depth=2 << index_bits(self._config.accumulator_words),
            init=[],
            attrs={} if at_once else {"ram_style": "block"},
        )
        write = sums.write_port()
        read = sums.read_port(domain="comb" if at_once else "sync")
        m.d.comb += [
            read.addr.eq(now.address if at_once else self.next.address),
            write.addr.eq(now.address),
            write.en.eq(now.valid),
            self.before.eq(read.data),
        ]
        for lane in range(self._lanes):
            before = _part(self.before, lane, formats.accumulator_bits)
            addend = _part(self.addends, lane, formats.weight_bits)
            after = _part(write.data, lane, formats.accumulator_bits)
            m.d.comb += after.eq(_added(m, now, before.as_signed(), addend))
        return m


def _part(word, lane: int, bits: int):
    """The bits of one lane in a word."""
    return word[lane * bits :][:bits]


def _added(m: Module, operation, before, addend):
    """Return what becomes of the sum of one lane."""
    base = Signal(signed(len(before)))
    with m.Switch(operation.base):
        with m.Case(Base.DOUBLE):
            m.d.comb += base.eq(before << 1)
        with m.Case(Base.ZERO):
            m.d.comb += base.eq(0)
        with m.Default():
            m.d.comb += base.eq(before)
    # The addend is inverted by now: with a carry below the last bit, that subtracts.
    carry = operation.subtract
    # Synthesis joins what precedes the second operand with the adder, where it can.
    return (Cat(carry, addend).as_signed() + Cat(carry, base).as_signed()) >> 1


def lanes_together(config: CoreConfig) -> list[int]:
    """Lanes of each `LaneSums` of a core; blocks of RAM are too wide to be parted."""
    if config.sum_memory == "block":
        return [config.lanes]
    return [min(SHARING, config.lanes - first) for first in range(0, config.lanes, SHARING)]


def addition_layout(config: CoreConfig) -> data.StructLayout:
    """What is done with a word of sums."""
    return data.StructLayout(
        {
            "valid": 1,
            "address": unsigned(index_bits(config.accumulator_words) + 1),
            "base": Base,
            "subtract": 1,
        }
    )
