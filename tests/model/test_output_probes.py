"""A probe may be the sum of what connections bring."""

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import ModelError
from nef2hw.model.parse import parse_model
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden import simulate_golden
from nef2hw.sim.reference import simulate_reference
from tests.model.models import full_model

STEPS = 300


def summed():
    """Decoded values and spikes of an ensemble, and an input, in the values of one probe."""
    rng = np.random.default_rng(3)
    return full_model() | {
        "ensembles/a/gain": np.full(4, 5.0),
        "probes/sum/size": 3,
        "probes/sum/bias": [0.0, 0.5, 0.0],
        "connections/p/pre": "a",
        "connections/p/decoders": rng.normal(size=(2, 4)) / 100,
        "connections/p/post": "probes/sum",
        "connections/p/post_slice": [2, 0],
        "connections/p/synapse": 0.02,
        "connections/q/pre": "a.neurons",
        "connections/q/post": "probes/sum",
        "connections/q/transform": rng.normal(size=(3, 4)) / 100,
        "connections/q/synapse": 0.005,
        "connections/u/pre": "x",
        "connections/u/post": "probes/sum",
        "connections/u/post_slice": [1],
        "connections/u/transform": 2.0,
    }


def stimulus():
    rng = np.random.default_rng(4)
    return {"x": rng.uniform(-2, 2, (STEPS, 1)), "s": (rng.random((STEPS, 3)) < 0.2).astype(float)}


def apart(arrays):
    """The same parts as probes of their own."""
    rest = {key: value for key, value in arrays.items() if not key.startswith("probes/sum")}
    for name in "pq":
        place = f"connections/{name}/"
        fields = {key: rest.pop(key) for key in list(rest) if key.startswith(place)}
        fields.pop(f"{place}post")
        fields.pop(f"{place}post_slice", None)
        fields[f"{place}target"] = fields.pop(f"{place}pre")
        rest |= {key.replace("connections", "probes"): value for key, value in fields.items()}
    return {key: value for key, value in rest.items() if not key.startswith("connections/u")}


def test_the_sum_is_that_of_its_parts():
    whole = simulate_reference(fold(parse_model(summed())), stimulus()).probes["sum"]
    parts = simulate_reference(fold(parse_model(apart(summed()))), stimulus()).probes
    wanted = parts["q"].copy()
    wanted[:, [2, 0]] += parts["p"]
    wanted[:, 1] += 0.5 + 2 * stimulus()["x"][:, 0]
    np.testing.assert_allclose(whole, wanted, atol=1e-12)
    assert np.abs(parts["p"]).max() > 0.1


def test_integers_bring_an_input_and_spikes_to_a_probe():
    network = quantize(fold(parse_model(summed())))
    trace = simulate_golden(network, encode_inputs(network, stimulus()))
    spikes, state = trace.spikes["a"] * 500.0, np.zeros(3)
    keep, wanted = np.exp(-0.001 / 0.005), np.zeros((STEPS, 3))
    for n in range(STEPS):
        wanted[n] = state
        state = keep * state + (1 - keep) * summed()["connections/q/transform"] @ spikes[n]
    wanted[:, 1] += 0.5 + 2 * stimulus()["x"][:, 0]
    np.testing.assert_allclose(trace.probes["sum"][:, 1], wanted[:, 1], atol=0.05)
    assert np.abs(wanted[:, 1]).max() > 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"probes/sum/target": "a"},
            "probes/sum/target is given, expected it absent: a probe with",
        ),
        ({"probes/sum/delay": 1}, "probes/sum/delay is given, .* connections to 'probes/sum'"),
        ({"probes/sum/size": 0}, "probes/sum/size is 0, expected at least 1"),
        ({"probes/sum/bias": [1.0]}, r"probes/sum/bias has shape \(1,\), expected \(3,\)"),
        (
            {"connections/p/post": "probes/out"},
            "connections/p/post is 'probes/out', expected a probe with a size; give probes/out/si",
        ),
        ({"connections/q/post": "probes/som"}, "did you mean 'probes/sum'"),
        ({"connections/u/post_slice": [3]}, r"holds the index 3, .* \(probes/sum has 3\)"),
        ({"connections/q/pre": "probes/sum"}, "connections/q/pre is 'probes/sum', expected one of"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ModelError, match=message):
        parse_model(summed() | changes)
