"""``compile`` and ``report``: what a build holds, and what cannot be built."""

import json

import numpy as np
import pytest

from tests.cli.commands import invoke, two_ensembles


def test_a_misspelt_board_is_wrong_usage_and_gets_a_suggestion(folder):
    result = invoke("compile", folder / "model.npz", "--board", "icebraker")
    assert result.exit_code == 2
    assert "did you mean icebreaker" in result.stderr


def test_a_missing_model_is_wrong_usage(tmp_path):
    result = invoke("compile", tmp_path / "absent.npz", "--board", "ulx3s")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_a_bad_model_fails_with_one_line_that_names_the_key(tmp_path):
    np.savez(tmp_path / "model.npz", **(two_ensembles() | {"ensembles/a/gain": np.ones(5)}))
    result = invoke("compile", tmp_path / "model.npz", "--board", "ulx3s", "-o", tmp_path / "b")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("nef2hw: ")
    assert "ensembles/a" in result.stderr
    assert not (tmp_path / "b").exists()


def test_a_width_out_of_range_fails_and_says_the_range(folder, tmp_path):
    result = invoke(
        "compile", folder / "model.npz", "--board", "ulx3s", "--weight-bits", 99, "-o", tmp_path
    )
    assert result.exit_code == 1
    assert "--weight-bits is 99; choose 2 to 16" in result.stderr


@pytest.mark.parametrize("board", ["ulx3s", "icebreaker"])
def test_a_report_has_what_scripts_rely_on(folder, board):
    report = json.loads((folder / board / "report.json").read_text())
    assert len(report["model"]["sha256"]) == 64
    assert report["semantics"]["dt_s"] == 0.001
    assert report["tools"]["python"]
    assert set(report["ensembles"]) == {"a", "b"}
    assert report["ensembles"]["a"]["whole_refractory_steps"] == 2
    assert report["connections"]["recurrent"]["shape"] == [12, 12]
    assert report["connections"]["recurrent"]["weight_bits"] == 8
    assert report["clock_mhz"]["reached"] is None
    assert report["lanes"] >= 1
    assert report["fidelity"]["decoded_rmse"]["value"] < 0.1
    assert report["saturations"]["inputs"] == {"u": 0}
    assert report["cycles_per_step"]["min"] <= report["cycles_per_step"]["typical"]
    assert report["cycles_per_step"]["typical"] <= report["cycles_per_step"]["max"]
    speed, cycles = report["speed"], report["cycles_per_step"]
    assert speed["steps_per_second"] == pytest.approx(
        report["clock_mhz"]["asked"] * 1e6 / (cycles["simulated"] or cycles)["typical"], rel=0.02
    )
    assert 0 < speed["lane_utilization"] < 1
    assert {"inputs", "levels"} == set(report["cycles_per_step"]["terms"]["max"])
    assert report["verified"] is None
    assert report["seconds"]["quantize"] >= 0


def test_a_build_has_its_files(folder):
    names = {entry.name for entry in (folder / "ulx3s").iterdir()}
    assert {"report.json", "report.html", "program.npz", "model.npz", "rtl"} <= names
    assert "module top" in (folder / "ulx3s" / "rtl" / "top.v").read_text()


def test_progress_is_not_printed_into_pipes(folder, tmp_path):
    result = invoke(
        "compile", folder / "model.npz", "--board", "ulx3s", "--no-bitstream", "-o", tmp_path / "b"
    )
    assert result.stderr == ""
    assert "ULX3S 85F" in result.stdout


def test_report_shows_text_and_json(folder):
    assert "cycles per step" in invoke("report", folder / "ulx3s").stdout
    found = json.loads(invoke("report", folder / "ulx3s", "--json").stdout)
    assert found["board"]["name"] == "ulx3s_85f"


def test_a_board_in_a_file_is_compiled_for_and_not_needed_afterwards(folder, tmp_path):
    board = tmp_path / "board.py"
    board.write_text(
        "from dataclasses import replace\n"
        "from nef2hw.boards.registry import find_board\n"
        "BOARDS = replace(find_board('ulx3s_25f'), name='mine', title='Mine', aliases=())\n"
    )
    options = ("--board", board, "--no-bitstream", "-o", tmp_path / "b")
    result = invoke("compile", folder / "model.npz", *options)
    assert result.exit_code == 0, result.output
    board.unlink()
    assert "Mine" in invoke("report", tmp_path / "b").stdout
    result = invoke("compile", folder / "model.npz", *options)
    assert result.exit_code == 1
    assert "there is no such file of boards" in result.stderr


def test_labels_without_an_input_are_refused(folder, tmp_path):
    np.save(tmp_path / "y.npy", np.zeros(3, dtype=int))
    result = invoke(
        "compile", folder / "model.npz", "--board", "ulx3s", "--labels", tmp_path / "y.npy",
        "-o", tmp_path / "b",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "name it with --input" in result.stderr


def test_a_reset_before_each_row_without_an_input_is_refused(folder, tmp_path):
    result = invoke(
        "compile", folder / "model.npz", "--board", "ulx3s", "--reset-each", "-o", tmp_path / "b"
    )
    assert result.exit_code == 1
    assert "a reset before each row needs an input; name it with --input" in result.stderr


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_wrong_usage(folder, value):
    result = invoke("compile", folder / "model.npz", "--board", "ulx3s", "--clock", value)
    assert result.exit_code == 2
    assert "is not a finite number" in result.stderr or "is not in the range" in result.stderr
