"""A membrane's step equals its specification in integers, for all states, sums and constants.

The specification is that of ``nef2hw.sim.golden.neuron_step``, without any width that could wrap.
"""

from dataclasses import dataclass, replace

import pytest
from amaranth.hdl import Assert, Assume, Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from nef2hw.rtl import membrane_step, pipeline
from nef2hw.rtl.layouts import membrane_layout, update_layout
from tests.formal.prover import model_of
from tests.program.cores import FORMATS, core
from tests.sim.mutation import mutate

pytest.importorskip("bitwuzla")

#: Widths of the proofs; fractions of 16 bits are reduced by assumptions on their upper bits.
SMALL = replace(
    FORMATS,
    sum_bits=8,
    current_bits=6,
    voltage_bits=5,
    voltage_frac=2,
    decay_frac=4,
    ratio_frac=3,
    offset_bits=5,
    refractory_bits=2,
)
FRACTION = 4
LATENCY = 5


@dataclass(frozen=True)
class Modes:
    """What the neurons of a core can do, and which of that those of the proof do."""

    integrating: bool = False
    subtracting: bool = False
    counting: bool = False


class MembraneProof(wiring.Component):
    """A row enters stage 1 in the second cycle; what it leads to is in stage 5 four cycles later.

    Registers of the step begin in any state, and any rows follow.
    """

    def __init__(self, modes, bits=SMALL):
        formats = replace(bits, count_bits=5 if modes.counting else 1)
        self.config = core(
            formats=formats,
            integrating=modes.integrating or modes.counting,
            subtracting=modes.subtracting,
        )
        fields = update_layout(self.config)
        self.members = [k for k, _ in fields]
        super().__init__(
            {
                "fields": In(fields),
                "state": In(membrane_layout(self.config)),
                "overshoot": In(FRACTION),
                "total": In(signed(formats.sum_bits)),
            }
        )

    def elaborate(self, _platform):
        m = Module()
        time = Signal(range(8))
        m.d.sync += time.eq(Mux(time == 7, time, time + 1))
        dut = Step(self.config)
        m.submodules.dut = dut
        m.d.comb += [
            dut.fields.eq(self.fields),
            dut.state.eq(self.state),
            dut.overshoot.eq(self.overshoot),
            dut.total.eq(self.total),
        ]
        constants = Signal(update_layout(self.config))
        m.d.sync += constants.eq(self.fields)
        begun = time != 0
        m.d.comb += [
            Assume(~begun | (self.fields.as_value() == constants.as_value())),
            *(Assume(claim) for claim in self._legal()),
        ]
        given = {}
        for name in ("state", "overshoot", "total"):
            value = getattr(self, name)
            given[name] = Signal(value.shape(), name=f"given_{name}")
            with m.If(time == 0):
                m.d.sync += given[name].eq(value)
        right = self._right(m, dut, given)
        m.d.comb += Assert((time != LATENCY - 1) | right)
        return m

    def _legal(self):
        """What the compiler promises of constants and states."""
        formats, f = self.config.formats, self.fields
        one = 1 << formats.voltage_frac
        yield f.decay <= (1 << formats.decay_frac)
        yield f.first_ratio < (1 << FRACTION)
        yield f.second_ratio < (1 << FRACTION)
        yield f.min_voltage <= 0
        yield self.state.voltage >= f.min_voltage
        if self.config.counting:
            # A core whose neurons count has no others that leak, here.
            yield ~f.tally | (f.integrate & (self.state.voltage >= 0))
            yield ~f.tally | (self.state.voltage < one)
        if self.config.integrating:
            yield ~f.integrate | ((f.hold_steps == 0) & (self.state.refractory == 0))
        if self.config.subtracting:
            yield ~f.subtract | (f.hold_steps == 0)
        else:
            yield (self.state.voltage <= one)

    def _right(self, m, dut, given):
        formats, f = self.config.formats, self.fields
        voltage, refractory = given["state"].voltage, given["state"].refractory
        limits, one = formats.current, 1 << formats.voltage_frac
        wide = signed(40)

        def named(name, value):
            found = Signal(wide, name=name)
            m.d.comb += found.eq(value)
            return found

        total = given["total"]
        current = named("current", Mux(total > limits.high, limits.high, total))
        current = named("limited", Mux(current < limits.low, limits.low, current))
        decay = f.decay
        for left, ratio, offset in (
            (2, f.first_ratio, f.first_offset),
            (1, f.second_ratio, f.second_offset),
        ):
            product = given["overshoot"] * ratio + (1 << (formats.ratio_frac - 1))
            line = named(f"line_{left}", (product >> formats.ratio_frac) - offset)
            line = Mux(line < 0, 0, Mux(line > f.decay, f.decay, line))
            decay = Mux(refractory == left, line, decay)
        decay = named("decayed", Mux(refractory > 2, 0, decay))
        step = (current - voltage) * decay + (1 << (formats.decay_frac - 1))
        moved = named("moved", voltage + (step >> formats.decay_frac))
        if self.config.integrating:
            moved = named("summed", Mux(f.integrate, voltage + current, moved))
        spike = moved > one
        left = Const(0, wide)
        if self.config.subtracting:
            high = formats.voltage.high
            rest = named("rest", moved - one)
            left = named("left", Mux(f.subtract, Mux(rest > high, high, rest), 0))
        after = Mux(spike, left, Mux(moved < f.min_voltage, f.min_voltage, moved))
        count = Const(1)
        if self.config.counting:
            counted = named("counted", voltage + Mux(current < 0, 0, current))
            whole = named("whole", counted >> formats.voltage_frac)
            after = Mux(f.tally, counted - (whole << formats.voltage_frac), after)
            spike = Mux(f.tally, whole != 0, spike)
            count = Mux(f.tally, whole, 1)
        later = Mux(refractory == 0, 0, refractory - 1)
        same = [
            dut.spike == spike,
            dut.voltage == named("after", after),
            dut.refractory == Mux(spike, f.hold_steps, later),
            ~spike | (dut.count == count),
            ~spike | (dut.excess == named("excess", moved - one)),
            ~spike | (dut.drive == named("drive", current - one)),
        ]
        if self.config.counting:
            same[4:] = []
        return Cat(*same).all()


