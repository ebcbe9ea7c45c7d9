"""``check`` and ``import``: models that are sound, and those that are not."""

import json

import numpy as np

from tests.cli.commands import invoke, two_ensembles


def test_check_tells_what_a_sound_model_means(folder):
    result = invoke("check", folder / "model.npz", "--board", "ulx3s")
    assert result.exit_code == 0
    for text in (
        "time step",
        "update order",
        "exact: a membrane decays by",
        "block rams",
        "assumed",
    ):
        assert text in result.stdout
    assert "inputs: low is not given for u: -1" in result.stdout


def test_check_is_fit_for_a_gate(folder, tmp_path):
    result = invoke("check", folder / "model.npz", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["ok"], told["problems"]) == (True, [])
    assert told["semantics"]["connections"]["recurrent"]["synapse"] == "lowpass 0.1 s"
    wrong = two_ensembles() | {"connections/in/synaps": 0.1, "ensembles/a/tau_rc": -1.0}
    np.savez(tmp_path / "wrong.npz", **wrong)
    result = invoke("check", tmp_path / "wrong.npz", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert len(told["problems"]) >= 1
    assert result.stderr.startswith(f"nef2hw: {tmp_path / 'wrong.npz'}: ")


def test_check_lists_every_problem_for_a_reader(tmp_path):
    wrong = two_ensembles() | {"ensembles/a/tau_rc": -1.0, "ensembles/b/radius": 0.0}
    np.savez(tmp_path / "wrong.npz", **wrong)
    result = invoke("check", tmp_path / "wrong.npz")
    assert result.exit_code == 1
    assert "2 problems" in result.stderr
    for key in ("ensembles/a/tau_rc is -1", "ensembles/b/radius is 0"):
        assert f"\n  {tmp_path / 'wrong.npz'}: {key}" in result.stderr


def test_a_model_is_not_harmed_by_an_import_that_fails(tmp_path):
    model, broken = tmp_path / "model.npz", tmp_path / "weights.h5"
    model.write_bytes(b"precious")
    broken.write_bytes(b"\x89HDF\r\n\x1a\n nothing")
    result = invoke("import", broken, "-o", model)
    assert result.exit_code == 1
    assert "weights.h5" in result.stderr
    assert model.read_bytes() == b"precious"
