"""The membrane: one integrate-and-fire step per neuron."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import index_bits
from nef2hw.rtl.divider import Divider
from nef2hw.rtl.fixed_point import round_shift, saturate
from nef2hw.rtl.layouts import membrane_layout, update_layout
from nef2hw.rtl.memory import HostPort, StateMemory
from nef2hw.rtl.neuron_modes import NeuronModes
from nef2hw.rtl.pipeline import delayed


class Membrane(wiring.Component):
    """Advance one neuron by one step from its summed current.

    The neuron's state is fetched by ``fetch`` one cycle before its sum arrives
    at ``i``; its spike, if any, leaves at ``o`` six cycles later, in order.
    ``parameters`` must not change while anything is on its way (``busy``, the
    divider aside). The overshoot fraction is written when the division ends.

    Members
    -------
    parameters : ``In``, the UPDATE instruction in force
    clear : ``In(1)``, write zeros for state and fire nothing
    tick : ``In(1)``, high in the cycles in which a sum may arrive at ``i``
    fetch : ``In(index)``, the neuron whose sum comes next
    i : ``In``, ``valid``, ``final`` (the last of its population), ``neuron``, ``total``
    o : ``Out``, ``valid``, ``final``, ``spike``, and ``count`` in cores that count
    busy, dividing : ``Out(1)``
    membrane, overshoot : ``In(HostPort)``
    """

    #: Cycles from ``i`` to ``o``.
    LATENCY = 6

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        shapes = config.memories
        super().__init__(
            {
                "parameters": In(update_layout(config)),
                "clear": In(1),
                "tick": In(1),
                "fetch": In(index_bits(config.neurons)),
                "i": In(summed(config)),
                "o": Out(fired(config)),
                "busy": Out(1),
                "dividing": Out(1),
                "membrane": In(HostPort(shapes[MemoryId.MEMBRANE])),
                "overshoot": In(HostPort(shapes[MemoryId.OVERSHOOT])),
            }
        )
        self._modes = NeuronModes(config, self.parameters)

    def elaborate(self, platform):
        m = Module()
        config, formats = self._config, self._config.formats
        shapes = config.memories
        m.submodules.states = states = StateMemory(shapes[MemoryId.MEMBRANE])
        m.submodules.overshoots = overshoots = StateMemory(shapes[MemoryId.OVERSHOOT])
        m.submodules.divider = divider = Divider(
            bits=formats.current_bits - 1,
            quotient_bits=FRACTION_BITS,
            frac=formats.decay_frac,
            tag_bits=index_bits(config.spiking_neurons),
            interval=config.neuron_interval,
        )
        connect(m, flipped(self.membrane), states.host)
        connect(m, flipped(self.overshoot), overshoots.host)
        m.d.comb += [states.read_address.eq(self.fetch), overshoots.read_address.eq(self.fetch)]

        stages = self._travel(m)
        voltage, refractory, current, difference, decay = self._constrain(m, states, overshoots)
        self._modes.stop_decay(m, decay)
        moved = self._integrate(m, self._modes.start(voltage, current), difference, decay)
        self._fire(m, stages, states, overshoots, divider, moved, refractory, current)
        return m

    def _travel(self, m):
        """Carry what a sum brings along through the pipeline."""
        stages = [self.i]
        for k in range(1, self.LATENCY):
            stage = summed(self._config).create(path=(f"stage_{k}",))
            m.d.sync += [
                getattr(stage, name).eq(getattr(stages[-1], name))
                for name in ("valid", "final", "neuron")
            ]
            stages.append(stage)
        m.d.comb += self.busy.eq(Cat(stage.valid for stage in stages).any() | self.o.valid)
        return stages

    def _constrain(self, m, states, overshoots):
        """Saturate the current, and find the decay that the refractory time leaves.

        The results, current less voltage among them, belong to stage 3.
        """
        formats, given = self._config.formats, self.parameters
        state = Signal(membrane_layout(self._config))
        overshoot, total = Signal(FRACTION_BITS), Signal.like(self.i.total)
        m.d.sync += [
            state.as_value().eq(states.read_data),
            overshoot.eq(overshoots.read_data),
            total.eq(self.i.total),
        ]
        one_left = state.refractory == 1
        ratio = Mux(one_left, given.second_ratio, given.first_ratio)
        scaled = Signal(2 * FRACTION_BITS)
        offset = Signal(signed(formats.offset_bits))
        current = [Signal(signed(formats.current_bits), name=f"current_{k}") for k in (1, 2)]
        voltage = [Signal(signed(formats.voltage_bits), name=f"voltage_{k}") for k in (1, 2)]
        refractory = [Signal(formats.refractory_bits, name=f"refractory_{k}") for k in (1, 2)]
        limits = formats.current
        m.d.sync += [
            scaled.eq(overshoot * ratio),
            offset.eq(Mux(one_left, given.second_offset, given.first_offset)),
            current[0].eq(saturate(total, limits.low, limits.high)),
            voltage[0].eq(state.voltage),
            refractory[0].eq(state.refractory),
        ]
        remaining = round_shift(scaled, formats.ratio_frac) - offset
        partial = Mux(remaining < 0, 0, Mux(remaining > given.decay, given.decay, remaining))
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
            m.d.sync += decay.eq(given.decay)
        with m.Elif(refractory[0] <= 2):
            m.d.sync += decay.eq(partial)
        return voltage[1], refractory[1], current[1], difference, decay

    def _integrate(self, m, voltage, difference, decay):
        """Move the voltage towards the current; the result belongs to stage 5."""
        formats = self._config.formats
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

    def _fire(self, m, stages, states, overshoots, divider, moved, refractory, current):
        """Compare with the threshold, write the state, send the results (stage 5)."""
        formats, given, modes = self._config.formats, self.parameters, self._modes
        refractory = delayed(m, refractory, 2, "refractory_at_spike")
        current = delayed(m, current, 2, "current_at_spike")
        one = 1 << formats.voltage_frac
        arriving = stages[-1]
        spike = modes.fires(moved) & ~self.clear
        after = Signal(membrane_layout(self._config))
        m.d.comb += [
            after.voltage.eq(Mux(moved < given.min_voltage, given.min_voltage, moved)),
            after.refractory.eq(Mux(refractory == 0, 0, refractory - 1)),
        ]
        with m.If(spike):
            m.d.comb += [
                after.voltage.eq(modes.left(moved)),
                after.refractory.eq(given.hold_steps),
            ]
        modes.keep_rest(m, moved, after.voltage)
        with m.If(self.clear):
            m.d.comb += after.eq(0)
        m.d.comb += [
            states.write.eq(arriving.valid),
            states.write_address.eq(arriving.neuron),
            states.write_data.eq(after),
            divider.tick.eq(delayed(m, self.tick, self.LATENCY - 1, "tick_at_spike")),
            divider.i.valid.eq(arriving.valid & (modes.divides(spike) | self.clear)),
            divider.i.tag.eq(arriving.neuron),
            divider.i.excess.eq(Mux(self.clear, 0, moved - one)),
            divider.i.drive.eq(Mux(self.clear, 1, current - one)),
            overshoots.write.eq(divider.o.valid),
            overshoots.write_address.eq(divider.o.tag),
            overshoots.write_data.eq(divider.o.quotient),
            self.dividing.eq(divider.busy),
        ]
        m.d.sync += [
            self.o.valid.eq(arriving.valid & ~self.clear),
            self.o.final.eq(arriving.final),
            self.o.spike.eq(spike),
        ]
        if self._config.counting:
            m.d.sync += self.o.count.eq(modes.count(moved))


def summed(config: CoreConfig) -> wiring.Signature:
    """Signature of a neuron's summed current."""
    return wiring.Signature(
        {
            "valid": Out(1),
            "final": Out(1),
            "neuron": Out(index_bits(config.neurons)),
            "total": Out(signed(config.formats.sum_bits)),
        }
    )


def fired(config: CoreConfig) -> wiring.Signature:
    """Signature of a neuron's result; ``count`` says how many spikes it is, in cores that count."""
    return wiring.Signature(
        {
            "valid": Out(1),
            "final": Out(1),
            "spike": Out(1),
            **({"count": Out(config.formats.count_bits)} if config.counting else {}),
        }
    )
