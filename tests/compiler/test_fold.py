"""Folding puts everything between sources and neurons into dense weights."""

import numpy as np
import pytest

from nef2hw.compiler import weights as weights_module
from nef2hw.compiler.filters import discretize
from nef2hw.compiler.fold import fold, step_order
from nef2hw.compiler.folded import DiscreteFilter
from nef2hw.errors import ModelError
from nef2hw.model.network import Connection, Endpoint, TrainedNetwork
from nef2hw.model.parse import parse_model
from nef2hw.model.synapses import Lowpass
from nef2hw.sim.reference import simulate_reference
from tests.model.models import full_model, small_model


def by_name(parts):
    return {part.name: part for part in parts}


def test_an_ensembles_weights_hold_gain_encoders_radius_transform_decoders_and_amplitude():
    arrays = full_model()
    gain = np.array([1.0, 2.0, 3.0, 4.0])
    arrays["ensembles/a/gain"] = gain
    recurrent = by_name(fold(parse_model(arrays)).connections)["r"]
    encoders = np.asarray(arrays["ensembles/a/encoders"], np.float64)
    transform = np.diag(arrays["connections/r/transform"])
    expected = gain[:, None] * encoders / 1.5 @ transform @ arrays["connections/r/decoders"] * 500
    np.testing.assert_allclose(recurrent.weights, expected, rtol=1e-14)
    assert (recurrent.pre, recurrent.post, recurrent.filter, recurrent.delay) == (
        "a",
        "a",
        discretize(Lowpass(0.1), 0.001)[0],
        1,
    )


def test_connections_to_neurons_are_multiplied_by_the_gain_and_placed_by_the_slice():
    arrays = full_model() | {"ensembles/a/gain": [1.0, 2.0, 3.0, 4.0]}
    spikes = by_name(fold(parse_model(arrays)).connections)["n"]
    assert spikes.weights.tolist() == [[0, 0, 1000], [0, 0, 0], [0, 0, 0], [0, 0, 4000]]


def test_parallel_connections_of_a_kind_are_summed():
    arrays = small_model() | {
        "connections/d/pre": "x",
        "connections/d/post": "a.neurons",
        "connections/d/transform": np.full((4, 1), 2.0),
        "connections/e/pre": "x",
        "connections/e/post": "a.neurons",
        "connections/e/transform": np.ones((4, 1)),
        "connections/e/synapse": 0.0,
    }
    folded = fold(parse_model(arrays))
    assert [c.name for c in folded.connections] == ["c+d", "e"]
    assert folded.connections[0].weights.tolist() == [[3.0]] * 4


def test_decoded_probes_become_readouts_and_plain_spikes_do_not():
    folded = fold(parse_model(full_model()))
    assert [population.name for population in folded.populations] == ["a", "probes/out"]
    readout = folded.populations[1]
    assert readout.neurons is None
    assert readout.bias.tolist() == [1.0, 2.0, 3.0]
    out, spikes = folded.probes
    assert (out.kind, out.population) == ("readout", "probes/out")
    assert (spikes.kind, spikes.population, spikes.scale) == ("spikes", "a", 500.0)


def test_populations_are_ordered_by_unfiltered_connections():
    arrays = small_model() | {
        f"ensembles/{name}/{field}": np.ones(4) for name in "bd" for field in ("gain", "bias")
    }
    for k, (pre, post) in enumerate([("b", "a"), ("d", "b")]):
        arrays |= {
            f"connections/k{k}/pre": f"{pre}.neurons",
            f"connections/k{k}/post": f"{post}.neurons",
        }
    assert step_order(fold(parse_model(arrays))) == ("d", "b", "a")


def test_a_cycle_that_no_file_held_is_refused_too():
    network = parse_model(small_model())
    loop = Connection("loop", Endpoint("a", True), Endpoint("a", True))
    with pytest.raises(ModelError, match="form the cycle a -> a"):
        fold(TrainedNetwork(network.dt_s, network.inputs, network.ensembles, (loop,), ()))


def test_a_connection_too_large_to_be_dense_is_refused(monkeypatch):
    monkeypatch.setattr(weights_module, "MAX_WEIGHTS", 3)
    with pytest.raises(ModelError, match="connections/c joins 1 to 4, 4 weights; the limit is 3"):
        fold(parse_model(small_model()))


