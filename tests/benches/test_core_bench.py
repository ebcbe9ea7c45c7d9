"""The whole core, simulated event by event from its Verilog, replays golden traces."""

from dataclasses import replace

import pytest

from nef2hw.rtl.core import Core
from nef2hw.sim.benches.replay import REPLAY_VARIABLE, save_replay
from nef2hw.sim.benches.runner import available_simulators, run_bench
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from tests.sim.networks import layered, program_of, recurrent, tiny


def replay_core(program, folder, expected=None, steps=12, **stalls):
    codes = extreme_codes(program.network, steps, seed=2)
    expected = expected or simulate_golden(program.network, codes, states=True)
    save_replay(folder, program, codes, expected, **stalls)
    settings = {REPLAY_VARIABLE: str(folder)}
    bench = "nef2hw.sim.benches.replay"
    return run_bench(Core(program.config), bench, folder, settings=settings)


@pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")
@pytest.mark.parametrize(
    ("network", "lanes", "stall"), [(tiny, 2, 0.5), (layered, 16, 0.0), (recurrent, 8, 0.2)]
)
def test_cores_replay_golden_traces(network, lanes, stall, tmp_path):
    report = replay_core(program_of(network(), lanes=lanes), tmp_path, steps=4, stall=stall)
    assert report.failures == ()


@pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")
def test_the_first_difference_names_step_neuron_and_field(tmp_path):
    program = program_of(tiny(), lanes=2)
    codes = extreme_codes(program.network, 12, seed=2)
    expected = simulate_golden(program.network, codes, states=True)
    states = dict(expected.states)
    states["a/voltage"] = states["a/voltage"].copy()
    states["a/voltage"][5, 0] += 1
    report = replay_core(program, tmp_path, replace(expected, states=states))
    assert "step 5, states/a/voltage[0]: expected" in report.failures[0]
