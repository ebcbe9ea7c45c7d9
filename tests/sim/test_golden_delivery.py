"""What the golden model delivers: exactly the weights times the values, then the filter."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedConnection, FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import LifNeurons
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden import GoldenModel, contribution, filter_step, simulate_golden
from nef2hw.sim.reference import simulate_reference
from tests.compiler.filters import FILTERS
from tests.sim.networks import DT_S, connection, neurons, recurrent, spike_input, value_input

WEIGHTS = np.array([[127.0, -64.0, 3.0], [-1.0, 2.0, -127.0], [0.0, 0.0, 0.0], [-100.0, 90.0, 1.0]])
BIAS = np.array([0.5, -3.25, 7.0, 0.0])
#: A range whose unit is 1/1024 exactly.
END = 1023 / 1024


def readout_of(source, tau_s=None, delay=None, bias=BIAS, weights=WEIGHTS):
    """Sum a source's values by ``WEIGHTS``; the neuron beside it is silent."""
    return FoldedNetwork(
        DT_S,
        (source,),
        (
            FoldedPopulation("a", np.zeros(1), LifNeurons()),
            FoldedPopulation("probes/out", bias, None),
        ),
        (connection(source.name, "probes/out", weights, tau_s, delay),),
        (FoldedProbe("out", "readout", "probes/out"),),
    )


def values(steps=50, seed=0):
    return np.random.default_rng(seed).integers(-1023, 1024, (steps, 3)) / 1024


def run(network, name, rows):
    return simulate_golden(network, encode_inputs(network, {name: rows})).probes["out"]


def test_values_are_delivered_as_weights_times_values_exactly():
    network = quantize(readout_of(value_input("x", 3, -END, END)))
    rows = values()
    rows[0], rows[1] = END, -END
    np.testing.assert_array_equal(run(network, "x", rows), rows @ WEIGHTS.T + BIAS)


def test_a_delay_without_filter_delivers_the_same_one_step_later():
    network = quantize(readout_of(value_input("x", 3, -END, END), tau_s=0.0))
    rows = values()
    found = run(network, "x", rows)
    np.testing.assert_array_equal(found[0], BIAS)
    np.testing.assert_array_equal(found[1:], (rows @ WEIGHTS.T + BIAS)[:-1])


def test_spikes_are_delivered_as_the_sum_of_their_rows_exactly():
    network = quantize(readout_of(spike_input("s", 3)))
    rows = np.random.default_rng(1).integers(0, 2, (50, 3)).astype(float)
    np.testing.assert_array_equal(run(network, "s", rows), rows @ WEIGHTS.T + BIAS)


def test_values_outside_the_range_saturate_at_its_ends():
    network = quantize(readout_of(value_input("x", 3, -0.5 * END, END)))
    rows = np.array([[2.0, -2.0, 0.0], [1e30, -1e30, -0.6]])
    saturated = np.clip(rows, -512 / 1024, END)
    np.testing.assert_allclose(run(network, "x", rows), saturated @ WEIGHTS.T + BIAS, atol=1e-6)


def test_a_range_that_excludes_zero_lifts_smaller_values_into_it():
    network = quantize(readout_of(value_input("x", 3, END / 2, END)))
    found = run(network, "x", np.full((1, 3), -5.0))
    np.testing.assert_allclose(found[0], WEIGHTS.sum(axis=1) / 2 + BIAS, atol=0.2)


@pytest.mark.parametrize("tau_s", [0.0005, 0.005, 0.1, 1.0])
def test_a_filter_at_rest_passes_the_whole_value(tau_s):
    network = quantize(readout_of(value_input("x", 3, -END, END), tau_s))
    rows = np.broadcast_to([[0.25, -0.75, 0.5]], (round(8 * tau_s / DT_S) + 30, 3))
    wanted = rows[0] @ WEIGHTS.T + BIAS
    found = run(network, "x", rows)[-1]
    # The filter has e**-8 to go; weights are rounded to a 128th of their row's peak.
    np.testing.assert_allclose(found, wanted, atol=0.01 * np.abs(WEIGHTS).max())


def filter_of(tau_s, source):
    network = quantize(readout_of(source, tau_s))
    return network, network.population("probes/out").compartments[0]


@pytest.mark.parametrize("tau_s", [0.002, 0.005, 0.1])
def test_a_filter_left_alone_comes_to_within_an_8th_of_a_weight_unit_of_zero(tau_s):
    network, compartment = filter_of(tau_s, spike_input("s", 3))
    nothing = np.zeros(2, dtype=np.int64)
    state = np.array([1, -1]) * 2 ** (network.formats.filter_bits - 2)
    for _ in range(round(40 * tau_s / DT_S)):
        state = filter_step(state, nothing, compartment, network.formats)
    assert (np.abs(state) <= 2.0 ** (network.formats.guard_bits - 3)).all()


