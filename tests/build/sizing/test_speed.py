"""The cycles of a step are estimated near enough to choose by."""

import numpy as np
import pytest

from nef2hw.build.sizing.speed import estimate_cycles, typical_cycles
from nef2hw.compiler.cycles import count_cycles, observed, silence, silent_cycles
from tests.sim.networks import layered, leakless, program_of, recurrent, second_order

STEPS = 8
SHAPES = [
    {"lanes": 1},
    {"lanes": 4, "distributed_words": 64},
    {"lanes": 8, "neuron_interval": 8},
    {"lanes": 16, "neuron_lanes": 2},
    {"lanes": 64, "neuron_lanes": 8, "distributed_words": 64},
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("network", [layered, recurrent, second_order, leakless])
def test_estimated_cycles_are_near_the_exact_ones(network, shape):
    program = program_of(network(), **shape)
    rng = np.random.default_rng(0)

    def spikes(size):
        return (rng.random((STEPS, size)) < 0.1).astype(np.int64)

    codes = {
        port.name: spikes(port.size) if port.spiking else np.ones((STEPS, port.size), dtype=int)
        for port in program.network.inputs
    }
    fired = {p.name: spikes(p.size) for p in program.network.populations if p.neurons is not None}
    later = [{k: v[2:] for k, v in group.items()} for group in (codes, fired)]
    exact = count_cycles(program, codes, fired)[2:].mean()
    activity = observed(program, *later)
    quiet = {port.name: 0.0 for port in program.network.inputs if not port.spiking}
    activity = type(activity)({**activity.events, **quiet})
    assert estimate_cycles(program, activity) == pytest.approx(exact, rel=0.15, abs=20)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_silent_step_is_estimated_too(shape):
    program = program_of(layered(), **shape)
    exact = silent_cycles(program)
    assert estimate_cycles(program, silence(program)) == pytest.approx(exact, rel=0.15, abs=20)


def test_changing_values_are_part_of_a_typical_step():
    slow, fast = (program_of(layered(sizes=(60, 40, 33, 7)), lanes=n) for n in (1, 32))
    assert typical_cycles(slow) > estimate_cycles(slow, silence(slow)) * 1.5
    assert typical_cycles(fast) < typical_cycles(slow) / 4
