"""The options that decide the size of a core."""

import json

import numpy as np
import pytest

from tests.cli.commands import invoke


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    """Return a model of 100 readouts of 60 values: lanes matter."""
    path = tmp_path_factory.mktemp("sizing") / "model.npz"
    weights = {"layers/0/weights": np.random.default_rng(0).normal(0, 0.1, (100, 60))}
    np.savez(path, format="nef2hw-model-1", dt=0.001, **weights)
    return path


def test_explain_prints_the_cores_that_were_weighed_and_stops(model_path, tmp_path):
    result = invoke(
        "compile", model_path, "--board", "ulx3s", "--explain", "-o", tmp_path / "build"
    )
    assert result.exit_code == 0, result.output
    head, *rows = result.stdout.splitlines()
    assert head.split()[:2] == ["lanes", "neuron"]
    assert sum(row.startswith("*") and row.endswith("chosen") for row in rows) == 1
    assert "All figures are estimates, at 50 MHz. On ulx3s_85f a core may take" in rows[-1]
    assert not (tmp_path / "build").exists()


def test_explain_says_whose_resources_are_shown_where_there_is_no_device(model_path):
    result = invoke("compile", model_path, "--board", "verilog", "--explain")
    assert result.exit_code == 0, result.output
    last = result.stdout.splitlines()[-1]
    assert "On verilog nothing is limited. Resources are those of Lattice ECP5." in last


def test_explain_names_what_overflows(model_path):
    result = invoke("compile", model_path, "--board", "icebreaker", "--explain")
    assert "no: " in result.stdout


def test_explain_as_json_has_all_alternatives(model_path):
    result = invoke("compile", model_path, "--board", "ulx3s", "--explain", "--json")
    found = json.loads(result.stdout)
    assert len(found["alternatives"]) > 20
    assert sum(entry["chosen"] for entry in found["alternatives"]) == 1


def test_explain_prints_what_was_weighed_though_nothing_will_do(model_path):
    result = invoke("compile", model_path, "--board", "icebreaker", "--explain", "--max-luts", 1000)
    assert result.exit_code == 1
    assert "no: " in result.stdout
    assert "chosen" not in result.stdout
    assert "icebreaker: no core fits; the nearest, with" in result.stderr


def test_the_size_that_is_asked_is_built_and_reported_as_an_estimate(model_path, tmp_path):
    result = invoke(
        "compile", model_path, "--board", "ulx3s", "--no-bitstream", "--lanes", 4,
        "--neuron-lanes", 2, "--json", "-o", tmp_path / "build",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["core"]["lanes"], report["core"]["neuron_lanes"]) == (4, 2)
    assert report["resources"]["lut"]["estimated"] is True
    assert 0 < report["resources"]["lut"]["used"] < report["resources"]["lut"]["present"] == 83_640
    assert report["resources"]["block_rams"]["present"] == 208
    printed = invoke("report", tmp_path / "build").stdout
    assert "estimated" in printed


def test_budgets_and_a_target_reach_the_choice(model_path):
    result = invoke(
        "compile", model_path, "--board", "ulx3s", "--explain", "--json", "--target-rate", 500,
        "--max-luts", 9000, "--max-block-rams", 40, "--max-dsps", 20,
    )  # fmt: skip
    found = json.loads(result.stdout)
    assert found["target_steps_per_s"] == 500
    assert found["allowed"] == {"lut": 9000, "ff": 71094, "block_rams": 40, "dsp": 20}


def test_a_target_out_of_reach_fails_with_one_line(model_path, tmp_path):
    result = invoke(
        "compile", model_path, "--board", "icebreaker", "--no-bitstream", "--target-rate", 1e9,
        "-o", tmp_path / "build",
    )  # fmt: skip
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "no core that fits makes 1e+09 steps per second; the most are" in result.stderr
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("option", ["--target-rate", "--max-luts", "--neuron-lanes"])
def test_nothing_is_asked_of_less_than_something(model_path, option):
    assert invoke("compile", model_path, "--board", "ulx3s", option, 0).exit_code == 2


def test_check_tells_what_the_core_takes(model_path):
    found = json.loads(invoke("check", model_path, "--board", "icebreaker", "--json").stdout)
    board = found["board"]
    assert board["estimated"] is True
    assert 0 < board["logic_cells"]["used"] <= board["logic_cells"]["present"] == 5_280
    assert board["steps_per_s"] > 0
    printed = invoke("check", model_path, "--board", "icebreaker").stdout
    assert "logic cells" in printed
