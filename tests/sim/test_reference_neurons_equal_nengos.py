"""The float reference and nengo.Simulator agree on neurons that count their spikes."""

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.model.npz import load_model, save_model
from nef2hw.model.parse import parse_model
from nef2hw.sim.reference import simulate_reference
from tests.model.models import small_model
from tests.nengo_models import assert_reference_equals, run_nengo, smooth_noise, stimulus_node

nengo = pytest.importorskip("nengo")

STEPS = 1000


def rectified(low, high, amplitude=1.0):
    """Options of an ensemble that fires at up to ``high`` spikes a second."""
    return {
        "neuron_type": nengo.SpikingRectifiedLinear(amplitude),
        "max_rates": nengo.dists.Uniform(low, high),
    }


def ordinary_rates():
    x = stimulus_node(nengo, smooth_noise(1, STEPS, 1), "x")
    a = nengo.Ensemble(60, 1, label="a", **rectified(100, 400))
    nengo.Connection(x, a, synapse=None)
    nengo.Probe(a, synapse=0.01, label="out")
    nengo.Probe(a.neurons, synapse=None, label="spikes")


def several_spikes_a_step():
    x = stimulus_node(nengo, smooth_noise(2, STEPS, 2), "x")
    a = nengo.Ensemble(60, 2, label="a", **rectified(2000, 9000, 0.3))
    b = nengo.Ensemble(50, 1, label="b", **rectified(1000, 5000, 2.5))
    nengo.Connection(x, a, synapse=0.005)
    nengo.Connection(a, b, function=lambda v: v[0] * v[1], synapse=None)
    nengo.Connection(a.neurons[:5], b.neurons[:5], transform=2e-4, synapse=0.01)
    nengo.Probe(b, synapse=nengo.Alpha(0.01), label="out")
    nengo.Probe(b.neurons, synapse=None, label="spikes")


def recurrent():
    x = stimulus_node(nengo, smooth_noise(3, STEPS, 1), "x")
    a = nengo.Ensemble(80, 1, label="a", **rectified(500, 3000, 0.01))
    nengo.Connection(x, a, transform=0.1, synapse=0.1)
    nengo.Connection(a, a, synapse=0.1)
    nengo.Probe(a, synapse=0.02, label="out")


def mixed_with_leaky_neurons():
    x = stimulus_node(nengo, smooth_noise(4, STEPS, 1), "x")
    a = nengo.Ensemble(60, 1, label="a")
    b = nengo.Ensemble(60, 1, label="b", **rectified(500, 3000))
    c = nengo.Ensemble(60, 1, label="c", radius=1.5)
    nengo.Connection(x, a, synapse=None)
    nengo.Connection(a, b, function=np.square, synapse=None)
    nengo.Connection(b, c, synapse=nengo.Alpha(0.005))
    nengo.Connection(c, a, transform=-0.5, synapse=nengo.Lowpass(0))
    nengo.Connection(b.neurons[3], c.neurons[4:6], transform=[[0.001], [-0.002]], synapse=0.003)
    nengo.Probe(c, synapse=0.02, label="out")


NETWORKS = {
    "ordinary rates": ordinary_rates,
    "several spikes a step": several_spikes_a_step,
    "recurrent": recurrent,
    "mixed with leaky neurons": mixed_with_leaky_neurons,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_count_and_probe_is_nengos(name, tmp_path):
    with nengo.Network(seed=5) as network:
        NETWORKS[name]()
    run = run_nengo(nengo, network, STEPS)
    save_model(run.arrays, tmp_path / "model.npz")

    assert_reference_equals(run, load_model(tmp_path / "model.npz"))
    several = any((counts > 1).any() for counts in run.spikes.values())
    assert several == (name != "ordinary rates")


def test_more_spikes_than_a_trace_can_tell_are_refused():
    arrays = small_model() | {
        "ensembles/a/neuron_type": "SpikingRectifiedLinear",
        "ensembles/a/bias": np.array([0.0, 255e3, 0.0, 0.0]),
        "ensembles/a/voltage_init": np.array([0.0, 0.5, 0.0, 0.0]),
        "ensembles/a/gain": np.array([0.0, 0.0, 1.0, 0.0]),
    }
    folded = fold(parse_model(arrays))
    assert simulate_reference(folded, {"x": np.zeros((3, 1))}).spikes["a"].max() == 255
    loud = {"x": np.array([[0.0], [255e3], [256e3]])}
    message = "ensembles/a: neuron 2 fires 256 times in step 2, at most 255 can be told; lower its"
    with pytest.raises(ModelError, match=message):
        simulate_reference(folded, loud)
