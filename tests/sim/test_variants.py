"""Variants of a network between float and integers."""

import numpy as np
import pytest

from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.unrounded import unround
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden_runs import run_golden
from nef2hw.sim.reference import simulate_reference
from nef2hw.sim.sources import sources_of
from nef2hw.sim.variants import simulate_variants
from tests.sim import networks
from tests.sim.random_networks import random_network

STEPS = 60
#: Seeds of networks that fire more often in float than a trace can tell.
EXPLODING = {19}


def stimulus_of(folded, seed, excess=1.0):
    """Values (STEPS, size) within each input's range, or a little beyond."""
    rng = np.random.default_rng(seed)
    found = {}
    for source in folded.inputs:
        if source.kind == "spike":
            found[source.name] = (rng.random((STEPS, source.size)) < 0.2).astype(float)
        else:
            rows = rng.uniform(excess * source.low, excess * source.high, (STEPS, source.size))
            found[source.name] = np.repeat(rows[::7], 7, axis=0)[:STEPS]
    return found


def simulate(folded, network, stimulus, variants):
    batch = {name: rows[np.newaxis] for name, rows in stimulus.items()}
    return simulate_variants(network, unround(folded, network), batch, variants)


def assert_golden(found, network, stimulus, variant):
    golden = run_golden(network, encode_inputs(network, stimulus))
    for name, values in golden.probes.items():
        np.testing.assert_array_equal(found.probes[name][variant, 0], values)
    for name, fired in golden.spikes.items():
        np.testing.assert_array_equal(found.counts[name][variant, 0], fired.sum(axis=0))


def assert_float(found, folded, stimulus, variant):
    reference = simulate_reference(folded, stimulus)
    for name, fired in reference.spikes.items():
        np.testing.assert_array_equal(found.counts[name][variant, 0], fired.sum(axis=0))
    for name, values in reference.probes.items():
        np.testing.assert_allclose(found.probes[name][variant, 0], values, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        networks.layered,
        networks.recurrent,
        networks.second_order,
        networks.leakless,
        networks.relaying,
        networks.crowded,
    ],
    ids=lambda f: f.__name__,
)
def test_no_source_is_float_and_all_sources_are_golden(make):
    folded = make()
    network, stimulus = quantize(folded), stimulus_of(folded, 1, excess=1.3)
    found = simulate(folded, network, stimulus, [(), sources_of(network)])
    assert_float(found, folded, stimulus, 0)
    assert_golden(found, network, stimulus, 1)


@pytest.mark.parametrize("seed", [k for k in range(40) if k not in EXPLODING])
def test_random_networks_are_golden_with_all_sources_and_float_without(seed):
    folded = random_network(seed)
    network, stimulus = quantize(folded), stimulus_of(folded, seed)
    found = simulate(folded, network, stimulus, [sources_of(network), ()])
    assert_golden(found, network, stimulus, 0)
    assert_float(found, folded, stimulus, 1)
