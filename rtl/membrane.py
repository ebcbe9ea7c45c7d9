"""The membranes: one integrate-and-fire step for each neuron of a row."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.pipeline import FIRING
from nef2hw.program.words import index_bits
from nef2hw.rtl.divider import Divider
from nef2hw.rtl.layouts import membrane_layout, row_of, update_layout
from nef2hw.rtl.membrane_step import MembraneStep
from nef2hw.rtl.memory import HostPort, StateMemory
from nef2hw.rtl.pipeline import Carrier, PassFields, travel, travelling


class Membrane(wiring.Component):
    """Advance a row of neurons by one step from their summed currents.

    The row's state is fetched by ``early`` two cycles before its sums arrive at
    ``i``, its overshoots, and in compact cores its state too, by ``fetch`` one cycle
    before; its spikes leave at ``o``
    six cycles later, in order, and its state is written then. The rows of a pass
    may follow those of the one before at once. The overshoot fractions are written
    when the divisions end.

    Members
    -------
    parameters : ``In``, the UPDATE instruction of the pass that enters, as of `PassFields`
    clear : ``In(1)``, write zeros for state and fire nothing
    tick : ``In(1)``, high in the cycles in which spikes may be at ``o``
    early : ``In(index)``, the row whose sums come in two cycles
    fetch : ``In(index)``, the row whose sums come next
    opens : ``In(1)``, it is the first of its pass
    i : ``In``, ``valid``, ``opens``, ``final``, ``neuron``, ``total``
    o : ``Out``, ``valid``, ``final``, ``spike``, and ``count`` in cores that count
    opening : ``Out(1)``, ``o`` will be the first of a pass in the next cycle
    busy : ``Out(1)``, rows are on their way to ``o``
    dividing : ``Out(1)``
    membrane, overshoot : ``In(HostPort)``
    """

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        shapes = config.memories
        super().__init__(
            {
                "parameters": In(update_layout(config)),
                "clear": In(1),
                "tick": In(1),
                "early": In(index_bits(config.neuron_rows)),
                "fetch": In(index_bits(config.neuron_rows)),
                "opens": In(1),
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
        interval = self._config.neuron_interval
        stages = travel(m, self.i, travelling(self._config), FIRING, interval)
        opens, valids = ([getattr(s, name) for s in stages] for name in ("opens", "valid"))
        m.submodules.fields = fields = PassFields(self.parameters, opens, interval)
        m.submodules.fetching = fetching = PassFields(self.parameters, [self.opens], interval)
        state = Signal(row_of(membrane_layout(self._config), self._config), reset_less=True)
        overshoot = Signal(row_of(FRACTION_BITS, self._config), reset_less=True)
        ratio = Signal.like(overshoot)
        total = Signal.like(self.i.total, reset_less=True)
        fetched = Signal.like(state)
        m.d.comb += overshoots.read_address.eq(self.fetch)
        if self._config.compact:
            m.d.comb += states.read_address.eq(self.fetch)
            m.d.comb += fetched.as_value().eq(states.read_data)
        else:
            m.d.comb += states.read_address.eq(self.early)
            m.d.sync += fetched.as_value().eq(states.read_data)
        with m.If(self.i.valid):
            m.d.sync += [
                state.eq(fetched),
                overshoot.as_value().eq(overshoots.read_data),
                total.eq(self.i.total),
            ]
            # Chosen before the product: multipliers lie far from everything.
            for lane in range(self._config.neuron_lanes):
                first, second = (fetching.at(1, f"{name}_ratio") for name in ("first", "second"))
                m.d.sync += ratio[lane].eq(Mux(fetched[lane].refractory == 1, second, first))
        step = MembraneStep(self._config, fields, Carrier(interval, valids))
        stepped = [
            step.advance(m, state[lane], overshoot[lane], ratio[lane], total[lane])
            for lane in range(self._config.neuron_lanes)
        ]
        self._send(m, stages, states, stepped)
        self._divide(m, stages[-1], overshoots, stepped)
        return m

    def _send(self, m, stages, states, stepped):
        """Write the states and send the results."""
        arriving = stages[-1]
        m.d.sync += [
            states.write.eq(arriving.valid),
            states.write_address.eq(arriving.neuron),
            states.write_data.eq(Mux(self.clear, 0, Cat(lane.after for lane in stepped))),
        ]
        m.d.comb += [
            self.opening.eq(arriving.opens),
            self.busy.eq(Cat(stage.valid for stage in stages).any()),
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
        dividers = [self._divider() for _ in stepped]
        for k, (lane, divider) in enumerate(zip(stepped, dividers, strict=True)):
            m.submodules[f"divider_{k}"] = divider
            m.d.comb += divider.tick.eq(self.tick)
            m.d.sync += [
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
