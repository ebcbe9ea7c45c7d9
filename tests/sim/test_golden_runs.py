"""Whole runs and batches of the golden model equal its steps, every state of every step."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import LifNeurons
from nef2hw.program.network import FRACTION_BITS
from nef2hw.sim import golden_banks, golden_runs, golden_sums
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import GoldenModel, simulate_golden
from nef2hw.sim.golden_groups import groups_in_order
from nef2hw.sim.golden_runs import GoldenRun, run_golden, run_golden_batch
from nef2hw.sim.golden_sums import Weights
from nef2hw.trace import first_difference
from tests.sim.networks import (
    DT_S,
    halving,
    layered,
    leakless,
    recurrent,
    relaying,
    second_order,
    threshold,
    tiny,
    value_input,
)
from tests.sim.random_networks import random_program

NETWORKS = (tiny, halving, layered, recurrent, threshold, second_order, leakless, relaying)
#: Those of the first random programs that can be compiled, and fit their widths.
SEEDS = (4, 16, 35, 48, 59, 95, 100, 101, 102, 103, 105, 106, 107, 108)


@pytest.fixture(params=[*NETWORKS, *SEEDS], ids=lambda one: getattr(one, "__name__", one))
def network(request):
    """A network in integers."""
    if callable(request.param):
        return quantize(request.param())
    return random_program(request.param).network


@pytest.fixture(params=[7, 256], autouse=True)
def block(request, monkeypatch):
    """Blocks that end within a run, and blocks that hold it whole."""
    monkeypatch.setattr(golden_runs, "LONGEST_BLOCK", request.param)


def assert_same(expected, actual):
    assert expected.states.keys() == actual.states.keys()
    assert {name: rows.dtype for name, rows in expected.spikes.items()} == {
        name: rows.dtype for name, rows in actual.spikes.items()
    }
    assert first_difference(expected, actual) is None


def test_a_run_equals_its_steps(network):
    codes = extreme_codes(network, 60, seed=1)
    assert_same(simulate_golden(network, codes, True), run_golden(network, codes, True))
    assert_same(simulate_golden(network, codes), run_golden(network, codes))


def test_a_batch_equals_its_samples_one_by_one(network):
    samples = [extreme_codes(network, 25, seed) for seed in range(3)]
    codes = {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}
    found = run_golden_batch(network, codes, states=True)
    assert len(found) == 3
    for sample, trace in zip(samples, found, strict=True):
        assert_same(simulate_golden(network, sample, True), trace)


def test_a_run_goes_on_where_it_ended(network):
    codes = extreme_codes(network, 20, seed=2)
    run = GoldenRun(network)
    parts = [
        run.run({name: rows[half, np.newaxis] for name, rows in codes.items()}, states=True)
        for half in (slice(11), slice(11, None))
    ]
    whole = simulate_golden(network, codes, states=True)
    for name, rows in whole.states.items():
        joined = np.concatenate([part.states[name][:, 0] for part in parts])
        np.testing.assert_array_equal(joined, rows)


@pytest.mark.parametrize("network_of", [leakless, recurrent])
def test_saturated_currents_are_counted_as_step_by_step(network_of):
    network = quantize(network_of())
    codes = {port.name: np.tile(port.high_code, (40, 1)) for port in network.inputs}
    network = strengthened(network)
    model, run = GoldenModel(network), GoldenRun(network)
    for step in range(40):
        model.step({name: rows[step] for name, rows in codes.items()})
    run.run({name: rows[:, np.newaxis] for name, rows in codes.items()})
    assert sum(model.saturated_currents.values()) > 40
    assert run.saturated_currents == model.saturated_currents


def strengthened(network):
    """The same with biases at the ends of the current's range, so that inputs leave it."""
    limits = network.formats.current
    for population in network.populations:
        population.bias_code[:] = limits.high
        population.bias_code[::2] = limits.low
    return network


def test_an_overshoot_beyond_its_width_is_all_ones():
    """A current just above the threshold is reached at once by a short membrane."""
    lif = LifNeurons(0.0005, 0.002, min_voltage=0.0)
    population = FoldedPopulation("a", np.full(2, 1.0), lif, voltage_init=np.full(2, 0.9999999))
    network = quantize(FoldedNetwork(DT_S, (value_input("x", 1),), (population,), (), ()))
    network.population("a").bias_code[:] += 1
    codes = {"x": np.zeros((8, 1), dtype=np.int64)}
    wanted = simulate_golden(network, codes, states=True)
    assert wanted.states["a/overshoot"].max() == (1 << FRACTION_BITS) - 1
    assert_same(wanted, run_golden(network, codes, states=True))


def test_a_filter_with_wide_products_is_stepped(monkeypatch):
    network = quantize(recurrent())
    codes = extreme_codes(network, 30, seed=3)
    quick = run_golden(network, codes, states=True)
    monkeypatch.setattr(golden_banks, "PRODUCT_BITS", 0)
    assert_same(quick, run_golden(network, codes, states=True))


def test_circles_are_grouped_and_follow_what_they_need():
    assert groups_in_order(quantize(layered())) == [["a"], ["b"], ["probes/out"]]
    groups = groups_in_order(quantize(recurrent()))
    assert groups[0] == ["a", "b"]
    assert sorted(groups[1:]) == [["probes/raw"], ["probes/sum"]]


@pytest.mark.parametrize(("weight", "dtype"), [(127, np.float32), (2**20, np.float64)])
def test_sums_are_exact_whatever_their_size(weight, dtype, monkeypatch):
    weights = Weights(np.array([[weight], [weight - 1], [-1]]), largest=9)
    sums = weights.weigh(np.array([[9, 9, 1], [0, 1, 9]]))
    assert sums.tolist() == [[18 * weight - 10], [weight - 10]]
    assert weights.weigh(np.zeros((1, 3))).dtype == np.int64
    for small in (golden_sums.SMALL, 0):
        monkeypatch.setattr(golden_sums, "SMALL", small)
        assert weights.weigh_one(np.array([2, 0, 1])).tolist() == [2 * weight - 1]
        assert weights.weigh_one(np.zeros(3, dtype=bool)).tolist() == [0]
    assert weights._dtype is dtype
