"""The arithmetic of one synaptic state's step, stage by stage."""

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, Value, signed

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.pipeline import FINE_BITS, shift_stages, written_stage
from nef2hw.rtl.fixed_point import minus_rounded, round_shift
from nef2hw.rtl.pipeline import Carrier, PassFields, multiplied


@dataclass(frozen=True)
class Filtered:
    """What a step leads to."""

    state: Value  #: of stage ``written_stage(config)``
    shift: Value  #: of that stage, to write the state back with
    addend: Signal  #: of the last stage


class FilterStep:
    """One slot's step, as often in the hardware as ``advance`` is called.

    Parameters
    ----------
    config : CoreConfig
    fields : PassFields
        Of the UPDATE instruction; stage 0 is that of the drive.
    carrier : Carrier
    """

    def __init__(self, config: CoreConfig, fields: PassFields, carrier: Carrier) -> None:
        self._config = config
        self._formats = config.formats
        self._at = fields.at
        self._carrier = carrier

    def advance(self, m: Module, slot, drive: Value, partner: Value | None) -> Filtered:
        """Advance ``slot``, which takes from the state ``partner``, if any; all of stage 1."""
        passed = None if partner is None else self._couple(m, partner)
        arrived = Signal(signed(self._formats.filter_bits))
        m.d.comb += arrived.eq(Mux(self._at(1, "held"), drive, drive << self._formats.guard_bits))
        state = arrived
        if self._config.filtering:
            state = self._decay(m, slot.state, arrived, passed)
        shift = self._carrier.carry(m, slot.shift, 1, written_stage(self._config), "shift")
        return Filtered(state, shift, self._scale(m, state, shift))

    def _couple(self, m, partner):
        """Return what the partner's state gives; it belongs to stage 2."""
        formats = self._formats
        passed = Signal(signed(formats.filter_bits + FRACTION_BITS))
        m.d.sync += passed.eq(partner * self._at(1, "coupling"))
        # A product's complement, rounded, is the rounded product's negative: halves go up after.
        return round_shift(Mux(self._at(2, "negative"), ~passed, passed), formats.leak_frac)

    def _decay(self, m, old, arrived, passed):
        """Return the new state; it belongs to stage 3. What is not filtered has no leak."""
        formats = self._formats
        shape = signed(formats.filter_bits)
        held, state = Signal(shape), Signal(shape)
        product = multiplied(m, old, self._at(1, "leak"), "product")
        after = minus_rounded(held, product, formats.leak_frac)
        m.d.sync += [
            held.eq(Mux(self._at(1, "filtered"), old, 0) + arrived),
            state.eq(after if passed is None else after + passed),
        ]
        return state

    def _scale(self, m, state, shift):
        """Shift the state to the binary point of the sum, far shifts in two stages."""
        formats = self._formats
        aligned = state << (formats.align_bits + 1)
        if shift_stages(self._config) > 1:
            coarse = Signal(signed(formats.filter_bits + formats.align_bits + 1))
            m.d.sync += coarse.eq(aligned >> (shift[FINE_BITS:] << FINE_BITS))
            stage = written_stage(self._config)
            aligned = coarse
            shift = self._carrier.carry(m, shift[:FINE_BITS], stage, stage + 1, "fine")
        addend = Signal(signed(formats.sum_bits + 1))
        m.d.sync += addend.eq(aligned >> shift)
        return addend
