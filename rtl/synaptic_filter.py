"""Synapses: the filtered state of each slot, and what it adds to its neuron."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.pipeline import filter_latency, written_stage
from nef2hw.program.words import index_bits
from nef2hw.rtl.filter_step import FilterStep
from nef2hw.rtl.layouts import filter_layout, row_of, update_layout
from nef2hw.rtl.memory import HostPort, StateMemory
from nef2hw.rtl.pipeline import Carrier, PassFields, follow, travel, travelling


class SynapticFilter(wiring.Component):
    """Decay the states of a row of slots, add what was delivered, and scale them for the sum.

    The row is named at ``fetch`` one cycle before its drive arrives at ``i``;
    the result leaves at ``o`` some cycles later, ``filter_latency(config)``, with one
    rounding bit below its last bit. The rows of a pass may follow those of the one before at once.

    Members
    -------
    parameters : ``In``, the UPDATE instruction of the pass that enters, as of `PassFields`
    clear : ``In(1)``, write zeros for state; the exponents stay
    fetch : ``In(index)``, the row whose drive comes next
    partner : ``In(index)``, in coupled cores: the row whose state it takes from, with ``fetch``
    i : ``In``, ``valid``, ``opens``, ``final``, ``neuron``, ``slot``, ``drive``
    o : ``Out``, ``valid``, ``opens``, ``final``, ``neuron``, ``addend``
    next : ``Out``, ``valid``, ``opens``, ``final``, ``neuron`` that ``o`` will have two cycles
        later
    busy : ``Out(1)``
    filter : ``In(HostPort)``
    """

    def __init__(self, config: CoreConfig, init: Sequence[int] = ()) -> None:
        self._config = config
        self._init = init
        super().__init__(
            {
                "parameters": In(update_layout(config)),
                "clear": In(1),
                "fetch": In(index_bits(config.slot_rows)),
                **({"partner": In(index_bits(config.slot_rows))} if config.coupled else {}),
                "i": In(driven(config)),
                "o": Out(filtered(config)),
                "next": Out(travelling(config)),
                "busy": Out(1),
                "filter": In(HostPort(config.memories[MemoryId.FILTER])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        config = self._config
        shape = config.memories[MemoryId.FILTER]
        m.submodules.slots = slots = StateMemory(shape, self._init, paired=config.coupled)
        connect(m, flipped(self.filter), slots.host)
        layout = row_of(filter_layout(config), config)
        old, new = Signal(layout), Signal(layout)
        drive = Signal.like(self.i.drive)
        m.d.comb += slots.read_address.eq(self.fetch)
        with m.If(self.i.valid):
            m.d.sync += [old.as_value().eq(slots.read_data), drive.eq(self.i.drive)]
        stages = self._travel(m)
        partner = self._fetch_partner(m, slots, layout) if config.coupled else None
        opens, valids = ([getattr(s, name) for s in stages] for name in ("opens", "valid"))
        m.submodules.fields = fields = PassFields(self.parameters, opens, config.neuron_interval)
        step = FilterStep(config, fields, Carrier(config.neuron_interval, valids))
        for lane in range(config.neuron_lanes):
            coupled = None if partner is None else partner[lane].state
            after = step.advance(m, old[lane], drive[lane], coupled)
            m.d.comb += [
                new[lane].state.eq(Mux(self.clear, 0, after.state)),
                new[lane].shift.eq(after.shift),
                self.o.addend[lane].eq(after.addend),
            ]
        written = stages[written_stage(config)]
        m.d.comb += [
            slots.write.eq(written.valid),
            slots.write_address.eq(written.slot),
            slots.write_data.eq(new),
        ]
        return m

    def _travel(self, m):
        """Carry what names a row through the pipeline."""
        row = wiring.Signature(
            {**travelling(self._config).members, "slot": Out(index_bits(self._config.slot_rows))}
        )
        config = self._config
        stages = travel(m, self.i, row, filter_latency(config) + 1, config.neuron_interval)
        m.d.comb += follow(self.next, stages[-3])
        m.d.comb += follow(self.o, stages[-1])
        m.d.comb += self.busy.eq(Cat(stage.valid for stage in stages).any())
        return stages

    def _fetch_partner(self, m, slots, layout):
        """Return the row of the partners; it belongs to stage 1."""
        partner = Signal(layout)
        m.d.comb += slots.pair_address.eq(self.partner)
        m.d.sync += partner.as_value().eq(slots.pair_data)
        return partner


def driven(config: CoreConfig) -> wiring.Signature:
    """Signature of a row of slots and what was delivered to it."""
    drive = signed(config.formats.accumulator_bits)
    return wiring.Signature(
        {
            **travelling(config).members,
            "slot": Out(index_bits(config.slot_rows)),
            "drive": Out(row_of(drive, config)),
        }
    )


def filtered(config: CoreConfig) -> wiring.Signature:
    """Signature of the slots' parts of their neurons' sums, with one rounding bit."""
    addend = signed(config.formats.sum_bits + 1)
    return wiring.Signature({**travelling(config).members, "addend": Out(row_of(addend, config))})
