"""Descriptions of models: the order of layers, and descriptions that are damaged."""

import copy
import random
from dataclasses import replace

import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.config import chain_of
from nef2hw.frontends.keras.files import read_contents
from tests.frontends.keras.models import VECTORS, plan


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
        (entry(inbound_nodes=[{"args": ["x"]}]), "description of an input is of type str"),
        (entry(inbound_nodes=[[[3]]]), "Dropout layer a does not say what it takes its input from"),
        (entry(inbound_nodes=[{"args": [3]}]), "Dropout layer a takes 0 inputs, expected one"),
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
