"""The float reference and nengo.Simulator agree on filters of every kind, and delays."""

import numpy as np
import pytest

from nef2hw.model.npz import load_model, save_model
from tests.nengo_models import assert_reference_equals, run_nengo, smooth_noise, stimulus_node

nengo = pytest.importorskip("nengo")

STEPS = 800


def band(omega, damping, zeros=(1.0,)):
    """Return ``zeros(s) / (s**2/omega**2 + 2 damping s/omega + 1)``."""
    return nengo.LinearFilter(list(zeros), [omega**-2, 2 * damping / omega, 1.0])


SYNAPSES = {
    "alpha": lambda: nengo.Alpha(0.008),
    "fast alpha": lambda: nengo.Alpha(0.0006),
    "first order": lambda: nengo.LinearFilter([0.8], [0.02, 1.0]),
    "first order with D": lambda: nengo.LinearFilter([0.02, 1.0], [0.05, 1.0]),
    "first order, bilinear": lambda: nengo.LinearFilter([1.0], [0.01, 1.0], method="bilinear"),
    "over-damped": lambda: band(150.0, 2.0),
    "under-damped": lambda: band(150.0, 0.1),
    "with a zero": lambda: band(150.0, 0.4, (0.01, 1.0)),
    "bandpass": lambda: band(100.0, 0.5, (0.01, 0.0)),
    "with D": lambda: band(200.0, 0.5, (0.2 * 200.0**-2, 0.004, 1.0)),
    "high-pass": lambda: band(60.0, 0.7, (60.0**-2, 0.0, 0.0)),
    "euler": lambda: nengo.LinearFilter([1.0], [1e-4, 0.02, 1.0], method="euler"),
    "discrete, first order": lambda: nengo.LinearFilter([0.3], [1.0, -0.7], analog=False),
    "discrete, second order": lambda: nengo.LinearFilter([0.1, 0.2], [1, -1, 0.3], analog=False),
    "discrete, with D": lambda: nengo.LinearFilter([0.3, -0.2, 0.1], [1, -1, 0.3], analog=False),
    "a delay of two steps": lambda: nengo.LinearFilter([1.0], [1.0, 0.0, 0.0], analog=False),
}


def everywhere(synapse):
    """The synapse on inputs, forward, recurrent, between neurons and on probes."""
    x = stimulus_node(nengo, smooth_noise(1, STEPS, 2), "x")
    a = nengo.Ensemble(50, 2, label="a")
    b = nengo.Ensemble(40, 1, label="b")
    nengo.Connection(x, a, synapse=synapse)
    nengo.Connection(a, b, function=lambda v: v[0] * v[1], synapse=synapse)
    nengo.Connection(b, a[1], transform=0.3, synapse=synapse)
    nengo.Connection(a.neurons[:10], b.neurons[5:15], transform=0.0005, synapse=synapse)
    nengo.Probe(b, synapse=synapse, label="decoded")
    nengo.Probe(b.neurons, synapse=synapse, label="rates")


@pytest.mark.parametrize("name", SYNAPSES)
def test_a_synapse_does_as_in_nengo_wherever_it_is(name, tmp_path):
    with nengo.Network(seed=2) as network:
        everywhere(SYNAPSES[name]())
    run = run_nengo(nengo, network, STEPS)
    save_model(run.arrays, tmp_path / "model.npz")

    assert_reference_equals(run, load_model(tmp_path / "model.npz"))


@pytest.mark.parametrize(
    "synapse",
    [
        lambda: nengo.Lowpass(0.01),
        lambda: nengo.Alpha(0.01),
        lambda: band(150.0, 0.3, (1e-6, 0.01, 1.0)),
    ],
    ids=["lowpass", "alpha", "linear with D"],
)
def test_a_filter_without_delay_acts_within_the_step(synapse, tmp_path):
    with nengo.Network(seed=3) as network:
        x = stimulus_node(nengo, smooth_noise(3, STEPS, 1), "x")
        a = nengo.Ensemble(50, 1, label="a")
        b = nengo.Ensemble(50, 1, label="b")
        into_a = nengo.Node(synapse(), size_in=1)
        into_b = nengo.Node(synapse(), size_in=1)
        nengo.Connection(x, into_a, synapse=None)
        nengo.Connection(into_a, a, synapse=None)
        nengo.Connection(a, into_b, function=np.square, synapse=None)
        nengo.Connection(into_b, b, synapse=None)
        nengo.Connection(b, a, transform=0.2, synapse=0.02)
        nengo.Probe(b, synapse=None, label="out")
    run = run_nengo(nengo, network, STEPS)
    save_model(run.arrays, tmp_path / "model.npz")

    assert_reference_equals(run, load_model(tmp_path / "model.npz"))


@pytest.mark.parametrize("tau_s", [0.0, 0.004])
def test_spikes_may_be_probed_a_step_late(tau_s, tmp_path):
    with nengo.Network(seed=4) as network:
        x = stimulus_node(nengo, smooth_noise(4, STEPS, 1), "x")
        a = nengo.Ensemble(30, 1, label="a")
        nengo.Connection(x, a, synapse=nengo.Alpha(0))
        nengo.Probe(a.neurons, synapse=nengo.Lowpass(tau_s), label="late")
    run = run_nengo(nengo, network, STEPS)
    if tau_s == 0:
        del run.arrays["probes/late/synapse"]
        run.arrays["probes/late/delay"] = 1
    save_model(run.arrays, tmp_path / "model.npz")

    assert_reference_equals(run, load_model(tmp_path / "model.npz"))
