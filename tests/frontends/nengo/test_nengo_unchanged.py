"""A simulator and its network are taken only while they belong together."""

import nengo
import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo import from_nengo
from tests.frontends.nengo.comparison import signal


@pytest.fixture(params=[False, True], ids=["as built", "optimized"])
def built(request):
    """Make a network and its simulator."""
    with nengo.Network(seed=0) as model:
        x = signal(2)
        model.a = nengo.Ensemble(20, 2, label="a")
        model.b = nengo.Ensemble(20, 2, label="b", neuron_type=nengo.LIF(tau_rc=0.05))
        passed = nengo.Node(size_in=2, label="passed")
        nengo.Connection(x, model.a, synapse=None)
        nengo.Connection(x, passed, synapse=0.01)
        nengo.Connection(passed, model.a, synapse=None)
        nengo.Connection(model.a.neurons, model.b.neurons, transform=np.full((20, 20), 1e-3))
        model.c = nengo.Connection(model.a, model.b[::-1], transform=0.5, synapse=0.1)
        nengo.Connection(model.b, model.a, synapse=nengo.Alpha(0.1))
        model.p = nengo.Probe(model.b, synapse=0.02, label="b")
        nengo.Probe(passed, synapse=0.03, label="passed")
        model.rates = nengo.Probe(model.b.neurons, synapse=0.05, label="rates")
        model.raw = nengo.Probe(model.a.neurons, label="spikes")
    with nengo.Simulator(model, optimize=request.param, progress_bar=False) as simulator:
        yield model, simulator


def add_ensemble(model):
    with model:
        nengo.Ensemble(5, 1, label="late")


def add_connection(model):
    with model:
        nengo.Connection(model.b, model.a)


def add_probe(model):
    with model:
        nengo.Probe(model.a, label="late")


CHANGES = {
    "radius of <Ensemble .*a.*> was set": lambda m: setattr(m.a, "radius", 3.0),
    "neuron_type of <Ensemble .*b.*> was set": lambda m: setattr(m.b, "neuron_type", nengo.LIF()),
    "synapse of <Connection .*> was set": lambda m: setattr(m.c, "synapse", 0.2),
    "synapse of <Connection .*> was set ": lambda m: setattr(m.c, "synapse", None),
    "transform of <Connection .*> was set": lambda m: setattr(m.c, "transform", 0.25),
    "synapse of <Probe .*> was set": lambda m: setattr(m.p, "synapse", None),
    "synapse of <Probe .*> was set ": lambda m: setattr(m.raw, "synapse", 0.1),
    "synapse of <Probe .*> was set  ": lambda m: setattr(m.rates, "synapse", 0.1),
    "<Ensemble .*late.*> was added": add_ensemble,
    "<Connection .*> was added": add_connection,
    "<Probe .*> was added": add_probe,
    "<Connection .*> was taken away": lambda m: m.connections.remove(m.c),
}


def test_what_was_not_changed_is_taken(built):
    _, simulator = built
    assert [ensemble.name for ensemble in from_nengo(simulator).ensembles] == ["a", "b"]


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_since_is_named(built, change):
    model, simulator = built
    CHANGES[change](model)
    message = f"^{change.strip()} after the simulator was built; give from_nengo a new simulator"
    with pytest.raises(ModelError, match=message):
        from_nengo(simulator)
    if "late" not in change:
        from_nengo(model)