class Step(wiring.Component):
    """The registers of one step, as `nef2hw.rtl.membrane.Membrane` arranges them."""

    def __init__(self, config):
        self.config = config
        formats = config.formats
        super().__init__(
            {
                "fields": In(update_layout(config)),
                "state": In(membrane_layout(config)),
                "overshoot": In(FRACTION),
                "total": In(signed(formats.sum_bits)),
            }
        )
        self.spike, self.count = Signal(name="spike"), Signal(formats.count_bits, name="count")
        self.voltage = Signal(signed(formats.voltage_bits), name="voltage")
        self.refractory = Signal(formats.refractory_bits, name="refractory")
        self.excess, self.drive = (
            Signal(signed(40), name="excess"),
            Signal(signed(40), name="drive"),
        )

    def elaborate(self, _platform):
        m = Module()
        fields = AlwaysThere(self.fields)
        carrier = pipeline.Carrier(1, [Const(1)] * 8)
        step = membrane_step.MembraneStep(self.config, fields, carrier)
        ratio = Mux(self.state.refractory == 1, self.fields.second_ratio, self.fields.first_ratio)
        short = Signal(FRACTION)
        m.d.comb += short.eq(ratio)
        found = step.advance(m, self.state, self.overshoot, short, self.total)
        m.d.comb += [
            self.spike.eq(found.spike),
            self.count.eq(found.count),
            self.voltage.eq(found.after.voltage),
            self.refractory.eq(found.after.refractory),
            self.excess.eq(found.excess),
            self.drive.eq(found.drive),
        ]
        return m


class AlwaysThere:
    """Fields of one instruction in all stages."""

    def __init__(self, given):
        self.given = given

    def at(self, _stage, name):
        return getattr(self.given, name)


def is_right(modes, bits=SMALL):
    return model_of(MembraneProof(modes, bits), any_start=True).holds_for(LATENCY)


CORES = [Modes(), Modes(integrating=True), Modes(subtracting=True), Modes(True, True, True)]
#: Widths of the proofs that take minutes.
LARGER = replace(
    SMALL, sum_bits=10, current_bits=8, voltage_bits=6, voltage_frac=3, decay_frac=5, offset_bits=7
)


@pytest.mark.parametrize("modes", [CORES[0], CORES[3]], ids=["leaky", "all"])
def test_a_membranes_step_equals_its_specification(modes):
    model = model_of(MembraneProof(modes), any_start=True)
    assert model.holds_for(LATENCY)
    assert model.happens("(and <spike> (= <time> #b100))", LATENCY)


@pytest.mark.formal
@pytest.mark.parametrize("bits", [SMALL, LARGER], ids=["small", "larger"])
@pytest.mark.parametrize("modes", CORES, ids=["leaky", "integrating", "subtracting", "all"])
def test_it_does_so_in_all_cores_and_at_larger_widths(modes, bits):
    assert is_right(modes, bits)


@pytest.mark.parametrize(
    ("module", "right", "wrong", "modes"),
    [
        (
            "membrane_step",
            "step, self._formats.decay_frac) >= 0",
            "step, self._formats.decay_frac) > 0",
            CORES[0],
        ),
        ("membrane_step", "below_full, remaining, full", "~below_full, remaining, full", CORES[0]),
        ("membrane_step", "refractory - 1)", "refractory)", CORES[0]),
        ("neuron_modes", "rest > high, high, rest", "rest > high, rest, rest", CORES[2]),
        ("neuron_modes", "(current < 0)", "(current < -1)", CORES[3]),
    ],
)
def test_a_broken_step_is_found_out(module, right, wrong, modes, monkeypatch):
    mutate(monkeypatch, module, right, wrong)
    assert not is_right(modes)
