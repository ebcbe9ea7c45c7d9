"""Models that say what their layers are, from Keras 2 and Keras 3."""

import copy
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.keras import import_keras
from nef2hw.frontends.keras.config import chain_of
from nef2hw.frontends.keras.contents import Contents, LayerArrays
from nef2hw.frontends.keras.files import read_contents
from nef2hw.frontends.keras.hdf5_layout import natural
from nef2hw.frontends.keras.model import plan_of_model
from nef2hw.frontends.keras.plan import NeuronsHere
from nef2hw.frontends.layers.records import BatchNormalization, Dense
from nef2hw.model.network import LifNeurons, RectifiedNeurons

VECTORS = Path(__file__).parents[2] / "vectors" / "nengo_dl"
RNG = np.random.default_rng(3)


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


def sequential(*layers, **settings):
    entries = [{"class_name": kind, "config": {"name": name, **s}} for kind, name, s in layers]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": entries, **settings}}


def dense(name, units, **settings):
    return ("Dense", name, {"units": units, "activation": "linear", "use_bias": True, **settings})


def contents(**layers):
    """Arrays by layer, named as Keras 2 names them."""
    found = [
        LayerArrays(name, name, {f"{name}/{k}": array for k, array in enumerate(arrays)})
        for name, arrays in layers.items()
    ]
    return Contents(tuple(found), "layers")


def arrays(*shapes):
    return [RNG.normal(size=shape) for shape in shapes]


def plan(config, given):
    return plan_of_model(chain_of(config), given)


IMAGE = ("InputLayer", "in", {"batch_input_shape": [None, 2, 3]})
D = arrays((6, 4), (4,))


@pytest.mark.parametrize(
    ("activation", "kinds"),
    [
        ("relu", [Dense, NeuronsHere]),
        ("linear", [Dense]),
        (None, [Dense]),
        ("softmax", [Dense]),
        ({"class_name": "ReLU", "config": {"max_value": None}}, [Dense, NeuronsHere]),
        ({"class_name": "Softmax", "config": None}, [Dense]),
    ],
)
def test_activations_are_neurons_or_nothing(activation, kinds):
    found = plan(sequential(dense("d", 4, activation=activation)), contents(d=D))
    assert [type(step) for _, step in found.steps] == kinds
    assert any("softmax of d is left out" in note for note in found.notes) == (
        "oft" in str(activation)
    )


def test_a_normalization_of_an_image_is_spread_over_its_pixels():
    gamma, beta, mean = arrays((3,), (3,), (3,))
    variance = np.ones(3)
    config = sequential(
        IMAGE,
        ("BatchNormalization", "n", {"axis": [2], "epsilon": 0.1}),
        ("Reshape", "r", {"target_shape": [3, -1]}),
        ("Flatten", "f", {"data_format": "channels_last"}),
        dense("d", 4),
    )
    found = plan(config, contents(n=[gamma, beta, mean, variance], d=D))
    (_, normal), (_, after) = found.steps
    assert (type(normal), type(after), normal.epsilon) == (BatchNormalization, Dense, 0.1)
    np.testing.assert_array_equal(normal.gamma, np.tile(gamma, 2))
    np.testing.assert_array_equal(normal.moving_mean, np.tile(mean, 2))


def test_a_normalization_without_scale_and_center_has_ones_and_zeros():
    config = sequential(
        dense("d", 4), ("BatchNormalization", "n", {"scale": False, "center": False})
    )
    (_, (_, normal)) = plan(config, contents(d=D, n=arrays((4,), (4,)))).steps
    np.testing.assert_array_equal(normal.gamma, np.ones(4))
    np.testing.assert_array_equal(normal.beta, np.zeros(4))


def test_a_sequential_model_without_input_layer_has_its_shape_beside_the_layers():
    config = sequential(dense("d", 4), build_input_shape=[None, 2, 6])
    with pytest.raises(ModelError, match=r"Dense layer d takes values of shape \(2, 6\), expected"):
        plan(config, contents(d=D))


