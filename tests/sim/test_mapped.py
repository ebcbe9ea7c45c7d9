"""The cells that synthesis makes of a core do what the golden model does."""

from pathlib import Path

import pytest

from nef2hw import load
from nef2hw.compiler.fold import fold
from nef2hw.rtl.core import Core
from nef2hw.sim.compiled import build
from nef2hw.sim.compiled.verify import verify
from nef2hw.sim.extremes import extreme_codes
from nef2hw.tools import has_tool
from tests.sim.mapped import FAMILIES, mapped
from tests.sim.networks import program_of, tiny

EXAMPLES = Path(__file__).parents[2] / "examples"


def tiny_program():
    return program_of(tiny(), lanes=2, neuron_interval=16)


def channel_program():
    network = fold(load(EXAMPLES / "nef_channel/model.npz"))
    return program_of(network, lanes=4, neuron_interval=8)


def digits_program():
    network = fold(load(EXAMPLES / "digits/model.npz"))
    return program_of(network, lanes=8, neuron_interval=4)


@pytest.mark.synthesis
@pytest.mark.filterwarnings("ignore:.*created but never used")
@pytest.mark.skipif(not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and C++")
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("program_for", [tiny_program, channel_program, digits_program])
def test_a_mapped_core_equals_the_golden_model(program_for, family, monkeypatch):
    program = program_for()
    netlist = mapped(Core(program.config), family)
    assert netlist.count > 1000
    # Models of cells are large, and take ten minutes and more to compile where all is optimized.
    monkeypatch.setattr(build, "_FLAGS", ("-Og", *(f for f in build._FLAGS if f != "-O3")))
    monkeypatch.setattr("amaranth.back.rtlil.convert", lambda *_, **__: netlist.text)
    codes = extreme_codes(program.network, 30, seed=2)
    report = verify(program, codes=codes, stall=0.2)
    assert report.equal, str(report)
    assert report.spikes > 0
