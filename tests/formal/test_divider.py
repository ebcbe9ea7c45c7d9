"""The divider equals integer division for all operands, whatever else is on its way."""

import pytest
from amaranth.hdl import Assert, Assume, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from nef2hw.rtl import divider
from tests.formal.prover import model_of
from tests.sim.mutation import mutate

pytest.importorskip("bitwuzla")

TAG_BITS = 2


class DividerProof(wiring.Component):
    """An operand enters in the first cycle; its quotient leaves when it must.

    What the divider holds in the first cycle, and what enters later, may be anything, so this
    is said of the operands of every cycle.
    """

    def __init__(self, bits, quotient_bits, frac, interval):
        self.dut = divider.Divider(
            bits=bits, quotient_bits=quotient_bits, frac=frac, tag_bits=TAG_BITS, interval=interval
        )
        self.latency, self.frac, self.interval = quotient_bits + 1, frac, interval
        self.top = (1 << quotient_bits) - 1
        super().__init__(
            {"valid": In(1), "excess": In(bits), "drive": In(bits), "tag": In(TAG_BITS)}
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        time = Signal(range(self.latency + 2))
        first = time == 0
        m.d.sync += time.eq(Mux(time == self.latency + 1, time, time + 1))
        m.d.comb += [
            dut.tick.eq(time % self.interval == 0),
            dut.i.valid.eq(self.valid),
            dut.i.excess.eq(self.excess),
            dut.i.drive.eq(self.drive),
            dut.i.tag.eq(self.tag),
        ]
        operand = {}
        for name in ("excess", "drive", "tag"):
            given = getattr(self, name)
            operand[name] = Signal.like(given, name=f"first_{name}")
            with m.If(first):
                m.d.sync += operand[name].eq(given)
        m.d.comb += Assume(~first | self.valid)
        scaled = operand["excess"] << self.frac
        whole = scaled // operand["drive"]
        quotient = Mux((operand["drive"] == 0) | (whole > self.top), self.top, whole)
        right = dut.o.valid & (dut.o.tag == operand["tag"]) & (dut.o.quotient == quotient)
        m.d.comb += Assert((time != self.latency) | right)
        # Nothing leaves between the ticks.
        between = (time != 0) & ((time - 1) % self.interval != 0)
        m.d.comb += Assert(~between | ~dut.o.valid)
        return m


def is_right(*shape):
    proof = DividerProof(*shape)
    return model_of(proof, any_start=True).holds_for(proof.latency + 1)


@pytest.mark.parametrize(("interval", "frac"), [(1, 6), (2, 4), (4, 6)])
def test_the_divider_equals_integer_division(interval, frac):
    assert is_right(6, 4, frac, interval)


@pytest.mark.formal
@pytest.mark.parametrize("interval", [1, 8])
def test_a_wider_divider_equals_integer_division(interval):
    assert is_right(9, 8, 9, interval)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("scaled >= self.i.drive", "scaled > self.i.drive + 1"),
        ("Cat(subtract, inverse)", "Cat(~subtract, inverse)"),
        ("self.tick & valids[-1]", "valids[-1]"),
        ("negative = stage.remainder[-1]", "negative = Const(0, 1)"),
    ],
)
def test_a_broken_divider_is_found_out(right, wrong, monkeypatch):
    mutate(monkeypatch, "divider", right, wrong)
    assert not is_right(5, 4, 5, 2)
