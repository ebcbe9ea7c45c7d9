"""Probes: what is reported, and what is left out with a note."""

import nengo
import numpy as np
import pytest

from nef2hw.frontends.nengo import from_nengo
from tests.frontends.nengo.comparison import assert_exact, signal


@pytest.fixture
def model():
    """Return two ensembles, the second without a synapse behind the first."""
    with nengo.Network(seed=5) as network:
        network.x, network.a = signal(2), nengo.Ensemble(30, 2, label="a")
        network.b = nengo.Ensemble(20, 1, label="b")
        network.relay = nengo.Node(size_in=3, label="relay")
        network.other = nengo.Node(size_in=2, label="other")
        network.link = nengo.Connection(network.x, network.a)
        nengo.Connection(network.a, network.b, function=np.prod, synapse=None)
    return network


def left_out(trained):
    """Return the note on probes that are left out."""
    (note,) = (note for note in trained.notes if note.startswith("probes left out"))
    return note


def test_a_passthrough_node_is_seen_as_the_sum_of_what_leads_to_it(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=None)
        nengo.Connection(model.a, model.relay[1:], function=np.square, synapse=0.01)
        nengo.Connection(model.b, model.relay[1], synapse=None)
        nengo.Connection(model.b.neurons[3:5], model.relay[1:], synapse=None, transform=0.01)
        nengo.Probe(model.relay, synapse=0.02, label="filtered")
        nengo.Probe(model.relay[::-1], label="reversed")
        nengo.Probe(model.relay[[1]], synapse=0.01, label="one")
    trained = assert_exact(model, tmp_path)
    assert [(probe.name, probe.size) for probe in trained.probes] == [
        ("filtered", 3),
        ("reversed", 3),
        ("one", 1),
    ]


def test_constants_that_lead_to_a_probe_are_its_bias(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=None)
        with nengo.Network():
            c, d = nengo.Node([0.7], label="c"), nengo.Node([0.2], label="d")
        nengo.Connection(c, model.relay[2], synapse=None)
        nengo.Connection(d, model.relay[1:], transform=[[2], [3]], synapse=None)
        nengo.Probe(model.relay, label="sum")
    trained = assert_exact(model, tmp_path)
    np.testing.assert_allclose(trained.probes[0].bias, [0, 0.4, 1.3])
    assert "constant nodes that became part of a bias: c in probes/sum, d in probes/sum" in (
        trained.notes
    )


def test_a_constant_that_a_probe_filters_is_an_input(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=None)
        nengo.Connection(nengo.Node([0.7], label="c"), model.relay[2], synapse=None)
        nengo.Probe(model.relay, synapse=0.01, label="filtered")
    assert [source.name for source in assert_exact(model, tmp_path).inputs] == ["x", "c"]


def test_a_probe_of_neurons_and_inputs_sees_both(model, tmp_path):
    with model:
        nengo.Connection(model.b, model.relay[0], synapse=None)
        nengo.Connection(model.x, model.relay[:2], synapse=None)
        nengo.Probe(model.relay, label="both")
    assert_exact(model, tmp_path)


def test_probes_without_label_are_called_as_what_they_see(model):
    with model:
        nengo.Connection(model.b, model.relay[0], synapse=None)
        for target in (model.a, model.a, model.b.neurons, model.relay):
            nengo.Probe(target)
    names = [probe.name for probe in from_nengo(model).probes]
    assert names == ["a", "a_2", "b_spikes", "relay"]


def test_what_stays_inside_the_hardware_is_left_out(model):
    with model:
        nengo.Probe(model.a.neurons, "voltage")
        nengo.Probe(model.b, "input")
        nengo.Probe(model.link)
        nengo.Probe(model.x)
        nengo.Probe(model.relay)
        nengo.Connection(model.x, model.other, synapse=None)
        nengo.Probe(model.other)
        nengo.Probe(nengo.Node([1.0], label="one"), label="constant")
        nengo.Probe(model.b, label="kept")
    trained = from_nengo(model)
    assert [probe.name for probe in trained.probes] == ["kept"]
    assert left_out(trained) == (
        "probes left out, as the hardware does not report what they see: "
        "a_voltage (voltage of a.neurons), b_input (input of b), probe_output (output of a "
        "connection), x (the node x, given from outside), relay (nothing leads to it), other (only "
        "of x), constant (the node one, given from outside)"
    )


def test_a_sampled_probe_is_reported_in_every_step(model):
    with model:
        nengo.Probe(model.a, sample_every=0.01, label="seldom")
    trained = from_nengo(model)
    assert trained.notes[-1] == (
        "probes that the hardware reports in every step: seldom (in Nengo every 0.01 s)"
    )


def test_a_note_of_many_probes_says_how_many_more(model):
    with model:
        for _ in range(40):
            nengo.Probe(model.x, label="p")
    note = left_out(from_nengo(model))
    assert 460 < len(note) <= 500
    assert note.endswith("more")
