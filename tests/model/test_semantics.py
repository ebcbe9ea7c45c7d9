"""What a model means is said in words."""

import json

import numpy as np
import pytest

from nef2hw.model.network import (
    Connection,
    Endpoint,
    Ensemble,
    IfNeurons,
    Input,
    LifNeurons,
    Probe,
    RectifiedNeurons,
    TrainedNetwork,
)
from nef2hw.model.semantics import describe_synapse, semantics
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass


def ensemble(name, neurons, **fields):
    return Ensemble(name, np.ones(3), np.zeros(3), neurons, **fields)


def network():
    return TrainedNetwork(
        0.001,
        (
            Input("x", 2, "value", np.array([-1.0, -3.0]), np.array([1.0, 2.0])),
            Input("s", 1, "spike", np.zeros(1), np.ones(1)),
            Input("c", 2, "value", np.zeros(2), np.ones(2), np.array([0.25, 0.5])),
        ),
        (
            ensemble("b", RectifiedNeurons(2.0), voltage_init=np.array([0.0, 0.25, 0.5])),
            ensemble("a", LifNeurons(tau_ref_s=0.0025), refractory_init_s=np.full(3, 1e-3)),
            ensemble("c", IfNeurons(reset="subtract", min_voltage=-2.0)),
        ),
        (
            Connection("ab", Endpoint("a", True), Endpoint("b", True)),
            Connection(
                "bb", Endpoint("b", True), Endpoint("b", True), synapse=Alpha(0.01), delay=1
            ),
        ),
        (Probe("p", Endpoint("b", True), 3, synapse=Lowpass(0.02), delay=1),),
        ("dt is not in the file: 0.001 s is used",),
    )


def test_it_is_plain_values_that_json_takes():
    found = semantics(network())
    assert json.loads(json.dumps(found)) == found
    assert found["dt_s"] == 0.001
    assert found["assumed"] == ["dt is not in the file: 0.001 s is used"]


def test_only_rules_that_the_network_has_are_told():
    rules = semantics(network())["rules"]
    assert any(rule.startswith("exact:") for rule in rules)
    assert not any(rule.startswith("euler:") for rule in rules)
    assert any(rule.startswith("a refractory time runs from the moment") for rule in rules)


def test_ensembles_are_updated_after_what_reaches_them_within_the_step():
    assert semantics(network())["update_order"] == ["a", "c", "b"]


def test_inputs_say_their_range_or_what_a_spike_is():
    found = semantics(network())["inputs"]
    assert found["x"] == {"size": 2, "kind": "value", "low": -3.0, "high": 2.0}
    assert found["c"]["default"] == "0.25 to 0.5"
    assert found["s"] == {"size": 1, "kind": "spike", "value_of_a_spike": 1000.0}


def test_neurons_say_their_reset_refractory_rule_and_initial_state():
    found = semantics(network())["ensembles"]
    assert found["a"] == {
        "neurons": 3,
        "neuron_type": "LIF",
        "reset": "to 0",
        "discretization": "exact",
        "tau_rc_s": 0.02,
        "tau_ref_s": 0.0025,
        "refractory": "2.5 steps",
        "min_voltage": 0.0,
        "value_of_a_spike": 1000.0,
        "initial_voltage": "0",
        "initial_refractory_s": "0.001",
    }
    assert found["b"] == {
        "neurons": 3,
        "neuron_type": "SpikingRectifiedLinear",
        "reset": "by 1 for each of several spikes",
        "value_of_a_spike": 2000.0,
        "initial_voltage": "0 to 0.5",
    }
    assert (found["c"]["reset"], found["c"]["min_voltage"]) == ("by 1", -2.0)


@pytest.mark.parametrize(
    ("tau_ref_s", "said"),
    [(0.0, "none"), (0.001, "1 step"), (0.003, "3 steps"), (0.0003, "0.3 steps")],
)
def test_a_refractory_time_is_said_in_steps(tau_ref_s, said):
    one = TrainedNetwork(0.001, (), (ensemble("a", LifNeurons(tau_ref_s=tau_ref_s)),), (), ())
    assert semantics(one)["ensembles"]["a"]["refractory"] == said


def test_connections_and_probes_say_synapse_and_delay():
    found = semantics(network())
    assert found["connections"]["ab"] == {
        "pre": "a.neurons",
        "post": "b.neurons",
        "synapse": "none",
        "delay": 0,
    }
    assert found["connections"]["bb"]["synapse"] == "alpha 0.01 s"
    assert found["probes"]["p"] == {
        "target": "b.neurons",
        "size": 3,
        "synapse": "lowpass 0.02 s",
        "delay": 1,
    }


def test_every_synapse_has_words():
    assert describe_synapse(Lowpass(0.0)) == "none, a plain delay"
    linear = LinearFilter(((0.5, 0.0), (0.1, 0.5)), (1.0, 0.0), (0.0, 1.0), 0.5)
    assert describe_synapse(linear) == "linear of order 2, with direct part"