def test_arrays_without_names_are_numbered_within_their_class():
    shapes = [(5, 5), (5,)]
    given = [arrays(*shapes) for _ in range(12)]
    keys = ["dense", *(f"dense_{k}" for k in range(1, 12))]
    layers = tuple(
        LayerArrays(key, None, {f"{key}/0": kernel, f"{key}/1": bias})
        for key, (kernel, bias) in sorted(zip(keys, given, strict=True), key=lambda each: each[0])
    )
    config = sequential(*(dense(f"dense_{12 - k}", 5) for k in range(12)))
    found = plan(config, Contents(layers, "layers"))
    for (_, step), (kernel, _) in zip(found.steps, given, strict=True):
        np.testing.assert_array_equal(step.kernel, kernel)


def test_long_numbers_do_not_upset_the_order():
    assert sorted(["a_10", "a_2", "a", "a_" + "9" * 5000], key=natural)[:3] == ["a", "a_2", "a_10"]


CUSTOM = {"class_name": "Dense", "registered_name": "mine>Dense", "config": {"name": "d"}}
CONV = ("Conv2D", "conv", {})


@pytest.mark.parametrize(
    ("layers", "given", "message"),
    [
        (
            [IMAGE, dense("d", 4)],
            {"d": D},
            r"Dense layer d takes values of shape \(2, 3\), .*Flatten",
        ),
        (
            [CONV],
            {},
            "Conv2D layer conv is not supported, expected Dense, .*; write the convolution",
        ),
        (
            [("Lambda", "l", {"function": "x"})],
            {},
            "Lambda layer l .* it holds code, which is never",
        ),
        ([("LSTM", "l", {})], {}, "LSTM layer l is not supported, .*nef2hw.from_nengo"),
        ([("Odd\x1b[2J", "l", {})], {}, r"'Odd\\x1b\[2J' layer l is not supported"),
        (
            [dense("d", 4, activation="tanh")],
            {"d": D},
            "Dense layer d has the activation 'tanh', exp",
        ),
        (
            [dense("d", 4, activation={"class_name": "function", "config": "mine"})],
            {"d": D},
            "has the activation {'class_name': 'function', 'config': 'mine'}, expected relu",
        ),
        (
            [dense("d", 4, activation="softmax"), ("ReLU", "r", {})],
            {"d": D},
            "Dense layer d has softmax before ReLU layer r, expected it at the end",
        ),
        (
            [("ReLU", "r", {"max_value": 6.0})],
            {},
            "ReLU layer r has max_value 6.0, expected a plain ReLU",
        ),
        (
            [("Softmax", "s", {"axis": 2})],
            {},
            "Softmax layer s works along axis 2, expected all outputs",
        ),
        (
            [("Flatten", "f", {"data_format": "channels_first"})],
            {},
            "Flatten layer f has data_format 'channels_first', expected 'channels_last'",
        ),
        (
            [("Reshape", "r", {"target_shape": [-1, -1]})],
            {},
            r"Reshape layer r has target_shape \[-1, -1\], expected whole numbers",
        ),
        (
            [("InputLayer", "i", {"batch_shape": [None, 4000, 4000]})],
            {},
            r"InputLayer layer i has shape \(4000, 4000\), expected at most 1000000 values",
        ),
        (
            [("InputLayer", "i", {"batch_shape": [None, "4"]})],
            {},
            r"InputLayer layer i has shape \[None, '4'\], expected whole numbers",
        ),
        (
            [dense("d", 5)],
            {"d": D},
            r"layer d has a kernel of shape \(6, 4\) and units 5, expected",
        ),
        (
            [dense("d", True)],
            {"d": arrays((6, 1), (1,))},
            "layer d has .* and units True, expected",
        ),
        (
            [IMAGE, ("Flatten", "f", {}), dense("d", 4)],
            {"d": arrays((5, 4), (4,))},
            r"Dense layer d has a kernel of shape \(5, 4\), but takes values of shape \(6,\)",
        ),
        (
            [dense("d", 4, use_bias=False)],
            {"d": D},
            r"d has d/0 \(6, 4\), d/1 \(4,\), expected kernel$",
        ),
        ([dense("d", 4)], {}, "Dense layer d has no arrays, expected kernel, bias"),
        (
            [dense("d", 4, use_bias=1)],
            {"d": D},
            "Dense layer d has use_bias 1, expected true or fal",
        ),
        (
            [dense("d", 4)],
            {"d": D, "e": D},
            r"the arrays e/0 \(6, 4\), e/1 \(4,\) belong to a layer e, which .* lacks; it has d$",
        ),
        (
            [dense("d", 4), ("BatchNormalization", "n", {"axis": 0})],
            {"d": D, "n": arrays(*[(4,)] * 4)},
            "BatchNormalization layer n has axis 0, expected the last one, -1",
        ),
        (
            [dense("d", 4), ("BatchNormalization", "n", {})],
            {"d": D, "n": arrays((4,), (4,), (3,), (4,))},
            r"BatchNormalization layer n has arrays of shapes that differ, expected all \(n,\)",
        ),
        (
            [dense("d", 4), ("BatchNormalization", "n", {})],
            {"d": D, "n": arrays(*[(5,)] * 4)},
            r"layer n has arrays of shape \(5,\), but takes values of shape \(4,\)",
        ),
        ([dense("d", 4), dense("d", 4)], {"d": D}, "there are several layers d, expected one"),
    ],
)
def test_what_a_model_cannot_be_is_refused_by_layer(layers, given, message):
    with pytest.raises(ModelError, match=message):
        plan(sequential(*layers), contents(**given))


