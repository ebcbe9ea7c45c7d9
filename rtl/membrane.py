"""The membranes: one integrate-and-fire step for each neuron of a row."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import index_bits
from nef2hw.rtl.divider import Divider
from nef2hw.rtl.layouts import membrane_layout, row_of, update_layout
from nef2hw.rtl.membrane_step import MembraneStep
from nef2hw.rtl.memory import HostPort, StateMemory
from nef2hw.rtl.pipeline import PassFields, delayed, travel, travelling


class Membrane(wiring.Component):
    """Advance a row of neurons by one step from their summed currents.

    The row's state is fetched by ``fetch`` one cycle before its sums arrive
    at ``i``; its spikes leave at ``o`` six cycles later, in order. The rows of
    a pass may follow those of the one before at once. The overshoot fractions
    are written when the divisions end.

    Members
    -------
    parameters : ``In``, the UPDATE instruction of the pass that enters, as of `PassFields`
    clear : ``In(1)``, write zeros for state and fire nothing
    tick : ``In(1)``, high in the cycles in which a sum may arrive at ``i``
    fetch : ``In(index)``, the row whose sums come next
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
                "fetch": In(index_bits(config.neuron_rows)),
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
        m.submodules.overshoots = overshoots = StateMemory(
            shapes[MemoryId.OVERSHOOT], parts=self._config.neuron_lanes
        )
        connect(m, flipped(self.membrane), states.host)
        connect(m, flipped(self.overshoot), overshoots.host)
        stages = travel(m, self.i, travelling(self._config), self.LATENCY)
        opens = [stage.opens for stage in stages]
        m.submodules.fields = fields = PassFields(self.parameters, opens)
        state = Signal(row_of(membrane_layout(self._config), self._config))
        overshoot = Signal(row_of(FRACTION_BITS, self._config))
        total = Signal.like(self.i.total)
        m.d.comb += [states.read_address.eq(self.fetch), overshoots.read_address.eq(self.fetch)]
        m.d.sync += [
            state.as_value().eq(states.read_data),
            overshoot.as_value().eq(overshoots.read_data),
            total.eq(self.i.total),
        ]
        step = MembraneStep(self._config, fields)
        stepped = [
            step.advance(m, state[lane], overshoot[lane], total[lane])
            for lane in range(self._config.neuron_lanes)
        ]
        self._send(m, stages, states, stepped)
        self._divide(m, stages[-1], overshoots, stepped)
        return m

    def _send(self, m, stages, states, stepped):
        """Write the states and send the results."""
        arriving = stages[-1]
        m.d.comb += [
            states.write.eq(arriving.valid),
            states.write_address.eq(arriving.neuron),
            states.write_data.eq(Mux(self.clear, 0, Cat(lane.after for lane in stepped))),
            self.opening.eq(arriving.opens),
            self.busy.eq(Cat(stage.valid for stage in stages).any() | self.o.valid),
        ]
        m.d.sync += [
            self.o.valid.eq(arriving.valid & ~self.clear),
            self.o.final.eq(arriving.final),
            self.o.spike.eq(Cat(lane.spike for lane in stepped)),
        ]
        if self._config.counting:
            m.d.sync += [self.o.count[k].eq(lane.count) for k, lane in enumerate(stepped)]

    def _divide(self, m, arriving, overshoots, stepped):
        """Find the overshoot fractions of spikes; zero where all is cleared."""
        tick = delayed(m, self.tick, self.LATENCY - 1, "tick_at_spike")
        dividers = [self._divider() for _ in stepped]
        for k, (lane, divider) in enumerate(zip(stepped, dividers, strict=True)):
            m.submodules[f"divider_{k}"] = divider
            m.d.comb += [
                divider.tick.eq(tick),
                divider.i.valid.eq(arriving.valid & (lane.divides | self.clear)),
                divider.i.tag.eq(arriving.neuron),
                divider.i.excess.eq(Mux(self.clear, 0, lane.excess)),
                divider.i.drive.eq(Mux(self.clear, 1, lane.drive)),
            ]
        # All keep the same time: those with a result have it for the same row.
        row = dividers[0].o.tag
        m.d.comb += [
            overshoots.write.eq(Cat(divider.o.valid for divider in dividers)),
            overshoots.write_address.eq(row),
            overshoots.write_data.eq(Cat(divider.o.quotient for divider in dividers)),
            self.dividing.eq(Cat(divider.busy for divider in dividers).any()),
        ]

    def _divider(self):
        config, formats = self._config, self._config.formats
        return Divider(
            bits=formats.current_bits - 1,
            quotient_bits=FRACTION_BITS,
            frac=formats.decay_frac,
            tag_bits=index_bits(config.spiking_rows),
            interval=config.neuron_interval,
        )


def summed(config: CoreConfig) -> wiring.Signature:
    """Signature of a row's summed currents."""
    total = signed(config.formats.sum_bits)
    return wiring.Signature({**travelling(config).members, "total": Out(row_of(total, config))})


def fired(config: CoreConfig) -> wiring.Signature:
    """Signature of a row's spikes; in cores that count, ``count`` says how many each is."""
    count = row_of(config.formats.count_bits, config)
    return wiring.Signature(
        {
            "valid": Out(1),
            "final": Out(1),
            "spike": Out(config.neuron_lanes),
            **({"count": Out(count)} if config.counting else {}),
        }
    )
