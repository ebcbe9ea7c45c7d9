"""The shipped examples are what their scripts make, and are as good as they claim."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from nef2hw.build.check_input import CheckInput, check_stimulus
from nef2hw.build.fidelity import accuracy
from nef2hw.compiler.fold import fold
from nef2hw.model.npz import load_model
from nef2hw.sim.reference import simulate_reference

EXAMPLES = Path(__file__).parents[2] / "examples"
DIGITS = EXAMPLES / "digits"
CHANNEL = EXAMPLES / "nef_channel"


def test_the_digits_classifier_is_right_in_94_percent_of_its_test_set():
    folded = fold(load_model(DIGITS / "model.npz"))
    given = check_stimulus(
        folded, CheckInput(DIGITS / "test_inputs.npz", DIGITS / "test_labels.npy", hold=100)
    )
    assert accuracy(simulate_reference(folded, given.stimulus), given.labels) >= 0.94


def test_the_channel_in_float_equals_what_nengo_decoded():
    folded = fold(load_model(CHANNEL / "model.npz"))
    trace = simulate_reference(folded, {"u": np.load(CHANNEL / "input.npy")})
    nengo_output = np.load(CHANNEL / "nengo_output.npy")
    np.testing.assert_allclose(trace.probes["value"], nengo_output, atol=1e-9)


@pytest.mark.parametrize("path", [DIGITS / "model.npz", CHANNEL / "model.npz"])
def test_an_example_is_small_enough_to_keep_in_the_repository(path):
    assert path.stat().st_size < 200_000


def run_script(path, *arguments, monkeypatch):
    monkeypatch.setattr(sys, "argv", [str(path), *map(str, arguments)])
    runpy.run_path(str(path), run_name="__main__")


def test_a_channel_goes_from_tuning_curves_to_a_build(tmp_path, monkeypatch, capsys):
    pytest.importorskip("nengo")
    options = ("--neurons", 40, "-o", tmp_path / "tour")
    run_script(CHANNEL / "tour.py", *options, monkeypatch=monkeypatch)
    said = capsys.readouterr().out
    assert "40 neurons, gains" in said
    assert "tuning curves: integers within" in said
    assert "for an RMSE of 0.01:" in said
    assert (tmp_path / "tour" / "report.html").is_file()


def test_more_spikes_carry_finer_values(monkeypatch, capsys):
    pytest.importorskip("sklearn")
    options = ("--samples", 30, "--scales", 5, 50)
    run_script(DIGITS / "firing_rates.py", *options, monkeypatch=monkeypatch)
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    few, many = ([float(cell.rstrip("%")) for cell in row] for row in rows)
    assert few[2] < 60 < 85 < many[2]
    assert few[3] < many[3]
    assert few[4] > 1000
