"""The cycles of every step are counted as the RTL takes them, and their terms are told."""

import numpy as np
import pytest

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.cycles import (
    busiest_cycles,
    count_cycles,
    observed,
    silence,
    silent_cycles,
    step_cycles,
    synaptic_operations,
    uproar,
)
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.sim.compiled.core import simulate_rtl
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from tests.sim.networks import layered, program_of, recurrent, relaying, tiny
from tests.sim.random_networks import random_program
from tests.sim.test_random_networks import SEEDS
from tests.sim.test_rtl_equals_golden import SHAPES

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)


def counted_and_simulated(program, codes):
    """Cycles of each step, by count and by simulation."""
    golden = simulate_golden(program.network, codes)
    simulated = simulate_rtl(program, codes, notify=lambda _: None).cycles
    counted = count_cycles(program, codes, golden.spikes, golden.relayed)
    return counted.tolist(), simulated.tolist()


@needs_compiler
@pytest.mark.parametrize(("network", "shape"), SHAPES)
def test_the_cycles_of_every_step_are_those_of_the_rtl(network, shape):
    program = program_of(network(), **shape)
    counted, simulated = counted_and_simulated(program, extreme_codes(program.network, 40, 3))
    assert counted == simulated


@needs_compiler
@pytest.mark.parametrize("seed", SEEDS)
def test_the_cycles_of_random_networks_in_random_cores_are_those_of_the_rtl(seed):
    program = random_program(seed)
    counted, simulated = counted_and_simulated(program, extreme_codes(program.network, 40, seed))
    assert counted == simulated


@needs_compiler
def test_a_silent_step_takes_as_long_as_in_the_rtl():
    program = program_of(tiny(), lanes=2)
    codes = {"x": np.zeros((10, 1), dtype=np.int64)}
    counted, simulated = counted_and_simulated(program, codes)
    assert not simulate_golden(program.network, codes).spikes["a"].any()
    assert counted == simulated
    assert simulated[-1] == silent_cycles(program)


@pytest.mark.parametrize("network", [layered, recurrent, relaying])
@pytest.mark.parametrize("shape", [{}, {"neuron_interval": 8}, {"neuron_lanes": 8}])
def test_no_step_is_shorter_than_a_silent_one_or_longer_than_the_busiest(network, shape):
    program = program_of(network(), **shape)
    codes = extreme_codes(program.network, 30, 3)
    golden = simulate_golden(program.network, codes)
    counted = count_cycles(program, codes, golden.spikes, golden.relayed)
    assert silent_cycles(program) <= counted.min()
    assert counted.max() <= busiest_cycles(program)


def test_more_lanes_shorten_the_delivery_and_more_neuron_lanes_the_update():
    network = quantize(layered())
    few, many = (
        step_cycles(program, uproar(program)).levels[0]
        for program in (assemble(network, CoreShape(*lanes)) for lanes in ((4, 1), (16, 4)))
    )
    assert many.delivery < few.delivery
    assert (few.update, many.update) == (40 + 7, 10 + 2)


def test_the_relays_of_a_level_are_delivered_before_the_next():
    program = program_of(relaying(), lanes=8)
    planes = program.config.formats.relay_planes
    silent = step_cycles(program, silence(program)).levels
    assert [level.relays for level in silent] == [0, 4 * planes, 0, planes]
    busy = step_cycles(program, uproar(program)).levels
    bits = {"b": 17 * 1, "a": 2 * 3, "c": 1 * 2, "c too": 5 * 2}
    assert busy[1].relays == planes * (4 + bits["b"] + bits["a"] + bits["c"])
    assert busy[3].relays == planes * (1 + bits["c too"])


def test_nothing_is_delivered_in_a_silent_step_but_the_sums_are_taken():
    program = program_of(layered(), lanes=8)
    terms = step_cycles(program, silence(program))
    assert (terms.inputs, [level.delivery for level in terms.levels]) == (0, [6, 5])


def test_an_input_that_stays_is_delivered_twice():
    program = assemble(quantize(layered()), CoreShape(8))
    port = program.network.inputs[0]
    held = np.repeat(np.full((1, port.size), 7), 10, axis=0)
    spikes = {p.name: np.zeros((10, p.size)) for p in program.network.populations if p.neurons}
    activity = observed(program, {port.name: held}, spikes)
    assert activity.events[port.name] == pytest.approx(2 * 3 * port.size / 10)


def test_synaptic_operations_are_the_weights_that_spikes_and_bits_add():
    network = quantize(layered(sizes=(5, 40, 33, 7)))
    fired = {"a": np.zeros((10, 40)), "b": np.zeros((10, 33))}
    fired["a"][:, :4] = 1
    fired["b"][::2, 0] = 1
    codes = {"x": np.full((10, 5), 5)}  # two bits each, delivered in the first two steps
    program = assemble(network, CoreShape(8))
    found = synaptic_operations(network, observed(program, codes, fired))
    assert found == pytest.approx(4 * 33 + 0.5 * 7 + 2 / 10 * (5 * 2) * 40)
