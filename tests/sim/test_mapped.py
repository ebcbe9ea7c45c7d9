"""The cells that synthesis makes of a core do what the golden model does."""

import pytest

from nef2hw.rtl.core import Core
from nef2hw.sim.benches import runner
from nef2hw.sim.benches.replay import REPLAY_VARIABLE, save_replay
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from tests.sim.mapped import FAMILIES, mapped
from tests.sim.networks import program_of, tiny

STEPS = 4


@pytest.mark.synthesis
@pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("iverilog")), reason="needs yosys and Icarus Verilog"
)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_mapped_core_replays_a_golden_trace(family, tmp_path, monkeypatch):
    program = program_of(tiny(), lanes=2, neuron_interval=16)
    netlist = mapped(Core(program.config), family)
    assert netlist.count > 1000
    monkeypatch.setattr(runner, "to_verilog", lambda component: netlist.verilog)
    codes = extreme_codes(program.network, STEPS, seed=2)
    expected = simulate_golden(program.network, codes, states=True)
    save_replay(tmp_path, program, codes, expected, stall=0.2)
    report = runner.run_bench(
        Core(program.config),
        "nef2hw.sim.benches.replay",
        tmp_path,
        settings={REPLAY_VARIABLE: str(tmp_path)},
        simulator="icarus",
    )
    assert report.failures == ()
