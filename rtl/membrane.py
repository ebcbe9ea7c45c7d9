"""The membrane: one integrate-and-fire step per neuron."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import index_bits
from nef2hw.rtl.divider import Divider
from nef2hw.rtl.layouts import membrane_layout, update_layout
from nef2hw.rtl.membrane_step import MembraneStep
from nef2hw.rtl.memory import HostPort, StateMemory
from nef2hw.rtl.pipeline import PassFields, delayed, travel, travelling


class Membrane(wiring.Component):
    """Advance one neuron by one step from its summed current.

    The neuron's state is fetched by ``fetch`` one cycle before its sum arrives
    at ``i``; its spike, if any, leaves at ``o`` six cycles later, in order.
    The neurons of a pass may follow those of the one before at once. The
    overshoot fraction is written when the division ends.

    Members
    -------
    parameters : ``In``, the UPDATE instruction of the pass that enters, as of `PassFields`
    clear : ``In(1)``, write zeros for state and fire nothing
    tick : ``In(1)``, high in the cycles in which a sum may arrive at ``i``
    fetch : ``In(index)``, the neuron whose sum comes next
    i : ``In``, ``valid``, ``opens``, ``final``, ``neuron``, ``total``
    o : ``Out``, ``valid``, ``final``, ``spike``, and ``count`` in cores that count
    opening : ``Out(1)``, ``o`` will be the first of a pass in the next cycle
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
                "opening": Out(1),
                "busy": Out(1),
                "dividing": Out(1),
                "membrane": In(HostPort(shapes[MemoryId.MEMBRANE])),
                "overshoot": In(HostPort(shapes[MemoryId.OVERSHOOT])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        shapes = self._config.memories
        m.submodules.states = states = StateMemory(shapes[MemoryId.MEMBRANE])
        m.submodules.overshoots = overshoots = StateMemory(shapes[MemoryId.OVERSHOOT])
        connect(m, flipped(self.membrane), states.host)
        connect(m, flipped(self.overshoot), overshoots.host)
        stages = travel(m, self.i, travelling(self._config), self.LATENCY)
        opens = [stage.opens for stage in stages]
        m.submodules.fields = fields = PassFields(self.parameters, opens)
        state = Signal(membrane_layout(self._config))
        overshoot, total = Signal(FRACTION_BITS), Signal.like(self.i.total)
        m.d.comb += [states.read_address.eq(self.fetch), overshoots.read_address.eq(self.fetch)]
        m.d.sync += [
            state.as_value().eq(states.read_data),
            overshoot.eq(overshoots.read_data),
            total.eq(self.i.total),
        ]
        stepped = MembraneStep(self._config, fields).advance(m, state, overshoot, total)
        self._send(m, stages, states, stepped)
        self._divide(m, stages[-1], overshoots, stepped)
        return m

    def _send(self, m, stages, states, stepped):
        """Write the state and send the result."""
        arriving = stages[-1]
        m.d.comb += [
            states.write.eq(arriving.valid),
            states.write_address.eq(arriving.neuron),
            states.write_data.eq(Mux(self.clear, 0, stepped.after)),
            self.opening.eq(arriving.opens),
            self.busy.eq(Cat(stage.valid for stage in stages).any() | self.o.valid),
        ]
        m.d.sync += [
            self.o.valid.eq(arriving.valid & ~self.clear),
            self.o.final.eq(arriving.final),
            self.o.spike.eq(stepped.spike),
        ]
        if self._config.counting:
            m.d.sync += self.o.count.eq(stepped.count)

    def _divide(self, m, arriving, overshoots, stepped):
        """Find the overshoot fraction of a spike; zero where all is cleared."""
        config, formats = self._config, self._config.formats
        m.submodules.divider = divider = Divider(
            bits=formats.current_bits - 1,
            quotient_bits=FRACTION_BITS,
            frac=formats.decay_frac,
            tag_bits=index_bits(config.spiking_neurons),
            interval=config.neuron_interval,
        )
        m.d.comb += [
            divider.tick.eq(delayed(m, self.tick, self.LATENCY - 1, "tick_at_spike")),
            divider.i.valid.eq(arriving.valid & (stepped.divides | self.clear)),
            divider.i.tag.eq(arriving.neuron),
            divider.i.excess.eq(Mux(self.clear, 0, stepped.excess)),
            divider.i.drive.eq(Mux(self.clear, 1, stepped.drive)),
            overshoots.write.eq(divider.o.valid),
            overshoots.write_address.eq(divider.o.tag),
            overshoots.write_data.eq(divider.o.quotient),
            self.dividing.eq(divider.busy),
        ]


def summed(config: CoreConfig) -> wiring.Signature:
    """Signature of a neuron's summed current."""
    return wiring.Signature(
        {**travelling(config).members, "total": Out(signed(config.formats.sum_bits))}
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
