"""No sum wraps, whatever comes: the width that the compiler chooses is enough, and no more."""

import pytest
from amaranth.hdl import Assert, Assume, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from nef2hw.rtl import lane_sums
from nef2hw.rtl.layouts import Base
from tests.formal.prover import model_of
from tests.program.cores import FORMATS, core
from tests.sim.mutation import mutate

pytest.importorskip("bitwuzla")

WEIGHT_BITS, SOURCES, PLANES = 3, 3, 2


class SumsProof(wiring.Component):
    """A lane's adder beside a sum that is too wide to wrap.

    The weights may be anything whose bound, as of ``nef2hw.compiler.formats``, needs no more
    than ``bits``: the sum over the sources of the weight's magnitude times the largest code.
    Spiking sources may come in any order, each ``spikes`` times at most, before the sum is taken.
    Those of values come plane by plane, each once at most in a plane, added or subtracted by a
    sign that stays.
    """

    def __init__(self, bits, spikes=0, memory="distributed"):
        formats = {"weight_bits": WEIGHT_BITS, "accumulator_bits": bits}
        sized = core(
            formats=FORMATS.__class__(**{**vars(FORMATS), **formats}),
            lanes=1,
            accumulator_words=1,
            sum_memory=memory,
        )
        self.dut = lane_sums.LaneSums(sized, 1)
        self.bits, self.spikes = bits, spikes
        top = spikes or (1 << PLANES) - 1
        self.top = top
        super().__init__(
            {
                "weights": In(SOURCES * WEIGHT_BITS),
                "signs": In(SOURCES),
                "source": In(range(SOURCES)),
                "comes": In(1),
                "ends": In(1),  #: the sum is taken, or a plane is over
            }
        )

    def elaborate(self, _platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        weights, signs = self._constants(m)
        weight = Signal(signed(WEIGHT_BITS))
        wide, adding = Signal(signed(self.bits + 8)), Signal()
        begun = Signal()
        m.d.sync += begun.eq(1)
        for k in range(SOURCES):
            with m.If(self.source == k):
                m.d.comb += weight.eq(weights[k])
        room, most = range(self.top + 2), self.spikes or 1
        left = [Signal(room, init=most, name=f"left_{k}") for k in range(SOURCES)]
        now = (self.source < SOURCES) & self.comes & ~self.ends
        for k in range(SOURCES):
            m.d.comb += Assume(~(now & (self.source == k)) | (left[k] != 0))
            with m.If(now & (self.source == k)):
                m.d.sync += left[k].eq(left[k] - 1)
            with m.If(self.ends):
                m.d.sync += left[k].eq(most)
        subtract = Signal()
        if not self.spikes:
            m.d.comb += subtract.eq(signs.bit_select(self.source, 1) & now)
        begins = self._base(m)
        later = Signal.like(weight)
        # As the memory of the weights gives it.
        given = weight ^ subtract.replicate(WEIGHT_BITS).as_signed()
        m.d.sync += later.eq(Mux(now, given, 0))
        m.d.comb += [
            dut.next.valid.eq(now | self.ends),
            dut.next.base.eq(begins),
            dut.next.subtract.eq(subtract),
            dut.addends.eq(later),
        ]
        base = Mux(begins == Base.ZERO, 0, Mux(begins == Base.DOUBLE, wide << 1, wide))
        delta = Mux(now, Mux(subtract, -weight, weight), 0)
        m.d.sync += [
            adding.eq(dut.next.valid),
            wide.eq(Mux(dut.next.valid, base + delta, wide)),
        ]
        before = Signal(signed(self.bits + 8))
        m.d.sync += before.eq(wide)
        m.d.comb += Assert(~adding | (dut.before.as_signed() == before))
        return m

    def _constants(self, m):
        """The weights and signs, the same in all cycles, and bounded."""
        held, again = Signal(len(self.weights) + SOURCES), Signal()
        given = self.weights | (self.signs << len(self.weights))
        m.d.sync += [held.eq(given), again.eq(1)]
        m.d.comb += Assume(~again | (given == held))
        weights = [
            self.weights[k * WEIGHT_BITS :][:WEIGHT_BITS].as_signed() for k in range(SOURCES)
        ]
        bound = sum(Mux(w < 0, -w, w)[:WEIGHT_BITS] for w in weights) * self.top
        m.d.comb += Assume(bound < (1 << (self.bits - 1)))
        return weights, self.signs

    def _base(self, m):
        """Zero when a sum is taken; twice the sum where a plane ends."""
        if self.spikes:
            return Mux(self.ends, Base.ZERO, Base.SUM)
        plane = Signal(range(PLANES))
        with m.If(self.ends):
            m.d.sync += plane.eq(Mux(plane == PLANES - 1, 0, plane + 1))
        last = plane == PLANES - 1
        return Mux(self.ends, Mux(last, Base.ZERO, Base.DOUBLE), Base.SUM)


CASES = [(4, 1), (6, 0), *(pytest.param(*c, marks=pytest.mark.formal) for c in [(5, 2), (5, 0)])]


@pytest.mark.parametrize(("bits", "spikes"), CASES)
def test_no_sum_wraps(bits, spikes):
    model = model_of(SumsProof(bits, spikes))
    assert model.holds_for(12)


@pytest.mark.parametrize(("bits", "spikes"), CASES)
def test_a_bit_less_would_not_be_enough(bits, spikes):
    proof = SumsProof(bits, spikes)
    proof.bits += 1
    assert not model_of(proof).holds_for(12)


def test_a_broken_adder_is_found_out(monkeypatch):
    mutate(monkeypatch, "lane_sums", "carry = operation.subtract", "carry = Cat(0)")
    assert not model_of(SumsProof(5, 0)).holds_for(12)
