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
        network.link = nengo.Connection(network.x, network.a)
        nengo.Connection(network.a, network.b, function=np.prod, synapse=None)
    return network


def left_out(trained):
    """Return the note on probes that are left out."""
    (note,) = (note for note in trained.notes if note.startswith("probes left out"))
    return note


def test_a_passthrough_node_of_one_ensemble_is_one_probe(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=None)
        nengo.Connection(model.a, model.relay[1:], function=np.square, synapse=None)
        nengo.Probe(model.relay, synapse=0.01, label="filtered")
        nengo.Probe(model.relay[::-1], label="reversed")
        nengo.Probe(model.relay[[1]], synapse=nengo.Alpha(0.01), label="one")
    trained = assert_exact(model, tmp_path)
    assert [(probe.name, probe.size) for probe in trained.probes] == [
        ("filtered", 3),
        ("reversed", 3),
        ("one", 1),
    ]


def test_constants_that_lead_to_a_probe_are_its_bias(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=None)
        nengo.Connection(nengo.Node([0.7], label="c"), model.relay[2], synapse=None)
        nengo.Probe(model.relay, label="plain")
        nengo.Probe(model.relay, synapse=0.01)
    trained = assert_exact(model, tmp_path)
    (plain,) = trained.probes
    assert plain.bias.tolist() == [0, 0, 0.7]
    assert left_out(trained).endswith("relay (c, given from outside)")


def test_synapses_before_and_in_a_probe_become_one(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=0.02)
        nengo.Probe(model.relay, synapse=0.01, label="filtered")
    assert_exact(model, tmp_path)


def test_a_passthrough_node_of_several_ensembles_is_a_probe_of_each(model, tmp_path):
    with model:
        nengo.Connection(model.a, model.relay[:2], synapse=None)
        nengo.Connection(model.a, model.relay[:2], synapse=0.01)
        nengo.Connection(model.b, model.relay[1], synapse=None)
        nengo.Connection(nengo.Node([0.5]), model.relay[2], synapse=None)
        nengo.Probe(model.relay, label="sum")
    trained = assert_exact(model, tmp_path)
    assert [probe.name for probe in trained.probes] == ["sum_a", "sum_a_2", "sum_b"]
    assert trained.notes[-1] == (
        "probes of several ensembles, one for each, to be added: sum = sum_a + sum_a_2 + sum_b"
    )


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
        nengo.Probe(nengo.Node([1.0], label="one"), label="constant")
        nengo.Probe(model.b, label="kept")
    trained = from_nengo(model)
    assert [probe.name for probe in trained.probes] == ["kept"]
    assert left_out(trained) == (
        "probes left out, as the hardware does not report what they see: "
        "a_voltage (voltage of a.neurons), b_input (input of b), probe_output (output of a "
        "connection), x (x, given from outside), relay (a node that nothing leads to), "
        "constant (a constant)"
    )


def test_what_also_sees_an_input_is_left_out(model):
    with model:
        nengo.Connection(model.b, model.relay[0], synapse=None)
        nengo.Connection(model.x[0], model.relay[1], synapse=None)
        nengo.Probe(model.relay, label="mixed")
    assert left_out(from_nengo(model)).endswith("mixed (x, given from outside)")


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
            nengo.Probe(model.x, label="long_" * 10)
    note = left_out(from_nengo(model))
    assert 430 < len(note) <= 500
    assert note.endswith("more")
