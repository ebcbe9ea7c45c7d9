"""The cycles of a step are estimated near enough to choose by."""

import numpy as np
import pytest

from nef2hw.build.sizing.speed import (
    TYPICAL_RELAY_BITS,
    TYPICAL_SPIKES,
    estimate_cycles,
    typical_cycles,
)
from nef2hw.compiler.cycles import count_cycles, observed, silence, silent_cycles
from tests.sim.networks import layered, leakless, program_of, recurrent, relaying, second_order

STEPS = 8
SHAPES = [
    {"lanes": 1},
    {"lanes": 4, "distributed_words": 64},
    {"lanes": 8, "neuron_interval": 8},
    {"lanes": 16, "neuron_lanes": 2},
    {"lanes": 64, "neuron_lanes": 8, "distributed_words": 64},
]


def values_to_relay(network, rng):
    """Codes of typical size; what no relay takes is 0, as it has no weights."""
    top = 1 << min(network.formats.relay_planes, TYPICAL_RELAY_BITS)
    values = {
        p.name: np.zeros((STEPS, p.size), dtype=int) for p in network.populations if p.relayed
    }
    for relay in network.relays:
        part = slice(relay.first, relay.first + relay.size)
        values[relay.population][:, part] = rng.integers(1 - top, top, (STEPS, relay.size))
    return values


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("network", [layered, recurrent, second_order, leakless, relaying])
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
    relayed = values_to_relay(program.network, rng)
    later = [{k: v[2:] for k, v in group.items()} for group in (codes, fired, relayed)]
    exact = count_cycles(program, codes, fired, relayed)[2:].mean()
    activity = observed(program, *later)
    quiet = {port.name: 0.0 for port in program.network.inputs if not port.spiking}
    activity = type(activity)({**activity.events, **quiet})
    assert estimate_cycles(program, activity) == pytest.approx(exact, rel=0.15, abs=20)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_silent_step_is_estimated_too(shape):
    program = program_of(layered(), **shape)
    exact = silent_cycles(program)
    assert estimate_cycles(program, silence(program)) == pytest.approx(exact, rel=0.15, abs=20)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_typical_step_with_relays_is_near_one_counted_exactly(shape):
    program = program_of(relaying(), **shape)
    network, rng = program.network, np.random.default_rng(1)
    codes = {p.name: np.zeros((STEPS, p.size), dtype=int) for p in network.inputs}
    fired = {
        p.name: (rng.random((STEPS, p.size)) < TYPICAL_SPIKES).astype(np.int64)
        for p in network.populations
        if p.neurons is not None
    }
    exact = count_cycles(program, codes, fired, values_to_relay(network, rng))[2:].mean()
    assert typical_cycles(program) == pytest.approx(exact, rel=0.15, abs=20)


def test_changing_values_are_part_of_a_typical_step():
    slow, fast = (program_of(layered(sizes=(60, 40, 33, 7)), lanes=n) for n in (1, 32))
    assert typical_cycles(slow) > estimate_cycles(slow, silence(slow)) * 1.5
    assert typical_cycles(fast) < typical_cycles(slow) / 4