def test_all_unsupported_layers_are_told_at_once():
    with pytest.raises(ModelError) as caught:
        plan(sequential(CONV, dense("d", 4), ("MaxPooling2D", "pool", {})), contents(d=D))
    assert [p.split()[2] for p in caught.value.problems] == ["conv", "pool"]


def test_a_class_of_ones_own_is_refused_whatever_its_name():
    config = {"class_name": "Sequential", "config": {"layers": [CUSTOM]}}
    with pytest.raises(ModelError, match="Dense layer d is of a class of your own, expected Dense"):
        plan(config, contents(d=D))


def test_arrays_without_names_must_be_as_many_as_layers():
    given = Contents((LayerArrays("dense", None, {"dense/0": D[0]}),), "layers")
    with pytest.raises(
        ModelError, match=r"has 2 layers of class Dense, but there are arrays of 1: d"
    ):
        plan(sequential(dense("a", 4), dense("b", 4)), given)


def functional(*layers, outputs, keras=3):
    """A functional model; each layer is (name, names of those before)."""

    def nodes(before):
        if not before:
            return []
        if keras == 2:
            return [[[name, 0, 0, {}] for name in before]]
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
            for name in before
        ]
        return [{"args": tensors if len(before) == 1 else [tensors], "kwargs": {}}]

    entries = [
        {
            "class_name": "Dropout" if before else "InputLayer",
            "config": {"name": name},
            "inbound_nodes": nodes(before),
        }
        for name, before in layers
    ]
    return {"class_name": "Functional", "config": {"layers": entries, "output_layers": outputs}}


@pytest.mark.parametrize("keras", [2, 3])
@pytest.mark.parametrize("outputs", [["b", 0, 0], [["b", 0, 0]]])
def test_functional_layers_are_ordered_by_what_they_take(keras, outputs):
    config = functional(("b", ["a"]), ("a", ["in"]), ("in", []), outputs=outputs, keras=keras)
    assert [layer.name for layer in chain_of(config)] == ["in", "a", "b"]


