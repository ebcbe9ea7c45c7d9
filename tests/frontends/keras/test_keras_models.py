"""Stored files of Keras 2 and Keras 3 that say what their layers are."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.keras import import_keras
from nef2hw.model.network import LifNeurons, RectifiedNeurons
from tests.frontends.keras.models import VECTORS


def vector(name):
    with np.load(VECTORS / f"{name}.npz") as arrays:
        return dict(arrays)


def rates(network, x):
    """What a network of rectified neurons computes on the average, for inputs (k, n_in)."""
    values = x
    for connection, ensemble in zip(network.connections, network.ensembles, strict=True):
        current = ensemble.gain * (values @ connection.transform.T) + ensemble.bias
        values = ensemble.neurons.amplitude * np.maximum(current, 0)
    (probe,) = network.probes
    return values @ probe.transform.T + probe.bias


@pytest.mark.parametrize("scale", [None, 100, [10, 200]])
def test_a_keras_3_model_computes_what_keras_computed(scale):
    stored = vector("keras3_outputs")
    network = import_keras(VECTORS / "keras3_model.keras", scale_firing_rates=scale)
    np.testing.assert_allclose(rates(network, stored["x"]), stored["logits"], rtol=1e-4, atol=1e-4)
    notes = " ".join(network.notes)
    assert "hidden: kernel is layers/dense/vars/0 (16, 10)" in notes
    assert "left out, as they act in training only: dropout" in notes
    assert "softmax of classes is left out" in notes
    assert ("scale_firing_rates=100 or so" in notes) == (scale is None)


def test_weights_of_keras_3_are_read_in_the_order_of_the_layers():
    stored = vector("keras3_outputs")
    network = import_keras(VECTORS / "keras3.weights.h5", neuron_type="relu")
    np.testing.assert_allclose(rates(network, stored["x"]), stored["plain"], rtol=1e-4, atol=1e-4)
    assert network.notes[0].startswith("zulu: kernel is layers/dense/vars/0 (16, 10), bias is")


def test_a_keras_2_model_says_where_neurons_are_and_its_weights_do_not():
    model = import_keras(VECTORS / "keras2_model.h5")
    weights = import_keras(VECTORS / "keras2_weights.h5")
    assert {type(ensemble.neurons) for ensemble in model.ensembles} == {RectifiedNeurons}
    assert {type(ensemble.neurons) for ensemble in weights.ensembles} == {LifNeurons}
    assert not any("where neurons are" in note for note in model.notes)
    assert (
        "the file does not say where neurons are; they stand after every Dense layer but the "
        "last, readout" in weights.notes
    )
    for one, other in zip(model.connections, weights.connections, strict=True):
        np.testing.assert_array_equal(one.transform, other.transform)


def test_constants_that_are_given_are_used_and_noted():
    network = import_keras(
        VECTORS / "keras2_weights.h5",
        dt=0.002,
        tau_rc_s=0.03,
        tau_ref_s=0.0,
        amplitude=0.5,
        gain=[2, np.arange(12)],
        neuron_bias=1.5,
        synapse=0.01,
        input_range=(0, 1),
    )
    assert network.dt_s == 0.002
    assert {ensemble.neurons for ensemble in network.ensembles} == {LifNeurons(0.03, 0.0, 0.5)}
    np.testing.assert_array_equal(network.ensembles[1].gain, np.arange(12))
    assert network.notes[-1] == (
        "used for what the file does not say: dt 0.002 s, inputs from 0 to 1, synapse 0.01, LIF "
        "of tau_rc 0.03 s, tau_ref 0 s, amplitude 0.5"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"neuron_type": ["LIF"]}, r"neuron_type is \['LIF'\], expected 'LIF' or 'SpikingRectifie"),
        ({"neuron_type": "LIFrate"}, "neuron_type is 'LIFrate', .*; did you mean 'LIFRate'"),
        (
            {"neuron_type": "SpikingRectifiedLinear", "tau_ref_s": 0.001},
            "tau_ref_s is given, but SpikingRectifiedLinear neurons have none",
        ),
        (
            {"neuron_type": "relu", "tau_ref_s": 0.001, "tau_rc_s": 0.1},
            "tau_rc_s and tau_ref_s are given, but SpikingRectifiedLinear neurons have none",
        ),
        (
            {"gain": [1, 2, 3]},
            "gain is a list of length 3, expected a number, or a list .* 2 layer",
        ),
        ({"neuron_bias": "1"}, "neuron_bias is a str of length 1, expected a number"),
        ({"gain": [np.ones(3), 1]}, r"layers/0/neuron_gain has shape \(3,\), expected \(10,\)"),
        ({"amplitude": -1}, r"keras2_weights.h5: layers/0/amplitude is -1, expected above 0"),
    ],
)
def test_bad_constants_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        import_keras(VECTORS / "keras2_weights.h5", **options)


@pytest.mark.parametrize("options", [{"readout": True}, {"arrays": ["hidden_0"]}])
def test_what_the_file_says_need_not_be_said(options):
    with pytest.raises(
        ModelError, match="is given, expected it absent: the file says what its lay"
    ):
        import_keras(VECTORS / "keras2_model.h5", **options)
