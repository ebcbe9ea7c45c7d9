"""``simulate``, ``run`` and ``verify``: all that runs a model agrees."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from nef2hw.build.folder import digest_of
from nef2hw.program.archive import load_program, save_program
from nef2hw.program.memory import MemoryId
from nef2hw.trace import Trace, first_difference
from tests.cli.commands import invoke, two_ensembles


def test_a_file_that_cannot_be_written_fails_with_one_line(folder):
    result = invoke(
        "simulate", folder / "model.npz", "--input", folder / "x.npy", "-o", "/no/such/place/t.npz"
    )
    assert result.exit_code == 1
    assert "/no/such/place/t.npz: there is no folder /no/such/place; make it" in result.stderr


@pytest.mark.parametrize("name", ["model.npz", "x.npy"])
def test_what_is_read_is_not_written_over(folder, tmp_path, name):
    for copied in ("model.npz", "x.npy"):
        shutil.copy(folder / copied, tmp_path)
    before = (tmp_path / name).read_bytes()
    result = invoke(
        "simulate", tmp_path / "model.npz", "--input", tmp_path / "x.npy", "-o", tmp_path / name
    )
    assert result.exit_code == 1
    assert f"{name} is what is read; name another file with -o" in result.stderr
    assert (tmp_path / name).read_bytes() == before


def test_the_golden_model_runs_networks_of_any_size(tmp_path):
    wide = {
        "format": "nef2hw-model-1", "dt": 0.001, "layers/0/weights": np.full((1500, 784), 0.01),
        "layers/0/neuron_bias": np.ones(1500), "layers/0/synapse": 0.02,
    }  # fmt: skip
    np.savez(tmp_path / "model.npz", **wide)
    np.save(tmp_path / "x.npy", np.zeros((1, 784)))
    run = ("simulate", tmp_path / "model.npz", "--input", tmp_path / "x.npy", "--steps", 5)
    result = invoke(*run, "-o", tmp_path / "t.npz")
    assert result.exit_code == 0, result.output
    assert Trace.load(tmp_path / "t.npz").steps == 5
    result = invoke(*run, "--target", "rtl", "-o", tmp_path / "t.npz")
    assert result.exit_code == 1
    assert "compile it for a board that holds it, and simulate the build" in result.stderr


def test_reference_and_golden_decode_nearly_the_same(folder, tmp_path):
    for target in ("reference", "golden"):
        result = invoke(
            "simulate", folder / "model.npz", "--input", folder / "x.npy",
            "--target", target, "-o", tmp_path / f"{target}.npz",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
    reference, golden = (Trace.load(tmp_path / f"{t}.npz") for t in ("reference", "golden"))
    np.testing.assert_allclose(reference.probes["value"], golden.probes["value"], atol=0.1)


@pytest.mark.parametrize("board", ["ulx3s", "icebreaker"])
def test_golden_rtl_and_simulated_board_agree_on_every_state(folder, tmp_path, board):
    traces = {}
    for target in ("golden", "rtl", "board"):
        path = tmp_path / f"{target}.npz"
        result = invoke(
            "simulate", folder / board, "--input", folder / "x.npy", "--states",
            "--target", target, "-o", path,
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        traces[target] = Trace.load(path)
    assert traces["golden"].states
    assert first_difference(traces["golden"], traces["rtl"]) is None
    assert first_difference(traces["golden"], traces["board"]) is None


def test_the_float_reference_has_no_integer_states(folder, tmp_path):
    result = invoke(
        "simulate", folder / "model.npz", "--input", folder / "x.npy", "--states",
        "--target", "reference", "-o", tmp_path / "t.npz",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "leave --states out" in result.stderr


def test_run_on_the_simulated_board_equals_golden(folder, tmp_path):
    options = ("--input", folder / "x.npy", "--steps", 15)
    ran = invoke("run", folder / "ulx3s", "--port", "sim", *options, "-o", tmp_path / "run.npz")
    assert ran.exit_code == 0, ran.output
    assert "15 steps" in ran.stdout
    invoke("simulate", folder / "ulx3s", *options, "-o", tmp_path / "golden.npz")
    assert first_difference(*(Trace.load(tmp_path / f) for f in ("golden.npz", "run.npz"))) is None


def test_a_run_that_is_interrupted_writes_nothing(folder, tmp_path, monkeypatch):
    from nef2hw.host.device import Device

    def interrupted(device, rows, states, progress):
        progress(7)
        raise KeyboardInterrupt

    monkeypatch.setattr(Device, "_run", interrupted)
    result = invoke(
        "run", folder / "icebreaker", "--port", "sim", "--input", folder / "x.npy",
        "-o", tmp_path / "t.npz",
    )  # fmt: skip
    assert result.exit_code == 130
    assert "interrupted after 7 steps, nothing was written" in result.stderr
    assert not (tmp_path / "t.npz").exists()


def test_verify_finds_rtl_and_golden_equal_with_stalls_and_without(folder):
    result = invoke("verify", folder / "ulx3s", "--steps", 30, "--wave")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("agree on") == 2
    assert "with stalls" in result.stdout
    waves = (folder / "ulx3s" / "waves.vcd").read_text()
    assert "$scope module neuron_11 $end" in waves
    assert "$scope module golden $end" not in waves
    assert "neuron_00 voltage" in (folder / "ulx3s" / "waves.gtkw").read_text()


def test_verify_says_where_a_wrong_weight_shows_first(folder, tmp_path):
    build = tmp_path / "build"
    build.mkdir()
    (build / "model.npz").write_bytes((folder / "ulx3s" / "model.npz").read_bytes())
    program = load_program(folder / "ulx3s" / "program.npz")
    beats = dict(program.image.beats)
    beats[MemoryId.WEIGHTS] = beats[MemoryId.WEIGHTS] ^ np.uint32(0x04)
    image = replace(program.image, beats=beats)
    save_program(replace(program, image=image), build / "program.npz")
    report = json.loads((folder / "ulx3s" / "report.json").read_text())
    report["files"]["program.npz"] = digest_of(build / "program.npz")
    (build / "report.json").write_text(json.dumps(report))
    result = invoke("verify", build, "--steps", 30, "--wave")
    assert result.exit_code == 1
    assert "expected" in result.stderr
    assert "$scope module golden $end" in (build / "waves.vcd").read_text()


@pytest.mark.parametrize("name", ["program.npz", "model.npz"])
@pytest.mark.parametrize("command", ["verify", "simulate", "run"])
def test_parts_of_another_build_are_not_taken_for_this_one(folder, tmp_path, name, command):
    build = tmp_path / "build"
    shutil.copytree(folder / "ulx3s", build)
    np.savez(tmp_path / "model.npz", **(two_ensembles() | {"dt": 0.002}))
    other = invoke(
        "compile", tmp_path / "model.npz", "--board", "ulx3s", "--no-bitstream",
        "-o", tmp_path / "other",
    )  # fmt: skip
    assert other.exit_code == 0, other.output
    shutil.copy(tmp_path / "other" / name, build / name)
    more = {
        "verify": (),
        "simulate": ("--input", folder / "x.npy", "-o", tmp_path / "t.npz"),
        "run": ("--port", "sim", "--input", folder / "x.npy", "-o", tmp_path / "t.npz"),
    }
    result = invoke(command, build, *more[command])
    assert result.exit_code == 1
    assert f"build/{name} is not the one that was built, as report.json tells" in result.stderr


def test_verify_looks_at_every_file_of_the_build(folder, tmp_path):
    build = tmp_path / "build"
    shutil.copytree(folder / "ulx3s", build)
    (build / "notes.txt").write_text("mine")
    (build / "rtl" / "top.v").write_text("module top; endmodule")
    result = invoke("verify", build)
    assert result.exit_code == 1
    assert "rtl/top.v is not the one that was built" in result.stderr


def test_verify_of_something_else_says_how_to_make_a_build(tmp_path):
    result = invoke("verify", tmp_path)
    assert result.exit_code == 1
    assert "is not a build" in result.stderr


def test_a_model_whose_inputs_have_defaults_runs_without_a_file(tmp_path):
    arrays = two_ensembles()
    np.savez(tmp_path / "free.npz", **arrays)
    result = invoke("simulate", tmp_path / "free.npz", "--steps", 5, "-o", tmp_path / "t.npz")
    assert result.exit_code == 1
    assert "u: to be given; name a file with --input" in result.stderr
    np.savez(tmp_path / "fixed.npz", **arrays, **{"inputs/u/default": 0.5})
    result = invoke("simulate", tmp_path / "fixed.npz", "--steps", 5, "-o", tmp_path / "t.npz")
    assert result.exit_code == 0, result.output
    assert Trace.load(tmp_path / "t.npz").steps == 5
