"""The bench runner finds simulators, and a bench says where the first difference is."""

import numpy as np
import pytest
from amaranth import Module, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from nef2hw.errors import ToolError
from nef2hw.sim.benches.cases import payload_fields, save_cases, stream_cases
from nef2hw.sim.benches.runner import available_simulators, choose_simulator, run_bench
from nef2hw.tools import has_tool

PAIR = data.StructLayout({"a": signed(8), "b": unsigned(8)})
TOTAL = data.StructLayout({"less": 1, "sum": signed(10)})

every_simulator = pytest.mark.parametrize(
    "simulator",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(not has_tool(tool), reason=f"{tool} is not installed"),
        )
        for name, tool in (("icarus", "iverilog"), ("verilator", "verilator"))
    ],
)


class Adder(wiring.Component):
    """Adds two numbers and compares them, one pair per cycle."""

    i: In(stream.Signature(PAIR))
    o: Out(stream.Signature(TOTAL))

    def elaborate(self, _platform):
        m = Module()
        m.d.comb += self.i.ready.eq(~self.o.valid | self.o.ready)
        with m.If(self.i.ready):
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                self.o.payload.sum.eq(self.i.payload.a + self.i.payload.b),
                self.o.payload.less.eq(self.i.payload.a < self.i.payload.b),
            ]
        return m


def bench_adder(folder, simulator, stall, break_at=None):
    rng = np.random.default_rng(1)
    a, b = rng.integers(-128, 128, 300), rng.integers(0, 256, 300)
    total = a + b
    if break_at is not None:
        total[break_at] += 1
    given = stream_cases(PAIR, {"a": a, "b": b})
    expected = stream_cases(TOTAL, {"less": a < b, "sum": total})
    cases = folder / "cases.npz"
    save_cases(cases, {"i": given}, {"o": expected}, stall=stall, seed=3)
    settings = {"NEF2HW_BENCH_CASES": str(cases)}
    bench = "nef2hw.sim.benches.dataflow"
    return run_bench(Adder(), bench, folder, settings=settings, simulator=simulator)


@every_simulator
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_a_right_block_passes(simulator, stall, tmp_path):
    report = bench_adder(tmp_path, simulator, stall)
    assert report.failures == ()
    assert report.tests == ("every_word_is_as_expected",)


@every_simulator
def test_the_first_difference_is_named(simulator, tmp_path):
    report = bench_adder(tmp_path, simulator, 0.2, break_at=17)
    assert len(report.failures) == 1
    assert "o, word 17, sum: got" in report.failures[0]
    assert "(i: a=" in report.failures[0]


def test_an_unknown_simulator_is_refused(monkeypatch):
    monkeypatch.setenv("NEF2HW_SIMULATOR", "spice")
    with pytest.raises(ToolError, match=r"NEF2HW_SIMULATOR is 'spice'; say icarus or verilator"):
        choose_simulator()


def test_no_simulator_at_all_says_what_to_install(monkeypatch):
    monkeypatch.delenv("NEF2HW_SIMULATOR", raising=False)
    monkeypatch.setattr("nef2hw.sim.benches.runner.has_tool", lambda name: False)
    with pytest.raises(ToolError, match=r"no Verilog simulator was found; apt install iverilog"):
        choose_simulator()


@pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")
def test_a_bench_that_cannot_start_is_reported(tmp_path):
    with pytest.raises(ToolError, match=r"(?s)the (simulation stopped|bench has no tests)"):
        run_bench(Adder(), "no_such_bench_module", tmp_path)


def test_nested_fields_are_named_with_dots():
    outer = data.StructLayout({"head": 2, "pair": PAIR, "row": data.ArrayLayout(unsigned(3), 2)})
    names = [(field.name, field.offset) for field in payload_fields(outer)]
    assert names == [("head", 0), ("pair.a", 2), ("pair.b", 10), ("row.0", 18), ("row.1", 21)]


def test_cases_with_a_field_that_is_not_there_are_refused():
    with pytest.raises(KeyError, match=r"no such fields: \['c'\]"):
        stream_cases(PAIR, {"c": [1]})


@pytest.mark.parametrize("value", [256, -129])
def test_a_value_that_does_not_fit_its_field_is_refused(value):
    with pytest.raises(ValueError, match=rf"a is {value}, which does not fit 8 bits"):
        stream_cases(PAIR, {"a": [value]})
