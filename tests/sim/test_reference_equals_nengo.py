"""The float reference and nengo.Simulator agree on every spike of every neuron."""

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.model.npz import load_model, save_model
from nef2hw.model.parse import parse_model
from nef2hw.sim.reference import simulate_reference
from tests.nengo_models import (
    assert_reference_equals,
    run_nengo,
    smooth_noise,
    stimulus_node,
)

nengo = pytest.importorskip("nengo")

STEPS = 1200


def feed_forward():
    x = stimulus_node(nengo, smooth_noise(1, STEPS, 1), "x")
    a = nengo.Ensemble(100, 1, label="a")
    b = nengo.Ensemble(60, 1, label="b")
    nengo.Connection(x, a, synapse=None)
    nengo.Connection(a, b, function=np.square, synapse=0.005)
    nengo.Probe(b, synapse=0.01, label="filtered")
    nengo.Probe(b, synapse=None, label="plain")


def recurrent_integrator():
    x = stimulus_node(nengo, smooth_noise(2, STEPS, 1), "x")
    a = nengo.Ensemble(120, 1, label="integrator")
    nengo.Connection(x, a, transform=0.1, synapse=0.1)
    nengo.Connection(a, a, synapse=0.1)
    nengo.Probe(a, synapse=0.02, label="value")


def three_layers_neuron_to_neuron():
    rng = np.random.default_rng(3)
    x = stimulus_node(nengo, smooth_noise(3, STEPS, 20), "x")
    options = {"max_rates": nengo.dists.Uniform(100, 200), "radius": 3.0}
    layers = [
        nengo.Ensemble(n, 1, label=f"layer{k}", **options) for k, n in enumerate((30, 20, 10))
    ]
    nengo.Connection(x, layers[0].neurons, transform=rng.normal(0, 0.4, (30, 20)), synapse=None)
    nengo.Connection(
        layers[0].neurons,
        layers[1].neurons,
        transform=rng.normal(0, 0.003, (20, 30)),
        synapse=0.005,
    )
    nengo.Connection(
        layers[1].neurons, layers[2].neurons, transform=rng.normal(0, 0.003, (10, 20)), synapse=None
    )
    nengo.Probe(layers[2].neurons, synapse=0.01, label="rates")
    nengo.Probe(layers[2].neurons, synapse=None, label="spikes")


def mixed_synapses_and_no_synapse():
    x = stimulus_node(nengo, smooth_noise(4, STEPS, 2), "x")
    a = nengo.Ensemble(50, 2, label="a")
    b = nengo.Ensemble(50, 2, label="b")
    c = nengo.Ensemble(40, 1, label="c")
    nengo.Connection(x, a, synapse=nengo.Lowpass(0))
    nengo.Connection(a, b, synapse=None)
    nengo.Connection(a, b, synapse=0.03)
    nengo.Connection(b, c, function=lambda v: v[0] * v[1], synapse=nengo.Lowpass(0))
    nengo.Connection(c, a[1], synapse=0.002)
    nengo.Connection(b.neurons[[3, 3, 7]], c.neurons[[5, 1, 9]], synapse=None, transform=0.002)
    nengo.Probe(c, synapse=nengo.Lowpass(0), label="delayed")
    nengo.Probe(c, synapse=None, label="plain")


def odd_neurons(tau_ref):
    x = stimulus_node(nengo, smooth_noise(5, STEPS, 1, scale=2.0), "x")
    neurons = nengo.LIF(tau_rc=0.013, tau_ref=tau_ref, amplitude=0.7, min_voltage=-0.5)
    a = nengo.Ensemble(
        80, 1, label="a", radius=2.0, neuron_type=neurons, max_rates=nengo.dists.Uniform(100, 250)
    )
    b = nengo.Ensemble(
        80, 1, label="b", neuron_type=neurons, max_rates=nengo.dists.Uniform(100, 250)
    )
    nengo.Connection(x, a, synapse=0.003)
    nengo.Connection(a, b, transform=0.5, synapse=0.008)
    nengo.Probe(a.neurons, label="spikes")
    nengo.Probe(b, synapse=0.01, label="out")


