"""The command line from end to end, on a network small enough to simulate."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from nef2hw.boards.registry import ALL_BOARDS
from nef2hw.build.folder import FORMAT
from nef2hw.cli.main import main
from nef2hw.trace import Trace, first_difference

COMMANDS = (
    "import",
    "check",
    "compile",
    "simulate",
    "verify",
    "program",
    "load",
    "run",
    "link-test",
    "boards",
    "report",
)


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def two_ensembles():
    """Return the arrays of a hand-written model: two ensembles, the second recurrent."""
    rng = np.random.default_rng(3)
    encoders = rng.choice([-1.0, 1.0], (12, 1))
    ensemble = {
        "neuron_type": "LIF",
        "gain": rng.uniform(1, 3, 12),
        "bias": rng.uniform(0, 2, 12),
        "encoders": encoders,
    }
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "inputs/u/size": 1}
    for name in ("a", "b"):
        arrays |= {f"ensembles/{name}/{key}": value for key, value in ensemble.items()}
    arrays |= {
        "connections/in/pre": "u",
        "connections/in/post": "a",
        "connections/forward/pre": "a",
        "connections/forward/post": "b",
        "connections/forward/decoders": encoders.T / 500,
        "connections/forward/synapse": 0.01,
        "connections/recurrent/pre": "b",
        "connections/recurrent/post": "b",
        "connections/recurrent/decoders": encoders.T / 800,
        "connections/recurrent/synapse": 0.1,
        "probes/value/target": "b",
        "probes/value/decoders": encoders.T / 500,
        "probes/value/synapse": 0.02,
        "probes/spikes/target": "a.neurons",
    }
    return arrays


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a model, an input, and builds for both boards."""
    path = tmp_path_factory.mktemp("cli")
    np.savez(path / "model.npz", **two_ensembles())
    np.save(path / "x.npy", np.linspace(-1, 1, 20)[:, np.newaxis])
    for board in ("ulx3s", "icebreaker"):
        result = invoke(
            "compile", path / "model.npz", "--board", board, "--lanes", 8, "--neuron-lanes", 1,
            "--no-bitstream", "-o", path / board,
        )  # fmt: skip
        assert result.exit_code == 0, result.output
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"nef2hw {command}" in result.output


def test_an_unknown_command_is_wrong_usage():
    assert invoke("compil").exit_code == 2


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


def test_a_file_that_cannot_be_written_fails_with_one_line(folder):
    result = invoke(
        "simulate", folder / "model.npz", "--input", folder / "x.npy", "-o", "/no/such/place/t.npz"
    )
    assert result.exit_code == 1
    assert "No such file" in result.stderr


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


def test_a_port_that_is_not_there_fails_with_one_line(folder):
    result = invoke("load", folder / "ulx3s", "--port", "/dev/no_such_port")
    assert result.exit_code == 1
    assert "cannot open serial port /dev/no_such_port" in result.stderr


def test_load_reads_the_image_back(folder):
    result = invoke("load", folder / "icebreaker", "--port", "sim")
    assert result.exit_code == 0, result.output
    assert "read it back" in result.stdout


def test_a_link_is_tested(folder):
    result = invoke("link-test", folder / "icebreaker", "--port", "sim")
    assert result.exit_code == 0, result.output
    assert "bits per s to the board" in result.stdout
    told = json.loads(invoke("link-test", folder / "icebreaker", "--port", "sim", "--json").stdout)
    assert told["sound"] is True
    assert told["baud"] == 1_000_000


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
    for name in ("report.json", "model.npz"):
        (build / name).write_bytes((folder / "ulx3s" / name).read_bytes())
    arrays = dict(np.load(folder / "ulx3s" / "program.npz"))
    weights = next(key for key in arrays if "weight" in key.lower() and arrays[key].ndim == 2)
    arrays[weights] = arrays[weights] ^ 0x04
    np.savez(build / "program.npz", **arrays)
    result = invoke("verify", build, "--steps", 30, "--wave")
    assert result.exit_code == 1
    assert "expected" in result.stderr
    assert "$scope module golden $end" in (build / "waves.vcd").read_text()


