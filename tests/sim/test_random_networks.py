"""RTL and golden model agree on random networks in cores of random shapes."""

import pytest

from nef2hw.program.planes import relay_places
from nef2hw.sim.compiled.verify import verify
from nef2hw.tools import has_tool
from tests.sim.random_networks import random_program

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

SEEDS = (4, 16, 35, 48, 59, 95)

#: What the networks of all SEEDS must have among them.
FEATURES = {
    "a lane count that is no power of two",
    "a neuron every cycle",
    "a neuron every few cycles",
    "several neurons every cycle",
    "a last row of neurons that is not full",
    "sums in block RAM",
    "sums in look-up tables",
    "a value input",
    "a spike input",
    "an input without targets",
    "two value inputs into one population",
    "an input delivered at once",
    "three levels",
    "an ensemble that drives itself",
    "a population without compartments",
    "a population of several compartments",
    "a population of one neuron",
    "a filtered compartment",
    "a delayed compartment without a filter",
    "a readout without a filter",
    "a negative least voltage",
    "a refractory time left at the start",
    "a refractory time below one step",
    "a second-order filter of values",
    "a second-order filter of spikes",
    "a filter with a state that turns back",
    "a filter without delay",
    "a counting population",
    "an integrating population",
    "a population that subtracts",
    "several kinds of neurons",
    "no relay",
    "a relay of one word",
    "a relay of several words",
    "a relay that begins within a word",
    "relays of two levels",
    "a relay of inputs",
    "a population that takes relays and others",
}


def features(program):
    """Which of the above a program has."""
    config, network = program.config, program.network
    sources = {
        projection.pre
        for population in network.populations
        for compartment in population.compartments
        for projection in compartment.projections
    }
    yield ("a lane count that is no power of two", config.lanes & (config.lanes - 1))
    yield ("a neuron every cycle", config.neuron_interval == 1)
    yield ("a neuron every few cycles", config.neuron_interval > 1)
    yield ("several neurons every cycle", config.neuron_lanes > 1)
    partly = any(p.size % config.neuron_lanes for p in network.populations)
    yield ("a last row of neurons that is not full", partly)
    yield ("sums in block RAM", config.sum_memory == "block")
    yield ("sums in look-up tables", config.sum_memory == "distributed")
    yield ("three levels", max(p.level for p in network.populations) >= 2)
    for port in network.inputs:
        yield ("a spike input" if port.spiking else "a value input", True)
        yield ("an input without targets", port.name not in sources)
    kinds = {(p.neurons.integrate, p.neurons.count) for p in network.populations if p.neurons}
    yield ("several kinds of neurons", len(kinds) > 1)
    yield from _features_of_relays(network)
    for population in network.populations:
        yield from _features_of_population(population, network)


def _features_of_relays(network):
    relays = {relay.name for relay in network.relays}
    inputs = {port.name for port in network.inputs}
    yield ("no relay", not relays)
    yield ("relays of two levels", len({relay.population for relay in network.relays}) > 1)
    for place in relay_places(network):
        yield ("a relay of one word", place.words == 1)
        yield ("a relay of several words", place.words > 1)
        yield ("a relay that begins within a word", place.column > 0)
    for population in network.populations:
        sources = {p.pre for c in population.compartments for p in c.projections}
        yield ("a relay of inputs", population.relayed and sources & inputs)
        yield ("a population that takes relays and others", sources & relays and sources - relays)


def _features_of_population(population, network):
    inputs = {port.name for port in network.inputs}
    compartments, lif = population.compartments, population.neurons
    plain = [c for c in compartments if c.leak_code is None and not c.held]
    yield ("a population without compartments", not compartments)
    yield ("a population of several compartments", len(compartments) > 1)
    yield ("two value inputs into one population", sum(c.held for c in compartments) > 1)
    yield ("a population of one neuron", population.size == 1)
    yield ("a filtered compartment", any(c.leak_code is not None for c in compartments))
    yield ("a delayed compartment without a filter", any(c.delay for c in plain))
    yield ("a readout without a filter", lif is None and any(not c.delay for c in plain))
    for k, compartment in enumerate(compartments):
        pairs = compartment.coupling is not None and compartment.coupling.partner == k - 1
        yield (f"a second-order filter of {'values' if compartment.held else 'spikes'}", pairs)
        turns = compartment.coupling is not None and compartment.coupling.partner == k + 1
        yield ("a filter with a state that turns back", turns)
        yield (
            "a filter without delay",
            compartment.leak_code is not None and not compartment.delay,
        )
        sources = {projection.pre for projection in compartment.projections}
        yield ("an ensemble that drives itself", population.name in sources)
        yield ("an input delivered at once", sources & inputs and not compartment.delay)
    if lif is not None:
        yield ("a negative least voltage", lif.min_voltage_code < 0)
        yield ("a refractory time left at the start", population.refractory_init_code.any())
        yield ("a refractory time below one step", lif.hold_steps == 1)
        yield ("a counting population", lif.count)
        yield ("an integrating population", lif.integrate and not lif.count)
        yield ("a population that subtracts", lif.subtract)


def test_the_random_networks_have_all_features_among_them():
    found = {name for seed in SEEDS for name, has in features(random_program(seed)) if has}
    assert found == FEATURES


@needs_compiler
@pytest.mark.parametrize("seed", SEEDS)
def test_rtl_equals_golden_on_a_random_network(seed):
    program = random_program(seed)
    for stall in (0.0, 0.3):
        report = verify(program, steps=80, stall=stall, seed=seed)
        assert report.equal, str(report)
        assert report.spikes > 0
