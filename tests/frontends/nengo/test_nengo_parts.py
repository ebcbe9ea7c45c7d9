"""Ensembles, connections and synapses: every spike and value is that of nengo.Simulator."""

import nengo
import numpy as np
import pytest

from nef2hw.frontends.nengo import from_nengo
from tests.frontends.nengo.comparison import assert_exact, signal


def channel():
    x, a, b = signal(), nengo.Ensemble(50, 1, label="a"), nengo.Ensemble(30, 1, label="b")
    nengo.Connection(x, a)
    nengo.Connection(a, b, function=np.square)
    nengo.Probe(b, synapse=0.01, label="filtered")
    nengo.Probe(b, label="plain")


def integrator():
    x, a = signal(), nengo.Ensemble(100, 1, label="a")
    nengo.Connection(x, a, transform=0.1, synapse=0.1)
    nengo.Connection(a, a, synapse=0.1)
    nengo.Probe(a, synapse=0.02, label="value")


def oscillator_with_a_kick():
    kick = nengo.Node(lambda t: [1.0, 0.0] if t < 0.05 else [0.0, 0.0], label="kick")
    a = nengo.Ensemble(80, 2, label="a")
    nengo.Connection(kick, a)
    nengo.Connection(a, a, synapse=0.1, transform=[[1, 1], [-1, 1]])
    nengo.Probe(a, synapse=0.02, label="state")


def odd_lif():
    neurons = nengo.LIF(tau_rc=0.013, tau_ref=0.0023, amplitude=0.7, min_voltage=-0.5)
    options = {"neuron_type": neurons, "radius": 1.7, "max_rates": nengo.dists.Uniform(50, 250)}
    x, a = signal(), nengo.Ensemble(50, 1, label="a", **options)
    b = nengo.Ensemble(30, 1, label="b", **options)
    nengo.Connection(x, a, transform=2)
    nengo.Connection(a, b)
    nengo.Probe(a.neurons, label="spikes")
    nengo.Probe(b, label="value")


def initial_states():
    neurons = nengo.LIF(
        initial_state={"voltage": np.linspace(0, 1, 30), "refractory_time": np.full(30, 0.0017)}
    )
    a = nengo.Ensemble(30, 1, label="a", neuron_type=neurons)
    nengo.Connection(signal(), a, synapse=None)


def counting_neurons():
    rates = nengo.dists.Uniform(500, 2500)
    neurons = nengo.SpikingRectifiedLinear(amplitude=0.5)
    a = nengo.Ensemble(50, 1, label="a", neuron_type=neurons, max_rates=rates)
    b = nengo.Ensemble(30, 1, label="b")
    nengo.Connection(signal(), a)
    nengo.Connection(a, b)
    nengo.Probe(a.neurons, label="spikes")
    nengo.Probe(b, synapse=0.01, label="value")


def other_synapses():
    x, a, b = signal(), nengo.Ensemble(50, 1, label="a"), nengo.Ensemble(30, 1, label="b")
    nengo.Connection(x, a, synapse=nengo.Alpha(0.01))
    nengo.Connection(x, a, synapse=nengo.LinearFilter([0.002, 1], [0.01, 1]))
    for synapse in (
        nengo.Lowpass(0),
        nengo.Lowpass(0.01, method="euler"),
        nengo.Alpha(0.01, method="bilinear"),
        nengo.LinearFilter([0.01, 1], [1e-4, 0.02, 1]),
        nengo.LinearFilter([0.1], [1, -0.9], analog=False),
        nengo.LinearFilter([0.5], [1], analog=False),
        nengo.LinearFilter([0.5, 0.5], [1, 0], analog=False),
    ):
        nengo.Connection(a, b, transform=0.2, synapse=synapse)
    nengo.Probe(b, synapse=nengo.Alpha(0.02), label="value")


def no_synapse_chain():
    x = signal()
    parts = [nengo.Ensemble(40, 1, label=f"e{k}") for k in range(3)]
    nengo.Connection(x, parts[0], synapse=None)
    # Backwards, so that the order of connections is not that of steps.
    nengo.Connection(parts[1], parts[2], synapse=None, transform=0.2)
    nengo.Connection(parts[0], parts[1], synapse=None, transform=0.2)
    nengo.Probe(parts[2], synapse=0.01, label="value")


def slices():
    x, a, b = signal(4), nengo.Ensemble(50, 3, label="a"), nengo.Ensemble(20, 2, label="b")
    nengo.Connection(x[[0, 0, -1]], a, synapse=None)
    nengo.Connection(x[::2], b[::-1])
    nengo.Connection(x[[1, 2]], a[[0, 0]], transform=[0.5, 0.2])
    nengo.Connection(a[-1], b[0])
    nengo.Connection(a[[2, 0]], b, function=lambda v: v**2)
    nengo.Connection(b.neurons[[1, 1, 3]], a.neurons[[4, 4, -1]], transform=0.001)
    nengo.Connection(b, a.neurons[:2])
    nengo.Connection(x, b.neurons[3:7])
    nengo.Probe(a[1:], label="some")
    nengo.Probe(b[[-1]], label="one", synapse=0.01)