def test_a_network_without_inputs_runs_for_the_steps_asked():
    arrays = {
        key: value
        for key, value in small_model().items()
        if not key.startswith(("inputs", "connections"))
    }
    arrays["ensembles/a/bias"] = np.array([0.0, 1.0, 2.0, 9.0])
    trace = simulate_reference(fold(parse_model(arrays)), {}, steps=100)
    assert trace.spikes["a"].sum(axis=0).tolist() == pytest.approx([0, 0, 6, 23], abs=1)


def test_pre_slice_takes_decoded_values_before_the_transform():
    arrays = full_model()
    whole = dict(arrays)
    decoders = np.asarray(arrays["connections/r/decoders"])
    arrays["connections/r/pre_slice"] = [1, 0]
    whole["connections/r/decoders"] = decoders[[1, 0]]
    sliced, swapped = (
        next(c for c in fold(parse_model(given)).connections if c.name == "r")
        for given in (arrays, whole)
    )
    np.testing.assert_array_equal(sliced.weights, swapped.weights)


def test_a_linear_synapse_with_d_becomes_a_filtered_and_an_unfiltered_connection():
    arrays = small_model() | {
        "connections/c/synapse_type": "linear",
        "connections/c/synapse_A": [[0.5]],
        "connections/c/synapse_B": [3.0],
        "connections/c/synapse_C": [0.25],
        "connections/c/synapse_D": 4.0,
        "connections/d/pre": "x",
        "connections/d/post": "a.neurons",
        "connections/d/transform": np.ones((4, 1)),
        "connections/d/delay": 1,
    }
    filtered, direct = fold(parse_model(arrays)).connections
    assert (filtered.name, filtered.delay) == ("c", 1)
    assert filtered.filter == DiscreteFilter(((0.5,),), (3.0,), (0.5,))
    assert filtered.weights.tolist() == [[1.0]] * 4
    assert (direct.name, direct.filter, direct.delay) == ("c+d", None, 1)
    assert direct.weights.tolist() == [[4.0 - 1.5 + 1.0]] * 4


def test_connections_are_summed_only_if_filter_and_delay_are_the_same():
    arrays = small_model()
    for name, fields in {
        "d": {"delay": 1},
        "e": {"synapse": 0.1},
        "f": {"synapse": 0.1, "delay": 0},
        "g": {"synapse": 0.1, "synapse_type": "alpha"},
        "h": {"synapse": 0.1, "delay": 1},
    }.items():
        ends = {"pre": "x", "post": "a.neurons", "transform": np.ones((4, 1))}
        arrays |= {f"connections/{name}/{field}": v for field, v in (ends | fields).items()}
    assert [c.name for c in fold(parse_model(arrays)).connections] == ["c", "d", "e+h", "f", "g"]


def test_spikes_probed_a_step_late_are_a_readout():
    arrays = small_model() | {"probes/late/target": "a.neurons", "probes/late/delay": 1}
    folded = fold(parse_model(arrays))
    assert [(probe.kind, probe.population) for probe in folded.probes] == [
        ("readout", "probes/late")
    ]
    late = folded.connections[-1]
    assert (late.pre, late.filter, late.delay) == ("a", None, 1)
    np.testing.assert_array_equal(late.weights, np.eye(4) * 1000)


def test_a_cycle_of_filters_without_delay_is_refused():
    network = parse_model(small_model())
    loop = Connection("loop", Endpoint("a", True), Endpoint("a", True), synapse=Lowpass(0.1))
    with pytest.raises(ModelError, match="connections without delay form the cycle a -> a"):
        fold(TrainedNetwork(network.dt_s, network.inputs, network.ensembles, (loop,), ()))


def test_weights_of_neurons_without_leak_stay_in_nengos_units():
    arrays = small_model() | {
        "ensembles/a/neuron_type": "SpikingRectifiedLinear",
        "ensembles/a/gain": np.full(4, 300.0),
        "ensembles/a/bias": np.full(4, 50.0),
    }
    folded = fold(parse_model(arrays))
    assert folded.populations[0].bias.tolist() == [50.0] * 4
    assert folded.connections[0].weights.tolist() == [[300.0]] * 4
