"""Networks that fit the standard core of a board share it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import nef2hw
from nef2hw.boards.registry import find_board
from nef2hw.build.sizing.demands import Demands, limits
from nef2hw.build.sizing.model import estimate_usage
from nef2hw.build.standard import FORMATS, SMALL_FORMATS, standard_core, standard_sizing
from nef2hw.cli.main import main
from nef2hw.compiler.assemble import assemble_for
from nef2hw.compiler.fold import fold
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import CapacityError, FormatError
from nef2hw.model.network import LifNeurons
from nef2hw.program.archive import load_program, save_program
from nef2hw.program.decode import encode_inputs
from nef2hw.program.memory import MemoryId
from nef2hw.sim.compiled.core import CompiledCore
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.sim.reference import simulate_reference
from nef2hw.tools import has_tool
from nef2hw.trace import first_difference
from tests.sim.networks import connection, layered, relaying, tiny

ROOT = Path(__file__).parent.parent.parent
ICEBREAKER = find_board("icebreaker")
BOARDS = ["icebreaker", "ulx3s_12f", "ulx3s_85f", "orangecrab", "tang_nano_9k", "arty", "cmod_a7"]


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_has_a_standard_core_that_it_has_room_for(name):
    board = find_board(name)
    core = standard_core(board)
    assert core == standard_core(board)
    usage = estimate_usage(core, board)
    assert all(
        usage[kind].used <= most for kind, most in limits(board, Demands()).items() if kind in usage
    )
    assert core.weight_words * core.lanes >= 1 << 13


def test_what_is_no_device_has_none():
    with pytest.raises(CapacityError, match="verilog has no standard core; leave --core standard"):
        standard_core(find_board("verilog"))


@pytest.mark.parametrize("name", ["digits", "nef_channel"])
@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85f"])
def test_the_examples_run_on_the_standard_cores(name, board):
    model = nef2hw.load(ROOT / "examples" / name / "model.npz")
    core = standard_core(find_board(board))
    assert assemble_for(quantize(fold(model), None, core.formats), core).config == core


def on(board, network):
    core = standard_core(board)
    return assemble_for(quantize(network, None, core.formats), core)


@pytest.mark.skipif(not (has_tool("yosys") and has_tool("c++")), reason="needs a C++ compiler")
def test_networks_of_other_shapes_run_on_it_as_the_golden_model_says():
    networks = [layered(1), tiny(), layered(2, sizes=(3, 20, 11, 2))]
    programs = [on(ICEBREAKER, network) for network in networks]
    assert len({program.config.digest for program in programs}) == 1
    assert len({program.image.digest for program in programs}) == 3
    core = CompiledCore(programs[0])
    for program in (*programs, programs[0]):
        codes = extreme_codes(program.network, 12, seed=1)
        expected = simulate_golden(program.network, codes, states=True)
        core.program = program
        assert first_difference(expected, core.run(codes, states=True)) is None
    core.close()


def test_a_program_that_leaves_a_part_of_the_core_unused_comes_back_as_it_was(tmp_path):
    program = on(ICEBREAKER, tiny())
    save_program(program, tmp_path / "program.npz")
    again = load_program(tmp_path / "program.npz")
    assert (again.config, again.image.digest) == (program.config, program.image.digest)
    assert len(again.image.beats[MemoryId.WEIGHTS]) < again.config.weight_words


@pytest.mark.parametrize("formats", [FORMATS, SMALL_FORMATS])
def test_its_formats_are_as_good_as_those_that_are_chosen(formats):
    network = layered(1)
    rng = np.random.default_rng(1)
    x = {"x": np.repeat(rng.uniform(-1, 1, (4, 5)), 50, axis=0)}
    expected = simulate_reference(network, x).probes["out"]
    errors = []
    for given in (None, formats):
        quantized = quantize(network, Precision(), given)
        found = simulate_golden(quantized, encode_inputs(quantized, x)).probes["out"]
        errors.append(np.sqrt(np.mean((found - expected) ** 2)) / np.ptp(expected))
    assert errors[1] < max(2 * errors[0], 0.02)


def test_a_core_that_is_too_small_says_all_that_it_lacks():
    core = replace(standard_core(ICEBREAKER), weight_words=10, slot_rows=3)
    message = (
        r"core is too small, the network needs \d+ weight_words \(it has 10\), "
        r"\d+ slot_rows \(it has 3\); leave --core out"
    )
    with pytest.raises(CapacityError, match=message):
        assemble_for(quantize(layered(1), None, core.formats), core)


def test_sums_that_are_too_wide_are_told():
    narrow = replace(FORMATS, accumulator_bits=5, sum_bits=10)
    message = (
        r"too narrow, the network needs accumulator_bits \d+ \(it has 5\), "
        r"sum_bits \d+ \(it has 10\); leave --core"
    )
    with pytest.raises(FormatError, match=message):
        quantize(layered(1), None, narrow)


def test_states_are_as_wide_as_the_guard_bits_of_the_core_make_them():
    own = quantize(layered(1)).formats
    core = replace(FORMATS, filter_bits=own.filter_bits, guard_bits=own.guard_bits + 2)
    with pytest.raises(FormatError, match=rf"needs filter_bits {own.filter_bits + 2} \(it has"):
        quantize(layered(1), None, core)


def test_relays_need_a_core_of_their_own():
    with pytest.raises(FormatError, match=r"relay_planes \d+ \(it has 0\)"):
        quantize(relaying(), None, replace(FORMATS, accumulator_bits=32))


def test_a_synapse_that_is_too_fast_is_told():
    network = layered(1)
    fast = connection("b", "probes/out", network.connections[2].weights, 0.002)
    with pytest.raises(FormatError, match=r"too fast for the core: its leak_frac is 18, the netw"):
        quantize(replace(network, connections=(*network.connections[:2], fast)), None, FORMATS)


def test_a_membrane_that_is_too_fast_is_told():
    network = layered(1)
    fast = replace(network.populations[0], neurons=LifNeurons(0.005, 0.002))
    with pytest.raises(FormatError, match=r"too fast for the core: its decay_frac is 20"):
        quantize(replace(network, populations=(fast, *network.populations[1:])), None, FORMATS)


def test_the_standard_core_is_the_only_one_that_is_weighed():
    core = standard_core(ICEBREAKER)
    sizing = standard_sizing(quantize(layered(1), None, core.formats), core, ICEBREAKER, 12e6)
    assert sizing.chosen.config == core
    assert sizing.smaller() is None


def test_the_standard_core_leaves_no_choice_of_size(tmp_path):
    model = tmp_path / "model.npz"
    model.write_bytes(b"")
    options = ["--board", "icebreaker", "--core", "standard", "--lanes", "2"]
    result = CliRunner().invoke(main, ["compile", str(model), *options])
    assert result.exit_code == 2
    assert "--core standard leaves no choice of size or formats" in result.stderr
