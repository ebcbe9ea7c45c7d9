"""Making a build."""

import re
import time
from itertools import pairwise
from threading import Event

import numpy as np
import pytest
from amaranth.hdl import Fragment
from click.testing import CliRunner

from nef2hw.boards.registry import find_board
from nef2hw.build import make
from nef2hw.build.compiled_model import explain_model
from nef2hw.build.design import content_of
from nef2hw.build.folder import open_build
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.build.place import PlacedDesign
from nef2hw.build.resources import Usage
from nef2hw.build.sizing.demands import Demands
from nef2hw.build.sizing.model import estimate
from nef2hw.build.synthesis import write_sources
from nef2hw.build.xilinx7.part import part_of
from nef2hw.build.xilinx7.sources import write_scripts
from nef2hw.cli.main import main
from nef2hw.errors import CapacityError, TimingError

BOARD = find_board("ulx3s")


@pytest.fixture
def model_path(tmp_path):
    path = tmp_path / "model.npz"
    weights = {"layers/0/weights": np.ones((90, 200))}
    np.savez(path, format="nef2hw-model-1", dt=0.001, **weights)
    return path


def use(top):
    """Elaborate, so that Amaranth does not warn, and write nothing."""
    Fragment.get(top, None)
    return ""


@pytest.fixture
def too_large(monkeypatch):
    """Refuse cores until one has no more than so much logic, and stop there."""
    tried = []

    def build_core(program, *_args, **_options):
        config = program.config
        tried.append(estimate(config, "ecp5")["lut"])
        if tried[-1] > 5_500:
            raise CapacityError(f"{config.lanes} lanes do not fit")
        raise KeyboardInterrupt(config.lanes)

    monkeypatch.setattr(make, "build_core", build_core)
    monkeypatch.setattr(make, "check_program", lambda *_args, **_options: None)
    monkeypatch.setattr(make, "to_rtlil", use)
    monkeypatch.setattr(make, "rtlil_to_verilog", lambda design, _stop: design)
    return tried


def test_a_core_that_is_too_large_makes_place_for_the_next_smaller_one(
    too_large, model_path, tmp_path
):
    messages = []
    with pytest.raises(KeyboardInterrupt):
        make_build(model_path, BOARD, tmp_path / "b", notify=messages.append)
    assert len(too_large) > 1
    assert all(after < before for before, after in pairwise(too_large))
    assert any(re.search(r"do not fit; trying \d+ lanes, \d neuron", m) for m in messages)


def test_lanes_that_the_user_names_are_not_changed(too_large, model_path, tmp_path):
    options = BuildOptions(demands=Demands(lanes=64))
    with pytest.raises(CapacityError, match="64 lanes do not fit"):
        make_build(model_path, BOARD, tmp_path / "b", options)
    assert not (tmp_path / "b").exists()


