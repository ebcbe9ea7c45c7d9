"""The arithmetic of one integrate-and-fire step, in five stages."""

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, Value, signed

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.rtl.fixed_point import plus_rounded, saturate
from nef2hw.rtl.layouts import membrane_layout
from nef2hw.rtl.neuron_modes import NeuronModes
from nef2hw.rtl.pipeline import Carrier, PassFields, multiplied


@dataclass(frozen=True)
class Stepped:
    """What a step leads to; it belongs to stage 5."""

    spike: Value
    count: Value | int  #: how many spikes it is
    after: Signal  #: ``membrane_layout(config)``
    divides: Value  #: ``excess / drive`` is wanted
    excess: Value  #: of the voltage above the threshold
    drive: Value  #: of the current above the threshold


class MembraneStep:
    """One neuron's step, as often in the hardware as ``advance`` is called.

    Parameters
    ----------
    config : CoreConfig
    fields : PassFields
        Of the UPDATE instruction; stage 0 is that of the sum.
    carrier : Carrier
    """

    def __init__(self, config: CoreConfig, fields: PassFields, carrier: Carrier) -> None:
        self._config = config
        self._formats = config.formats
        self._fields = fields
        self._carrier = carrier
        self._modes = NeuronModes(config, fields)

    def advance(self, m: Module, state, overshoot: Value, ratio: Value, total: Value) -> Stepped:
        """Advance the neuron of ``state`` and ``overshoot`` by ``total``, all of stage 1.

        ``ratio`` is what its overshoot is multiplied by.
        """
        carry = self._carrier.carry
        current, difference, decay = self._constrain(m, state, overshoot * ratio, total)
        self._modes.stop_decay(m, decay)
        step = multiplied(m, difference, decay, "step")
        before, above = self._start(m, state.voltage, current, step)
        moved = Signal(difference.shape(), reset_less=True)
        m.d.sync += moved.eq(plus_rounded(before, step, self._formats.decay_frac))
        refractory = carry(m, state.refractory, 1, 5, "refractory")
        current = carry(m, current, 2, 5, "current_to_spike")
        one = 1 << self._formats.voltage_frac
        spike = self._modes.fires(moved, moved > one if above is None else above)
        return Stepped(
            spike=spike,
            count=self._modes.count(moved) if self._config.counting else 1,
            after=self._leave(m, moved, refractory, spike),
            divides=self._modes.divides(spike),
            excess=moved - one,
            drive=current - one,
        )

    def _constrain(self, m, state, product, total):
        """Saturate the current, and find the decay that the refractory time leaves.

        The current belongs to stage 2; current less voltage, and decay, to stage 3.
        """
        formats, at = self._formats, self._fields.at
        one_left = state.refractory == 1
        scaled = Signal(2 * FRACTION_BITS + 1, reset_less=True)
        offset = Mux(one_left, at(1, "second_offset"), at(1, "first_offset"))
        taken = Signal(signed(formats.offset_bits + 1), reset_less=True)
        taken_from_full = Signal(signed(formats.offset_bits + 2), reset_less=True)
        limits = formats.current
        limited = Signal(signed(formats.current_bits))
        m.d.comb += limited.eq(saturate(total, limits.low, limits.high))
        current = self._carrier.load(m, limited, 1, "current")
        voltage = self._carrier.carry(m, state.voltage, 1, 2, "voltage_to_difference")
        resting, waking = state.refractory == 0, one_left | (state.refractory == 2)
        resting = self._carrier.load(m, resting, 1, "resting")
        waking = self._carrier.load(m, waking, 1, "waking")
        m.d.sync += [
            scaled.eq(product),
            taken.eq(-offset),
            taken_from_full.eq(-offset - at(1, "decay")),
        ]
        share = scaled.as_signed()
        remaining = plus_rounded(taken, share, formats.ratio_frac)
        # Compared with its bounds by an adder of their own, not behind the one of the value.
        below_full = plus_rounded(taken_from_full, share, formats.ratio_frac) < 0
        full = at(2, "decay")
        partial = Mux(remaining < 0, 0, Mux(below_full, remaining, full))
        decay = Signal(FRACTION_BITS)
        difference = Signal(signed(formats.current_bits + 1), reset_less=True)
        m.d.sync += [
            decay.eq(0),
            difference.eq(current - voltage),
        ]
        with m.If(resting):
            m.d.sync += decay.eq(full)
        with m.Elif(waking):
            m.d.sync += decay.eq(partial)
        return current, difference, decay

    def _start(self, m, voltage, current, step):
        """Return the voltage of stage 4, before its ``step``, and whether it will be above 1.

        That is found by an adder of its own, not behind the one of the voltage; in compact
        cores it is not found here.
        """
        config, carry = self._config, self._carrier.carry
        if config.compact and not config.integrating:
            return carry(m, voltage, 1, 4, "voltage"), None
        started = carry(m, voltage, 1, 3, "voltage")
        if config.integrating:
            started = self._modes.start(started, carry(m, current, 2, 3, "current"))
        before = Signal(started.shape(), reset_less=True)
        m.d.sync += before.eq(started)
        if config.compact:
            return before, None
        more_than_one = (1 << self._formats.voltage_frac) + 1
        lacking = Signal(signed(len(started) + 2), reset_less=True)
        above = Signal()
        m.d.sync += [
            lacking.eq(started - more_than_one),
            above.eq(plus_rounded(lacking, step, self._formats.decay_frac) >= 0),
        ]
        return before, above

    def _leave(self, m, moved, refractory, spike):
        """Return the state that the neuron is left in."""
        at = self._fields.at
        least = at(5, "min_voltage")
        after = Signal(membrane_layout(self._config))
        m.d.comb += [
            after.voltage.eq(Mux(moved < least, least, moved)),
            after.refractory.eq(Mux(refractory == 0, 0, refractory - 1)),
        ]
        with m.If(spike):
            m.d.comb += [
                after.voltage.eq(self._modes.left(moved)),
                after.refractory.eq(at(5, "hold_steps")),
            ]
        self._modes.keep_rest(m, moved, after.voltage)
        return after
