"""What a build holds where there is no board."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.design import program_top
from nef2hw.build.generic import write_generic
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.program.memory import MemoryId, beats_to_words
from nef2hw.sim.verilog import to_verilog
from tests.sim.networks import program_of, tiny


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    path = tmp_path_factory.mktemp("generic")
    arrays = {"layers/0/weights": np.ones((8, 2)), "layers/0/synapse": 0.01}
    np.savez(path / "model.npz", format="nef2hw-model-1", dt=0.001, **arrays)
    options = BuildOptions(bitstream=False, clock_hz=40e6)
    return make_build(path / "model.npz", find_board("verilog"), path / "b", options)


def test_a_build_for_no_board_has_both_tops_image_and_program(build):
    assert {path.name for path in (build.path / "rtl").iterdir()} == {"top.v", "core.v"}
    assert (build.path / "program.npz").is_file()
    assert build.report["bitstream"] is None
    assert build.report["missing"] is None
    assert build.report["clock_mhz"]["asked"] == 40


def test_the_head_of_the_serial_top_says_clock_and_rate(build):
    head = (build.path / "rtl" / "top.v").read_text().split("module")[0]
    assert "made for 40 MHz" in head
    assert "1000000 baud: 40 cycles of clk" in head


@pytest.mark.parametrize("top", ["top", "core"])
def test_the_head_of_a_file_names_every_port(build, top):
    text = (build.path / "rtl" / f"{top}.v").read_text()
    head = text.split("\nmodule ")[0]
    ports = re.search(rf"\nmodule {top}\(([^)]*)\)", text).group(1).split(", ")
    assert [port for port in ports if not re.search(rf"\b{port}\b", head)] == []


@pytest.mark.parametrize("top", ["top", "core"])
def test_the_verilog_is_self_contained_and_of_no_vendor(build, top):
    path = build.path / "rtl" / f"{top}.v"
    text = path.read_text()
    modules = set(re.findall(r"^module (\S+)\s*\(", text, re.MULTILINE))
    used = set(re.findall(r"^  (\S+) (?:#\(.*?\) )?\S+ \(\n", text, re.MULTILINE | re.DOTALL))
    assert top in modules
    assert used - {"always", "initial"} <= modules
    if shutil.which("iverilog"):
        subprocess.run(["iverilog", "-o", path.with_suffix(".vvp"), "-s", top, path], check=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A program with initial states, and the folder it was written to."""
    program, path = program_of(tiny()), tmp_path_factory.mktemp("written")
    (path / "rtl").mkdir()
    write_generic(program, to_verilog(program_top(program, 50, 512)), 50, 50e6, path)
    return program, path


def test_the_image_as_text_is_the_image(written):
    program, path = written
    lines = (path / "image" / "0_weights.hex").read_text().split()
    shape = program.config.memories[MemoryId.WEIGHTS]
    words = np.array([int(line, 16) for line in lines], dtype=np.uint32)
    words = words.reshape(-1, shape.stride)[:, : shape.beats]
    assert beats_to_words(words) == beats_to_words(program.image.beats[MemoryId.WEIGHTS])


def test_the_initial_state_as_text_is_what_a_reset_leaves_to_write(written):
    program, path = written
    lines = (path / "image" / "initial_state.txt").read_text().splitlines()
    stated = program.image.initial_state
    assert len(lines) == sum(
        len(words) * program.config.memories[memory].beats for memory, words in stated.items()
    )
    memory, words = next((m, w) for m, w in stated.items() if w)
    shape, (address, word) = program.config.memories[memory], words[0]
    assert f"{memory.value:x} {address * shape.stride:06x} {word & 0xFFFFFFFF:08x}" in lines