def test_a_check_that_fails_does_not_wait_for_yosys(monkeypatch, model_path, tmp_path):
    stopped = Event()

    def wait_for_the_end(_design, stop):
        while not stop():
            time.sleep(0.01)
        stopped.set()

    def check_program(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(make, "to_rtlil", use)
    monkeypatch.setattr(make, "rtlil_to_verilog", wait_for_the_end)
    monkeypatch.setattr(make, "check_program", check_program)
    with pytest.raises(KeyboardInterrupt):
        make_build(model_path, BOARD, tmp_path / "b")
    assert stopped.is_set()


@pytest.fixture
def slow(monkeypatch):
    """Miss every clock that is faster than the oscillator's, and stop at that one."""
    tried = []

    def build_core(*_args, clock_hz, **_options):
        tried.append(clock_hz)
        if clock_hz > BOARD.clock_hz:
            raise TimingError("40.0 MHz were reached")
        raise KeyboardInterrupt

    monkeypatch.setattr(make, "build_core", build_core)
    monkeypatch.setattr(make, "check_program", lambda *_args, **_options: None)
    monkeypatch.setattr(make, "to_rtlil", use)
    monkeypatch.setattr(make, "rtlil_to_verilog", lambda design, _stop: design)
    return tried


def test_a_core_that_misses_the_boards_clock_takes_the_oscillators(slow, model_path, tmp_path):
    messages = []
    with pytest.raises(KeyboardInterrupt):
        make_build(model_path, BOARD, tmp_path / "b", notify=messages.append)
    assert slow == [50e6, 25e6]
    assert "40.0 MHz were reached; taking the oscillator's 25 MHz" in messages


def test_a_clock_that_the_user_names_is_not_changed(slow, model_path, tmp_path):
    with pytest.raises(TimingError, match=r"40\.0 MHz were reached"):
        make_build(model_path, BOARD, tmp_path / "b", BuildOptions(clock_hz=50e6))
    assert slow == [50e6]


@pytest.fixture
def no_toolchain(monkeypatch):
    """Synthesize nothing; write what Amaranth writes, and find no toolchain."""

    def build_core(program, design, board, folder, *, clock_hz, **_options):
        sources = write_sources(design(content_of(program)), board, folder)
        write_scripts(folder, board.title, part_of(sources.platform, clock_hz))
        (folder / "logs").mkdir()
        counted = {"block_rams": Usage(1, 100)}
        constraints = folder / "top.xdc"
        return PlacedDesign(folder, constraints, counted, {}, {}, missing="no tool was found")

    monkeypatch.setattr(make, "build_core", build_core)


def files(path):
    return {str(entry.relative_to(path)) for entry in path.rglob("*") if entry.is_file()}


FOR_ANOTHER_MACHINE = {
    f"xilinx7/{name}"
    for name in ("top.v", "top.il", "top.ys", "top.xdc", "build_open.sh", "build_vivado.tcl")
}


def test_without_a_toolchain_all_but_the_bitstream_is_made_and_told(
    no_toolchain, model_path, tmp_path
):
    options = ["--board", "arty", "--lanes", "4", "--neuron-lanes", "1", "-o", str(tmp_path / "b")]
    result = CliRunner().invoke(main, ["compile", str(model_path), *options])
    assert result.exit_code == 1
    assert "no tool was found; the rest is in" in result.stderr
    assert "xilinx7/build_open.sh or xilinx7/build_vivado.tcl make the bitstream" in result.stderr
    build = open_build(tmp_path / "b")
    assert build.report["bitstream"] is None
    assert build.report["missing"] == "no tool was found"
    assert build.report["clock_mhz"] == {"asked": 50.0, "reached": None}
    assert build.report["resources"]["block_rams"]["used"] == 1
    assert FOR_ANOTHER_MACHINE | {"top.xdc", "rtl/top.v", "program.npz"} <= files(build.path)
    assert not (build.path / "logs" / "place").exists()


def test_no_bitstream_asked_for_is_no_bitstream_missing(model_path, tmp_path):
    options = ["--board", "arty", "--no-bitstream", "-o", str(tmp_path / "b")]
    result = CliRunner().invoke(main, ["compile", str(model_path), *options])
    assert result.exit_code == 0, result.output
    build = open_build(tmp_path / "b")
    assert build.report["missing"] is None
    assert build.report["scripts"]["makes"] == "xilinx7/top.bit"
    assert files(build.path) >= FOR_ANOTHER_MACHINE
    xdc = (build.path / "xilinx7" / "top.xdc").read_text()
    assert "create_clock -period 10.0 [get_ports clk100_0__io]" in xdc


def test_the_cores_that_are_weighed_are_explained_at_the_clock_that_is_asked(model_path):
    found = explain_model(model_path, BOARD, BuildOptions(clock_hz=50e6))
    assert found["clock_mhz"] == pytest.approx(50, rel=0.01)
    (chosen,) = [entry for entry in found["alternatives"] if entry["chosen"]]
    assert chosen["steps_per_s"] >= 95_000
