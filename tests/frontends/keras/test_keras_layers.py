"""What the layers that a model describes become."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.contents import Contents, LayerArrays
from nef2hw.frontends.keras.hdf5_layout import natural
from nef2hw.frontends.keras.plan import NeuronsHere
from nef2hw.frontends.layers.records import BatchNormalization, Dense
from tests.frontends.keras.models import arrays, contents, dense, plan, sequential

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