@pytest.mark.parametrize("tau_s", [0.002, 0.005, 0.1])
def test_a_filter_follows_the_real_exponential(tau_s):
    network, compartment = filter_of(tau_s, spike_input("s", 3))
    guard = network.formats.guard_bits
    state, wanted = np.zeros(1, dtype=np.int64), 0.0
    keep = 1 - compartment.leak_code / 2**network.formats.leak_frac
    assert keep == pytest.approx(np.exp(-DT_S / tau_s), abs=1e-4)
    rng = np.random.default_rng(0)
    for _ in range(2000):
        drive = rng.integers(-100, 101, 1)
        state = filter_step(state, drive, compartment, network.formats)
        wanted = keep * wanted + drive[0] * 2**guard
        # Each step rounds by half a unit at most, and the leak forgets it.
        assert abs(state[0] - wanted) <= 0.5 / (1 - keep) + 1e-6


def test_a_held_sum_has_no_guard_bits():
    network, compartment = filter_of(0.005, value_input("x", 3, -END, END))
    assert compartment.held
    found = filter_step(np.zeros(1, np.int64), np.array([7]), compartment, network.formats)
    assert found.tolist() == [7]


def test_a_part_of_the_sum_is_rounded_once_at_its_own_shift():
    network, compartment = filter_of(0.005, value_input("x", 3, -END, END))
    align = network.formats.align_bits
    shift = np.array([1, 2, 5, 9])
    part = replace(compartment, shift_code=shift + align)
    half = 2 ** (shift - 1)
    assert contribution(half, part, network.formats).tolist() == [1, 1, 1, 1]
    assert contribution(half - 1, part, network.formats).tolist() == [0, 0, 0, 0]
    assert contribution(-half, part, network.formats).tolist() == [0, 0, 0, 0]
    assert contribution(-half - 1, part, network.formats).tolist() == [-1, -1, -1, -1]


def test_a_part_of_the_sum_may_be_shifted_left():
    network, compartment = filter_of(0.005, value_input("x", 3, -END, END))
    assert network.formats.align_bits >= 3
    part = replace(compartment, shift_code=network.formats.align_bits - np.array([0, 1, 2, 3]))
    state = np.array([5, -5, 5, -5])
    assert contribution(state, part, network.formats).tolist() == [5, -10, 20, -40]


def driven(weight):
    """One neuron driven by one value without filter."""
    rng = np.random.default_rng(0)
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (neurons("a", 1, rng, min_voltage=-1.0),),
        (connection("x", "a", np.array([[weight]])),),
        (FoldedProbe("s", "spikes", "a", 1000.0),),
    )


def test_saturated_currents_are_counted_and_only_those():
    model = GoldenModel(quantize(driven(500.0)))
    for value in (1023, -1023, 200, 0, 1023):
        model.step({"x": np.array([value])})
    assert model.saturated_currents == {"a": 3}
    model.reset()
    assert model.saturated_currents == {"a": 0}


def test_a_current_at_the_end_of_its_range_is_not_counted():
    network = quantize(driven(500.0), Precision(weight_bits=8))
    population = network.population("a")
    high, low = network.formats.current.high, network.formats.current.low
    model = GoldenModel(network)
    for total, count in ((high, 0), (low, 0), (high + 1, 1), (low - 1, 2)):
        model._fire(population, population.neurons, np.array([total]))
        assert model.saturated_currents == {"a": count}


def test_a_reset_returns_to_the_start():
    network = quantize(recurrent())
    model = GoldenModel(network)
    rows = {p.name: p.high_code for p in network.inputs}
    first = [model.step(rows) for _ in range(20)]
    begun = GoldenModel(network).states()
    model.reset()
    for name, state in model.states().items():
        np.testing.assert_array_equal(state, begun[name])
    for result in first:
        again = model.step(rows)
        for name, spikes in result.spikes.items():
            np.testing.assert_array_equal(again.spikes[name], spikes)


def test_states_are_copies():
    model = GoldenModel(quantize(recurrent()))
    for state in model.states().values():
        state += 17
    begun = GoldenModel(model.network).states()
    assert all((state == begun[name]).all() for name, state in model.states().items())


@pytest.mark.parametrize("name", FILTERS)
def test_filters_of_second_order_are_near_the_real_ones(name):
    rng = np.random.default_rng(0)
    network = FoldedNetwork(
        DT_S,
        (spike_input("s", 20),),
        (
            FoldedPopulation("a", np.zeros(1), LifNeurons()),
            FoldedPopulation("probes/out", np.zeros(3), None),
        ),
        (FoldedConnection("c", "s", "probes/out", rng.normal(0, 30, (3, 20)), FILTERS[name], 1),),
        (FoldedProbe("out", "readout", "probes/out"),),
    )
    spikes = (rng.random((1000, 20)) < 0.1).astype(float)
    wanted = simulate_reference(network, {"s": spikes}).probes["out"]
    quantized = quantize(network)
    found = simulate_golden(quantized, encode_inputs(quantized, {"s": spikes})).probes["out"]
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.012 * np.sqrt(np.mean(wanted**2))
