"""The arithmetic of one integrate-and-fire step, in five stages."""

from dataclasses import dataclass

from amaranth.hdl import Module, Mux, Signal, Value, signed

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.rtl.fixed_point import round_shift, saturate
from nef2hw.rtl.layouts import membrane_layout
from nef2hw.rtl.neuron_modes import NeuronModes
from nef2hw.rtl.pipeline import PassFields, delayed


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
    """

    def __init__(self, config: CoreConfig, fields: PassFields) -> None:
        self._config = config
        self._formats = config.formats
        self._fields = fields
        self._modes = NeuronModes(config, fields)

    def advance(self, m: Module, state, overshoot: Value, total: Value) -> Stepped:
        """Advance the neuron of ``state`` and ``overshoot`` by ``total``, all of stage 1."""
        voltage, refractory, current, difference, decay = self._constrain(
            m, state, overshoot, total
        )
        self._modes.stop_decay(m, decay)
        moved = self._integrate(m, self._modes.start(voltage, current), difference, decay)
        refractory = delayed(m, refractory, 2, "refractory_at_spike")
        current = delayed(m, current, 2, "current_at_spike")
        one = 1 << self._formats.voltage_frac
        spike = self._modes.fires(moved)
        return Stepped(
            spike=spike,
            count=self._modes.count(moved) if self._config.counting else 1,
            after=self._leave(m, moved, refractory, spike),
            divides=self._modes.divides(spike),
            excess=moved - one,
            drive=current - one,
        )

    def _constrain(self, m, state, overshoot, total):
        """Saturate the current, and find the decay that the refractory time leaves.

        The results, current less voltage among them, belong to stage 3.
        """
        formats, at = self._formats, self._fields.at
        one_left = state.refractory == 1
        ratio = Mux(one_left, at(1, "second_ratio"), at(1, "first_ratio"))
        scaled = Signal(2 * FRACTION_BITS)
        offset = Signal(signed(formats.offset_bits))
        current = [Signal(signed(formats.current_bits), name=f"current_{k}") for k in (1, 2)]
        voltage = [Signal(signed(formats.voltage_bits), name=f"voltage_{k}") for k in (1, 2)]
        refractory = [Signal(formats.refractory_bits, name=f"refractory_{k}") for k in (1, 2)]
        limits = formats.current
        m.d.sync += [
            scaled.eq(overshoot * ratio),
            offset.eq(Mux(one_left, at(1, "second_offset"), at(1, "first_offset"))),
            current[0].eq(saturate(total, limits.low, limits.high)),
            voltage[0].eq(state.voltage),
            refractory[0].eq(state.refractory),
        ]
        remaining = round_shift(scaled, formats.ratio_frac) - offset
        full = at(2, "decay")
        partial = Mux(remaining < 0, 0, Mux(remaining > full, full, remaining))
        decay = Signal(FRACTION_BITS)
        difference = Signal(signed(formats.current_bits + 1))
        m.d.sync += [
            decay.eq(0),
            difference.eq(current[0] - voltage[0]),
            current[1].eq(current[0]),
            voltage[1].eq(voltage[0]),
            refractory[1].eq(refractory[0]),
        ]
        with m.If(refractory[0] == 0):
            m.d.sync += decay.eq(full)
        with m.Elif(refractory[0] <= 2):
            m.d.sync += decay.eq(partial)
        return voltage[1], refractory[1], current[1], difference, decay

    def _integrate(self, m, voltage, difference, decay):
        """Move the voltage towards the current; the result belongs to stage 5."""
        formats = self._formats
        bits = formats.current_bits + 1
        step = Signal(signed(bits + FRACTION_BITS))
        before = Signal(voltage.shape())
        moved = Signal(signed(bits))
        m.d.sync += [
            step.eq(difference * decay),
            before.eq(voltage),
            moved.eq(before + round_shift(step, formats.decay_frac)),
        ]
        return moved

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
