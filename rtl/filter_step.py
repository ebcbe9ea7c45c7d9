"""The arithmetic of one synaptic state's step, in five stages."""

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, Value, signed

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.rtl.fixed_point import round_shift
from nef2hw.rtl.pipeline import PassFields

#: Bits of the shift that the second of its two stages handles.
FINE_BITS = 3


@dataclass(frozen=True)
class Filtered:
    """What a step leads to."""

    state: Signal  #: of stage 3
    shift: Signal  #: of stage 3, to write the state back with
    addend: Signal  #: of stage 5


class FilterStep:
    """One slot's step, as often in the hardware as ``advance`` is called.

    Parameters
    ----------
    config : CoreConfig
    fields : PassFields
        Of the UPDATE instruction; stage 0 is that of the drive.
    """

    def __init__(self, config: CoreConfig, fields: PassFields) -> None:
        self._formats = config.formats
        self._at = fields.at

    def advance(self, m: Module, slot, drive: Value, partner: Value | None) -> Filtered:
        """Advance ``slot``, which takes from the state ``partner``, if any; all of stage 1."""
        passed = None if partner is None else self._couple(m, partner)
        state = self._decay(m, slot.state, drive, passed)
        shift, addend = self._scale(m, state, slot.shift)
        return Filtered(state, shift, addend)

    def _couple(self, m, partner):
        """Return what the partner's state gives; it belongs to stage 2."""
        formats = self._formats
        passed = Signal(signed(formats.filter_bits + FRACTION_BITS))
        m.d.sync += passed.eq(partner * self._at(1, "coupling"))
        # A product's complement, rounded, is the rounded product's negative: halves go up after.
        return round_shift(Mux(self._at(2, "negative"), ~passed, passed), formats.leak_frac)

    def _decay(self, m, old, drive, passed):
        """Return the new state; it belongs to stage 3. What is not filtered has no leak."""
        formats = self._formats
        shape = signed(formats.filter_bits)
        held, leaked, state = Signal(shape), Signal(shape), Signal(shape)
        product = Signal(signed(formats.filter_bits + FRACTION_BITS))
        m.d.comb += leaked.eq(round_shift(product, formats.leak_frac))
        arrived = Mux(self._at(1, "held"), drive, drive << formats.guard_bits)
        after = held - leaked
        m.d.sync += [
            product.eq(old * self._at(1, "leak")),
            held.eq(Mux(self._at(1, "filtered"), old, 0) + arrived),
            state.eq(after if passed is None else after + passed),
        ]
        return state

    def _scale(self, m, state, shift):
        """Shift the state to the binary point of the sum, in two stages."""
        formats = self._formats
        amounts = [Signal(formats.shift_bits, name=f"amount_{k}") for k in range(3)]
        coarse = Signal(signed(formats.filter_bits + formats.align_bits + 1))
        addend = Signal(signed(formats.sum_bits + 1))
        aligned = state << (formats.align_bits + 1)
        m.d.sync += [
            amounts[0].eq(shift),
            amounts[1].eq(amounts[0]),
            amounts[2].eq(amounts[1]),
            coarse.eq(aligned >> (amounts[1][FINE_BITS:] << FINE_BITS)),
            addend.eq(coarse >> amounts[2][:FINE_BITS]),
        ]
        return amounts[1], addend