def test_verify_of_something_else_says_how_to_make_a_build(tmp_path):
    result = invoke("verify", tmp_path)
    assert result.exit_code == 1
    assert "is not a build" in result.stderr


def test_program_without_a_bitstream_says_how_to_get_one(folder):
    result = invoke("program", folder / "ulx3s")
    assert result.exit_code == 1
    assert "compile again without --no-bitstream" in result.stderr


def test_program_tells_what_the_board_needs_first(tmp_path, monkeypatch):
    board = {"title": "UPduino 3", "programmer": ["icesprog"], "notes": ["close the jumper"]}
    report = {"format": FORMAT, "board": board, "bitstream": "top.bin"}
    (tmp_path / "report.json").write_text(json.dumps(report))
    monkeypatch.setattr("nef2hw.cli.device.flash", lambda build, notify: None)
    result = invoke("program", tmp_path)
    assert result.exit_code == 0, result.output
    assert "UPduino 3: close the jumper" in result.stderr
    assert "UPduino 3 runs" in result.stdout


def test_report_shows_text_and_json(folder):
    assert "cycles per step" in invoke("report", folder / "ulx3s").stdout
    found = json.loads(invoke("report", folder / "ulx3s", "--json").stdout)
    assert found["board"]["name"] == "ulx3s_85f"


def test_boards_lists_every_board(monkeypatch):
    monkeypatch.setattr("nef2hw.cli.boards.has_tool", lambda name: name != "icepack")
    listed = invoke("boards").stdout
    assert all(board.name in listed for board in ALL_BOARDS)
    assert "missing icepack" in listed
    assert "your own" in next(line for line in listed.splitlines() if line.startswith("verilog"))
    found = json.loads(invoke("boards", "--json").stdout)
    assert {entry["name"] for entry in found} == {board.name for board in ALL_BOARDS}
    boards = {entry["name"]: entry for entry in found}
    assert boards["icebreaker"]["missing"] == ["icepack"]
    assert boards["ulx3s_85f"]["missing"] == []
    assert boards["orangecrab_25f"]["programmer"][0] == "dfu-util"
    assert ["yosys", "vivado"] in boards["arty"]["toolchains"]


def test_a_board_with_several_toolchains_lacks_all_or_none(monkeypatch):
    monkeypatch.setattr("nef2hw.cli.boards.has_tool", lambda name: name in ("yosys", "vivado"))
    found = {entry["name"]: entry for entry in json.loads(invoke("boards", "--json").stdout)}
    assert found["arty"]["missing"] == ["openFPGALoader"]
    monkeypatch.setattr("nef2hw.cli.boards.has_tool", lambda name: name in ("yosys", "fasm2frames"))
    found = {entry["name"]: entry for entry in json.loads(invoke("boards", "--json").stdout)}
    assert found["arty"]["missing"][0] == (
        "nextpnr-himbaechel + xc7frames2bit or nextpnr-xilinx + xc7frames2bit or vivado"
    )


def test_a_package_whose_boards_fail_is_told_beside_the_list(monkeypatch):
    monkeypatch.setattr("nef2hw.cli.boards.has_tool", lambda name: True)
    monkeypatch.setattr("nef2hw.cli.boards.known_boards", lambda: (ALL_BOARDS, ("they failed",)))
    result = invoke("boards")
    assert result.exit_code == 0
    assert "nef2hw: they failed" in result.stderr
    assert "icebreaker" in result.stdout


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


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_wrong_usage(folder, value):
    result = invoke("compile", folder / "model.npz", "--board", "ulx3s", "--clock", value)
    assert result.exit_code == 2
    assert "is not a finite number" in result.stderr or "is not in the range" in result.stderr


def test_too_little_memory_fails_with_one_line(folder, monkeypatch):
    def fail(path):
        raise MemoryError("Unable to allocate 7 PiB")

    monkeypatch.setattr("nef2hw.cli.report.open_build", fail)
    result = invoke("report", folder / "ulx3s")
    assert result.exit_code == 1
    assert result.stderr == "nef2hw: not enough memory: Unable to allocate 7 PiB\n"
