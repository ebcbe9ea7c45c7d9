"""Synapses: the filtered state of each slot, and what it adds to its neuron."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import index_bits
from nef2hw.rtl.fixed_point import round_shift
from nef2hw.rtl.layouts import filter_layout, update_layout
from nef2hw.rtl.memory import HostPort, StateMemory
from nef2hw.rtl.pipeline import PassFields, travel, travelling

#: Bits of the shift that the second of its two stages handles.
FINE_BITS = 3


class SynapticFilter(wiring.Component):
    """Decay one slot's state, add what was delivered, and scale it for the sum.

    The slot is named at ``fetch`` one cycle before its drive arrives at ``i``;
    the result leaves at ``o`` five cycles later with one rounding bit below
    its last bit. The slots of a pass follow those of the one before at once.

    Members
    -------
    parameters : ``In``, the UPDATE instruction of the pass that enters, as of `PassFields`
    clear : ``In(1)``, write zeros for state; the exponents stay
    fetch : ``In(index)``, the slot whose drive comes next
    partner : ``In(index)``, in coupled cores: the slot whose state it takes from, with ``fetch``
    i : ``In``, ``valid``, ``opens``, ``final``, ``neuron``, ``slot``, ``drive``
    o : ``Out``, ``valid``, ``opens``, ``final``, ``neuron``, ``addend``
    next : ``Out``, ``valid``, ``opens``, ``final``, ``neuron`` that ``o`` will have in the next
        cycle
    busy : ``Out(1)``
    filter : ``In(HostPort)``
    """

    LATENCY = 5

    def __init__(self, config: CoreConfig, init: Sequence[int] = ()) -> None:
        self._config = config
        self._init = init
        super().__init__(
            {
                "parameters": In(update_layout(config)),
                "clear": In(1),
                "fetch": In(index_bits(config.slots)),
                **({"partner": In(index_bits(config.slots))} if config.coupled else {}),
                "i": In(driven(config)),
                "o": Out(filtered(config)),
                "next": Out(travelling(config)),
                "busy": Out(1),
                "filter": In(HostPort(config.memories[MemoryId.FILTER])),
            }
        )

    def elaborate(self, platform):
        m = Module()
        shape = self._config.memories[MemoryId.FILTER]
        coupled = self._config.coupled
        m.submodules.slots = slots = StateMemory(shape, self._init, paired=coupled)
        connect(m, flipped(self.filter), slots.host)
        old, new = (Signal(filter_layout(self._config), name=n) for n in ("old", "new"))
        drive = Signal.like(self.i.drive)
        m.d.comb += slots.read_address.eq(self.fetch)
        m.d.sync += [old.as_value().eq(slots.read_data), drive.eq(self.i.drive)]
        line = wiring.Signature(
            {**travelling(self._config).members, "slot": Out(index_bits(self._config.slots))}
        )
        stages = travel(m, self.i, line, self.LATENCY)
        opens = [stage.opens for stage in stages]
        m.submodules.fields = fields = PassFields(self.parameters, opens)
        passed = self._couple(m, slots, fields) if coupled else None
        state = self._decay(m, fields, old.state, drive, passed)
        shift = self._scale(m, state, old.shift)
        m.d.comb += [
            new.state.eq(Mux(self.clear, 0, state)),
            new.shift.eq(shift),
            slots.write.eq(stages[3].valid),
            slots.write_address.eq(stages[3].slot),
            slots.write_data.eq(new),
            self.busy.eq(Cat(stage.valid for stage in stages).any() | self.o.valid),
        ]
        for name in self.next.signature.members:
            m.d.comb += getattr(self.next, name).eq(getattr(stages[-1], name))
            m.d.sync += getattr(self.o, name).eq(getattr(stages[-1], name))
        return m

    def _couple(self, m, slots, fields):
        """Return what the partner's state gives; it belongs to stage 2."""
        formats = self._config.formats
        partner = Signal(filter_layout(self._config))
        passed = Signal(signed(formats.filter_bits + FRACTION_BITS))
        m.d.comb += slots.pair_address.eq(self.partner)
        m.d.sync += [
            partner.as_value().eq(slots.pair_data),
            passed.eq(partner.state * fields.at(1, "coupling")),
        ]
        # A product's complement, rounded, is the rounded product's negative: halves go up after.
        negative = fields.at(2, "negative")
        return round_shift(Mux(negative, ~passed, passed), formats.leak_frac)

    def _decay(self, m, fields, old, drive, passed):
        """Return the new state; it belongs to stage 3. What is not filtered has no leak."""
        formats = self._config.formats
        shape = signed(formats.filter_bits)
        held, leaked, state = Signal(shape), Signal(shape), Signal(shape)
        product = Signal(signed(formats.filter_bits + FRACTION_BITS))
        m.d.comb += leaked.eq(round_shift(product, formats.leak_frac))
        arrived = Mux(fields.at(1, "held"), drive, drive << formats.guard_bits)
        after = held - leaked
        m.d.sync += [
            product.eq(old * fields.at(1, "leak")),
            held.eq(Mux(fields.at(1, "filtered"), old, 0) + arrived),
            state.eq(after if passed is None else after + passed),
        ]
        return state

    def _scale(self, m, state, shift):
        """Shift the state to the binary point of the sum, in two stages.

        Returns the shift of stage 3, for the state to be written back with.
        """
        formats = self._config.formats
        amounts = [Signal(formats.shift_bits, name=f"amount_{k}") for k in range(3)]
        wide = signed(formats.filter_bits + formats.align_bits + 1)
        coarse = Signal(wide)
        aligned = state << (formats.align_bits + 1)
        m.d.sync += [
            amounts[0].eq(shift),
            amounts[1].eq(amounts[0]),
            amounts[2].eq(amounts[1]),
            coarse.eq(aligned >> (amounts[1][FINE_BITS:] << FINE_BITS)),
            self.o.addend.eq(coarse >> amounts[2][:FINE_BITS]),
        ]
        return amounts[1]


def driven(config: CoreConfig) -> wiring.Signature:
    """Signature of a slot and what was delivered to it."""
    return wiring.Signature(
        {
            **travelling(config).members,
            "slot": Out(index_bits(config.slots)),
            "drive": Out(signed(config.formats.accumulator_bits)),
        }
    )


def filtered(config: CoreConfig) -> wiring.Signature:
    """Signature of a slot's part of its neuron's sum, with one rounding bit."""
    return wiring.Signature(
        {
            **travelling(config).members,
            "addend": Out(signed(config.formats.sum_bits + 1)),
        }
    )