def neurons_and_transforms():
    rng = np.random.default_rng(0)
    x, a, b = signal(3), nengo.Ensemble(30, 2, label="a"), nengo.Ensemble(20, 2, label="b")
    nengo.Connection(x, a.neurons, transform=rng.normal(0, 0.5, (30, 3)), synapse=None)
    nengo.Connection(a.neurons, b.neurons, transform=rng.normal(0, 1e-3, (20, 30)))
    nengo.Connection(b.neurons, a, transform=nengo.dists.Uniform(-1e-3, 1e-3), synapse=0.02)
    nengo.Connection(a, b.neurons, function=lambda v: v[0], transform=rng.normal(0, 1, (20, 1)))
    nengo.Connection(a, b, transform=[0.5, -1])
    nengo.Probe(b.neurons, label="spikes")
    nengo.Probe(b.neurons[[7, 3]], synapse=0.01, label="rates")


def sparse_and_convolution():
    x, a = signal(16), nengo.Ensemble(8, 1, label="a")
    kernel = np.random.default_rng(1).uniform(-0.5, 1, (3, 3, 1, 2))
    convolution = nengo.Convolution(2, (4, 4, 1), init=kernel)
    nengo.Connection(x, a.neurons, transform=convolution, synapse=None)
    nengo.Connection(x[:2], a.neurons, transform=nengo.Sparse((8, 2), [(0, 0), (7, 1)], [1, 2]))
    nengo.Connection(
        a.neurons, a.neurons, transform=nengo.Sparse((8, 8), [(0, 3), (3, 1)], init=1e-3)
    )


def solvers():
    x, a, b = signal(), nengo.Ensemble(50, 1, label="a"), nengo.Ensemble(30, 2, label="b")
    rng = np.random.default_rng(2)
    nengo.Connection(x, a)
    nengo.Connection(a, b[1], solver=nengo.solvers.LstsqL2(weights=True), function=np.square)
    nengo.Connection(
        a,
        b,
        function=lambda v: [v[0], v[0]],
        solver=nengo.solvers.NoSolver(rng.normal(0, 1e-3, (50, 2))),
    )
    nengo.Connection(
        a, b[0], solver=nengo.solvers.NoSolver(rng.normal(0, 1e-3, (50, 1)), weights=True)
    )
    nengo.Connection(b[0], a, solver=nengo.solvers.LstsqNoise(), transform=-0.3)
    nengo.Probe(b, synapse=0.01, label="value", solver=nengo.solvers.Lstsq())


def full_weights_wherever_they_can_be():
    with nengo.Config(nengo.Connection) as config:
        config[nengo.Connection].solver = nengo.solvers.LstsqL2(weights=True)
        x, relay = signal(), nengo.Node(size_in=1, label="relay")
        a, b = nengo.Ensemble(50, 1, label="a"), nengo.Ensemble(30, 1, label="b")
        nengo.Connection(x, a)
        nengo.Connection(a, b)
        nengo.Connection(a, relay, synapse=None)
        nengo.Connection(relay, b.neurons, transform=np.ones((30, 1)))
        nengo.Connection(b, a.neurons[:1])
        nengo.Probe(b, synapse=0.01, label="value")


NETWORKS = [
    channel,
    integrator,
    oscillator_with_a_kick,
    odd_lif,
    initial_states,
    counting_neurons,
    other_synapses,
    no_synapse_chain,
    slices,
    neurons_and_transforms,
    sparse_and_convolution,
    solvers,
    full_weights_wherever_they_can_be,
]


@pytest.mark.filterwarnings("ignore:For connections:UserWarning")
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_every_spike_and_value_is_nengos(network, tmp_path):
    with nengo.Network(seed=3) as model:
        network()
    assert_exact(model, tmp_path)


def test_another_time_step_is_nengos_too(tmp_path):
    with nengo.Network(seed=3) as model:
        channel()
    trained = assert_exact(model, tmp_path, dt=0.0004)
    assert trained.dt_s == 0.0004


def test_a_long_run_stays_exact(tmp_path):
    with nengo.Network(seed=3) as model:
        integrator()
    assert_exact(model, tmp_path, steps=3000)


@pytest.mark.skipif(not hasattr(nengo, "ConvolutionTranspose"), reason="Nengo has none yet")
def test_a_transposed_convolution_is_nengos(tmp_path):
    with nengo.Network(seed=3) as model:
        x, a = signal(4), nengo.Ensemble(9, 1, label="a")
        transform = nengo.ConvolutionTranspose(1, (2, 2, 1), kernel_size=(2, 2))
        nengo.Connection(x, a.neurons, transform=transform, synapse=None)
    assert_exact(model, tmp_path)


def test_matrices_are_written_as_short_as_may_be():
    with nengo.Network(seed=3) as model:
        x, a = nengo.Node(lambda t: [t, t], label="x"), nengo.Ensemble(20, 2, label="a")
        for transform in (1, 0.5, [0.5, 2], [[0, 1], [1, 0]]):
            nengo.Connection(x, a, transform=transform)
        nengo.Connection(x[1], a[0])
        nengo.Connection(x, a, transform=np.zeros((2, 2)))
    whole, scaled, diagonal, full, sliced = from_nengo(model).connections
    assert whole.transform is whole.pre_slice is whole.post_slice is None
    assert scaled.transform == 0.5
    np.testing.assert_array_equal(diagonal.transform, [0.5, 2])
    np.testing.assert_array_equal(full.transform, [[0, 1], [1, 0]])
    assert (sliced.transform, sliced.pre_slice, sliced.post_slice) == (None, [1], [0])
