"""The whole core, simulated event by event from its Verilog, replays golden traces."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.model.network import IfNeurons, RectifiedNeurons
from nef2hw.model.synapses import Alpha
from nef2hw.rtl.core import Core
from nef2hw.sim.benches.replay import REPLAY_VARIABLE, save_replay
from nef2hw.sim.benches.runner import available_simulators, run_bench
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from tests.sim.networks import (
    DT_S,
    connection,
    layered,
    neurons,
    program_of,
    recurrent,
    tiny,
    value_input,
)


def every_kind(seed=3):
    """Leaky, leakless and counting neurons in one core, and synapses of both orders."""
    rng = np.random.default_rng(seed)

    def population(name, kind):
        return FoldedPopulation(name, rng.uniform(100, 300, 9), kind, rng.uniform(0, 0.9, 9))

    def alpha(pre, post, size):
        joined = connection(pre, post, rng.normal(0, size, (9, 9)), 0.005)
        return replace(joined, filter=discretize(Alpha(0.003), DT_S)[0])

    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (
            neurons("leaky", 9, rng),
            population("leakless", IfNeurons(min_voltage=-1.0)),
            population("kept", IfNeurons(reset="subtract")),
            population("counted", RectifiedNeurons()),
            FoldedPopulation("probes/sum", np.zeros(9), None),
        ),
        (
            connection("x", "counted", rng.uniform(500, 9000, (9, 1))),
            connection("counted", "leaky", rng.normal(0, 1, (9, 9)), 0.01),
            alpha("counted", "leakless", 100),
            alpha("leaky", "kept", 1000),
            connection("leakless", "kept", rng.normal(0, 500, (9, 9)), 0.01),
            alpha("kept", "leakless", 500),
            alpha("counted", "probes/sum", 1),
        ),
        (FoldedProbe("sum", "readout", "probes/sum"),),
    )


def replay_core(program, folder, expected=None, steps=12, **stalls):
    codes = extreme_codes(program.network, steps, seed=2)
    expected = expected or simulate_golden(program.network, codes, states=True)
    save_replay(folder, program, codes, expected, **stalls)
    settings = {REPLAY_VARIABLE: str(folder)}
    bench = "nef2hw.sim.benches.replay"
    return run_bench(Core(program.config), bench, folder, settings=settings)


@pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")
@pytest.mark.parametrize(
    ("network", "lanes", "stall"),
    [(tiny, 2, 0.5), (layered, 16, 0.0), (recurrent, 8, 0.2), (every_kind, 4, 0.1)],
)
def test_cores_replay_golden_traces(network, lanes, stall, tmp_path):
    report = replay_core(program_of(network(), lanes=lanes), tmp_path, steps=4, stall=stall)
    assert report.failures == ()


def test_every_kind_of_neuron_fires_and_some_count():
    program = program_of(every_kind())
    config = program.config
    assert all([config.coupled, config.integrating, config.subtracting, config.counting])
    codes = extreme_codes(program.network, 4, seed=2)
    spikes = simulate_golden(program.network, codes).spikes
    assert all(fired.any() for fired in spikes.values())
    assert {0, 2, 3} <= set(spikes["counted"].ravel().tolist())


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
