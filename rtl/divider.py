"""Division of the overshoot by the drive."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out


class Divider(wiring.Component):
    """Truncated fraction ``excess / drive`` with a given binary point.

    The quotient is ``(excess << frac) // drive``, or all ones where that does
    not fit ``quotient_bits``, and for a zero drive. ``drive`` and ``excess``
    are unsigned.

    One operand enters each time ``tick`` is high, every ``interval`` cycles;
    the result leaves ``quotient_bits`` cycles after it entered, in order.
    Each of the ``quotient_bits / interval`` stages finds ``interval`` bits, without restoring
    a remainder that was too small: twice that plus the drive is what is left of twice the one
    before, less the drive. So a bit of a stage is one adder that adds or subtracts.

    Members
    -------
    tick : ``In(1)``
        High in the cycles in which an operand may enter.
    i : ``In``, ``valid``, ``excess``, ``drive``, ``tag``
    o : ``Out``, ``valid``, ``quotient``, ``tag``
    busy : ``Out(1)``
        Something is on its way, or enters.
    """

    def __init__(
        self, *, bits: int, quotient_bits: int, frac: int, tag_bits: int, interval: int
    ) -> None:
        self._bits = bits
        self._quotient_bits = quotient_bits
        self._scale = frac - quotient_bits
        self._interval = interval
        self._stage = data.StructLayout(
            {
                "tag": unsigned(tag_bits),
                "inverse": unsigned(bits),  #: of the drive's bits: to add it is to subtract
                "remainder": signed(bits + 1),
                "saturated": 1,
                "quotient": unsigned(quotient_bits),
            }
        )
        super().__init__(
            {
                "tick": In(1),
                "i": In(operand(bits, tag_bits)),
                "o": Out(fraction(quotient_bits, tag_bits)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        count = self._quotient_bits // self._interval
        stages = [Signal(self._stage, name=f"stage_{k}", reset_less=True) for k in range(count)]
        valids = Signal(count)
        refined = [self._refine(m, stage, k) for k, stage in enumerate(stages)]
        scaled = self.i.excess << self._scale
        entering = Signal(self._stage)
        m.d.comb += [
            entering.tag.eq(self.i.tag),
            entering.inverse.eq(~self.i.drive),
            entering.saturated.eq(scaled >= self.i.drive),
            entering.remainder.eq(scaled),
            self.busy.eq(self.i.valid | valids.any() | self.o.valid),
        ]
        before = entering
        for stage, after in zip(stages, refined, strict=True):
            m.d.sync += stage.eq(Mux(self.tick, before, after))
            before = after
        with m.If(self.tick):
            m.d.sync += valids.eq(Cat(self.i.valid, valids))
        m.d.sync += [
            self.o.valid.eq(self.tick & valids[-1]),
            self.o.tag.eq(before.tag),
            self.o.quotient.eq(Mux(before.saturated, -1, before.quotient)),
        ]
        return m

    def _refine(self, m, stage, index):
        """Find one more bit of the quotient."""
        after = Signal(self._stage, name=f"after_{index}")
        left = Signal(signed(self._bits + 1), name=f"left_{index}")
        negative = stage.remainder[-1]
        subtract = ~negative
        # The inverse and a carry below the last bit subtract; inverted again, it is the drive.
        inverse = Cat(stage.inverse, Const(1, 1)) ^ negative.replicate(self._bits + 1)
        doubled = stage.remainder << 1
        m.d.comb += [
            left.eq((Cat(subtract, doubled) + Cat(subtract, inverse).as_signed()) >> 1),
            after.tag.eq(stage.tag),
            after.inverse.eq(stage.inverse),
            after.remainder.eq(left),
            after.saturated.eq(stage.saturated),
            after.quotient.eq((stage.quotient << 1) | ~left[-1]),
        ]
        return after


def operand(bits: int, tag_bits: int) -> wiring.Signature:
    """Signature of what enters the divider."""
    return wiring.Signature(
        {"valid": Out(1), "tag": Out(tag_bits), "excess": Out(bits), "drive": Out(bits)}
    )


def fraction(quotient_bits: int, tag_bits: int) -> wiring.Signature:
    """Signature of what leaves the divider."""
    return wiring.Signature({"valid": Out(1), "tag": Out(tag_bits), "quotient": Out(quotient_bits)})