@pytest.mark.parametrize(
    ("layers", "outputs", "message"),
    [
        (
            [("i", []), ("a", ["i"]), ("b", ["i"])],
            ["b", 0, 0],
            "i leads to a and b, expected a chain",
        ),
        ([("i", []), ("j", [])], ["j", 0, 0], "inputs i and j, expected a chain of layers"),
        (
            [("i", []), ("a", ["i", "i"])],
            ["a", 0, 0],
            "Dropout layer a takes 2 inputs, expected one",
        ),
        (
            [("i", []), ("a", ["i"])],
            ["i", 0, 0],
            "2 of 2 layers follow .* the outputs are i; expected",
        ),
        ([("i", []), ("a", ["i"])], [["a", 0, 0], ["i", 0, 0]], "the outputs are a, i; expected"),
        (
            [("i", []), ("a", ["i"]), ("b", ["c"]), ("c", ["b"])],
            ["a", 0, 0],
            "2 of 4 layers follow each other from the input, and the outputs are a; expected",
        ),
        (
            [("a", ["b"]), ("b", ["a"])],
            ["b", 0, 0],
            "0 of 2 layers follow each other from the input",
        ),
    ],
)
@pytest.mark.parametrize("keras", [2, 3])
def test_networks_that_branch_are_refused(layers, outputs, message, keras):
    with pytest.raises(ModelError, match=message):
        chain_of(functional(*layers, outputs=outputs, keras=keras))


def entry(**changes):
    whole = {"class_name": "Dropout", "config": {"name": "a"}, "inbound_nodes": [[["i", 0, 0, {}]]]}
    return {
        "class_name": "Functional",
        "config": {"layers": [whole | changes], "output_layers": []},
    }


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "the description of the model is of type list, expected what Keras writes"),
        (
            {"class_name": "Mine", "config": {}},
            "the model is of class Mine, expected Sequential or",
        ),
        ({"class_name": ["Model"]}, r"the model is of class \['Model'\], expected Sequential"),
        ({"class_name": "Sequential", "config": 5}, "description of the model is of type int"),
        ({"class_name": "Sequential", "config": {}}, "description of layers is of type NoneType"),
        ({"class_name": "Sequential", "config": [3]}, "description of a layer is of type int"),
        (
            {"class_name": "Sequential", "config": [{"class_name": 3, "config": {"name": "a"}}]},
            "a layer has the class 3 and the name 'a', expected what Keras writes",
        ),
        (entry(inbound_nodes=3), "the inputs of Dropout layer a is of type int"),
        (entry(inbound_nodes=[[], []]), "Dropout layer a is used 2 times, expected once"),
        (entry(inbound_nodes=[3]), "description of a layer's inputs is of type int"),
        (entry(inbound_nodes=[[[3]]]), "Dropout layer a does not say what it takes its input from"),
        (entry(inbound_nodes=[{"args": [3]}]), "description of an input is of type int"),
        (entry(inbound_nodes=[{"args": [{"config": {}}]}]), "does not say what it takes its input"),
    ],
)
def test_damaged_descriptions_are_refused(config, message):
    with pytest.raises(ModelError, match=message):
        chain_of(config)


VALUES = [None, True, 0, -1, 10**30, 2.5, "", "relu", "Dense", [], {}, [1], [None, 4], {"a": 1}]


def places(value, path=()):
    """Paths of all that a description holds."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in inner:
        yield (*path, key)
        if isinstance(member, (dict, list)):
            yield from places(member, (*path, key))


def changed(config, path, value):
    config = copy.deepcopy(config)
    target = config
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    return config


def test_anything_anywhere_in_a_description_is_understood_or_refused():
    whole = read_contents(VECTORS / "keras3_model.keras")
    rng = random.Random(7)
    everywhere = list(places(whole.config))
    refused = []
    for _ in range(1000):
        config = changed(whole.config, rng.choice(everywhere), rng.choice(VALUES))
        try:
            plan(config, replace(whole, config=config))
        except ModelError as error:
            refused.append(error)
    assert 100 < len(refused) < 900
    assert all(problem.isprintable() for error in refused for problem in error.problems)