def slices_and_transforms():
    rng = np.random.default_rng(6)
    x = stimulus_node(nengo, smooth_noise(6, STEPS, 4), "x")
    a = nengo.Ensemble(60, 3, label="a", radius=1.5)
    b = nengo.Ensemble(60, 2, label="b")
    c = nengo.Ensemble(60, 3, label="c")
    nengo.Connection(x[[3, 0]], a[[0, 2]], transform=[0.5, -1.2], synapse=None)
    nengo.Connection(x[1:3], a[1], transform=[[0.4, 0.6]], synapse=0.01)
    decoders = rng.normal(0, 0.001, (60, 3))
    nengo.Connection(
        a,
        b,
        solver=nengo.solvers.NoSolver(decoders),
        function=lambda v: v,
        transform=[[1, 0.5, 0], [0, -1, 2]],
        synapse=0.005,
    )
    nengo.Connection(a[[2, 0]], c[:2], synapse=0.005)
    nengo.Connection(
        b.neurons[10:20], c.neurons[40:50], transform=rng.normal(0, 0.002, 10), synapse=0.02
    )
    nengo.Connection(c.neurons, b[1], transform=rng.normal(0, 2e-4, (1, 60)), synapse=0.02)
    nengo.Probe(c, synapse=0.01, label="out")


NETWORKS = {
    "feed forward": feed_forward,
    "recurrent integrator": recurrent_integrator,
    "three layers neuron to neuron": three_layers_neuron_to_neuron,
    "mixed synapses": mixed_synapses_and_no_synapse,
    "refractory 2.5 steps": lambda: odd_neurons(0.0025),
    "refractory 0.3 steps": lambda: odd_neurons(0.0003),
    "no refractory time": lambda: odd_neurons(0.0),
    "slices and transforms": slices_and_transforms,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_spike_and_probe_is_nengos(name, tmp_path):
    with nengo.Network(seed=7) as network:
        NETWORKS[name]()
    run = run_nengo(nengo, network, STEPS)
    save_model(run.arrays, tmp_path / "model.npz")

    assert_reference_equals(run, load_model(tmp_path / "model.npz"))


def test_another_time_step_is_nengos_too():
    dt = 0.0004
    with nengo.Network(seed=8) as network:
        x = stimulus_node(nengo, smooth_noise(8, STEPS, 1), "x", dt)
        a = nengo.Ensemble(50, 1, label="a")
        nengo.Connection(x, a, synapse=0.004)
        nengo.Probe(a, synapse=0.01, label="out")
    run = run_nengo(nengo, network, STEPS, dt)

    assert_reference_equals(run, parse_model(run.arrays))


def test_initial_refractory_times_are_nengos():
    initial = np.linspace(0, 0.0029, 30)
    neurons = nengo.LIF(initial_state={"refractory_time": initial})
    with nengo.Network(seed=9) as network:
        x = stimulus_node(nengo, np.ones((100, 1)), "x")
        a = nengo.Ensemble(30, 1, label="a", neuron_type=neurons)
        nengo.Connection(x, a, synapse=None)
    run = run_nengo(nengo, network, 100)

    assert_reference_equals(run, parse_model(run.arrays))


def test_a_voltage_of_exactly_one_does_not_spike():
    neurons = nengo.LIF(initial_state={"voltage": np.ones(3)})
    with nengo.Network(seed=10) as network:
        nengo.Ensemble(
            3, 1, label="a", neuron_type=neurons, gain=np.ones(3), bias=np.array([0.5, 1.0, 1.5])
        )
    run = run_nengo(nengo, network, 200)

    trace = simulate_reference(fold(parse_model(run.arrays)), {}, steps=200)

    np.testing.assert_array_equal(trace.spikes["a"], run.spikes["a"])
    assert trace.spikes["a"].any(axis=0).tolist() == [False, False, True]
