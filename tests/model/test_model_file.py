"""Model files are read as the format says."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.model.network import LifNeurons
from nef2hw.model.npz import load_model, model_arrays, save_model
from nef2hw.model.parse import model_problems, parse_model
from nef2hw.model.synapses import Lowpass
from tests.model.models import full_model, small_model


def test_defaults_are_the_formats():
    network = parse_model(small_model())
    assert network.dt_s == 0.001
    assert (network.inputs[0].low, network.inputs[0].high) == ([-1.0], [1.0])
    assert network.inputs[0].kind == "value"
    ensemble = network.ensembles[0]
    assert ensemble.neurons == LifNeurons(0.02, 0.002, 1.0, 0.0)
    assert ensemble.radius == 1.0
    assert ensemble.encoders is ensemble.voltage_init is ensemble.refractory_init_s is None
    connection = network.connections[0]
    assert (connection.synapse, connection.delay) == (None, 0)
    assert str(connection.post) == "a.neurons"


def test_a_synapse_of_zero_is_a_delay_of_one_step():
    network = parse_model(full_model())
    assert (network.probes[0].synapse, network.probes[0].delay) == (Lowpass(0.0), 1)


def test_arrays_are_copied_and_locked():
    gain = np.ones(4)
    network = parse_model(small_model() | {"ensembles/a/gain": gain})
    gain[:] = 5
    assert network.ensembles[0].gain.tolist() == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        network.ensembles[0].gain[0] = 2


def test_a_model_survives_saving_and_loading(tmp_path):
    save_model(full_model(), tmp_path / "a.npz")
    network = load_model(tmp_path / "a.npz")
    save_model(network, tmp_path / "b.npz")
    again = model_arrays(load_model(tmp_path / "b.npz"))
    wanted = model_arrays(network)
    assert list(again) == list(wanted)
    for key, array in wanted.items():
        np.testing.assert_array_equal(again[key], array, err_msg=key)


def test_what_could_not_be_read_is_not_saved(tmp_path):
    with pytest.raises(ModelError, match="dt is -1, expected at least 1e-09"):
        save_model(small_model() | {"dt": -1.0}, tmp_path / "a.npz")
    assert not list(tmp_path.iterdir())


def test_a_problem_in_a_file_names_the_file(tmp_path):
    np.savez(tmp_path / "a.npz", format="nef2hw-model-1", dt=0.001)
    with pytest.raises(ModelError, match=r"a\.npz: ensembles/ has no entry, expected at least one"):
        load_model(tmp_path / "a.npz")


def test_all_problems_are_found_at_once():
    problems = model_problems(
        full_model()
        | {"connections/r/delay": 2, "connections/n/pre": "y", "probes/out/bias": [1.0]}
    )
    assert [problem.split()[0] for problem in problems] == [
        "probes/out/bias",
        "connections/r/delay",
        "connections/n/pre",
    ]
    assert model_problems(full_model()) == ()


def test_several_problems_of_one_part_are_found():
    arrays = full_model() | {
        "ensembles/a/tau_rc": -1.0,
        "ensembles/a/bias": np.ones(3),
        "ensembles/a/radius": 0.0,
        "connections/c/pre": "y",
    }
    assert [problem.split()[0] for problem in model_problems(arrays)] == [
        "ensembles/a/tau_rc",
        "ensembles/a/bias",
        "ensembles/a/radius",
    ]
    arrays = full_model() | {
        "connections/r/pre": "b",
        "connections/r/post": "b",
        "connections/r/delay": 2,
        "probes/out/target": "b",
        "probes/out/synapse": -1.0,
    }
    assert [problem.split()[0] for problem in model_problems(arrays)] == [
        "probes/out/target",
        "probes/out/synapse",
        "connections/r/pre",
        "connections/r/post",
        "connections/r/delay",
    ]


def test_arrays_that_do_not_agree_in_length_are_one_problem():
    problems = model_problems(full_model() | {"ensembles/a/gain": np.ones(5)})
    assert problems == ("ensembles/a/bias has shape (4,), expected (5,)",)


def test_a_file_with_several_problems_is_refused_with_all_of_them(tmp_path):
    arrays = full_model() | {"ensembles/a/tau_rc": -1.0, "inputs/s/size": 0}
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ModelError) as refused:
        load_model(tmp_path / "a.npz")
    place = tmp_path / "a.npz"
    assert [problem.split(" is ")[0] for problem in refused.value.problems] == [
        f"{place}: inputs/s/size",
        f"{place}: ensembles/a/tau_rc",
    ]


def test_what_joins_a_wrong_part_is_not_complained_about_but_all_else_is():
    arrays = full_model() | {
        "ensembles/b/gain": [1.0],
        "inputs/s/size": 0,
        "connections/b/pre": "b.neurons",
        "connections/b/post": "nowhere",
        "connections/c/pre": "nowhere",
        "probes/b/target": "b",
    }
    assert [problem.split()[0] for problem in model_problems(arrays)] == [
        "inputs/s/size",
        "ensembles/b/bias",
        "connections/c/pre",
    ]


def test_all_problems_of_layers_are_found_at_once():
    arrays = {
        "format": "nef2hw-model-1",
        "dt": 0.001,
        "layers/0/weights": np.ones((3, 2)),
        "layers/0/tau_rc": -1.0,
        "layers/0/neuron_gain": np.ones(2),
        "layers/1/weights": np.ones((3, 2)),
        "layers/2/weights": np.ones((3, 3)),
        "layers/2/neuron_type": "Tanh",
        "inputs/x/size": 3,
        "probes/out/target": "x",
    }
    assert [problem.split()[0] for problem in model_problems(arrays)] == [
        "probes/out",
        "layers/0/neuron_gain",
        "layers/0/tau_rc",
        "layers/1/weights",
        "layers/2/neuron_type",
        "inputs/x/size",
    ]
    gap = {f"layers/{k}/weights": np.ones((1, 1)) for k in (0, 9999)}
    problems = model_problems({"format": "nef2hw-model-1", "dt": 0.001} | gap)
    assert [problem.split()[0] for problem in problems] == ["layers/1/weights"]
