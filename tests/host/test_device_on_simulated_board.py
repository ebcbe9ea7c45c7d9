"""The whole way: host, bytes, UART, frames, commands, core; against the golden model."""

import numpy as np
import pytest

from nef2hw.errors import LinkError
from nef2hw.host.device import Device
from nef2hw.host.link import Link
from nef2hw.program.memory import MemoryId
from nef2hw.rtl.top import Top
from nef2hw.sim.compiled import board as compiled
from nef2hw.sim.compiled.board import SimulatedBoard, simulate_board
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from nef2hw.trace import first_difference
from tests.sim.networks import program_of, tiny

pytestmark = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

DIVISOR = 4


@pytest.fixture(scope="module")
def program():
    return program_of(tiny(), lanes=2)


@pytest.fixture
def codes(program):
    rng = np.random.default_rng(3)
    return {
        port.name: np.repeat(
            rng.integers(port.low_code, port.high_code + 1, (8, port.size)), 4, axis=0
        )
        for port in program.network.inputs
    }


@pytest.fixture(scope="module")
def top(program):
    return lambda: Top(program.config, program.image, uart_divisor=DIVISOR)


def test_a_run_equals_golden(program, codes, top):
    with (
        SimulatedBoard(top(), DIVISOR) as simulated,
        Link.open(simulated.port, timeout_s=5) as link,
    ):
        device = Device(link, program)
        for states in (False, True):
            expected = simulate_golden(program.network, codes, states=states)
            assert first_difference(expected, device.run(codes, states=states)) is None
        assert device.identify().bad_frames == 0


def test_an_image_that_was_written_to_is_loaded_again(program, codes, top):
    expected = simulate_golden(program.network, codes)
    with (
        SimulatedBoard(top(), DIVISOR) as simulated,
        Link.open(simulated.port, timeout_s=5) as link,
    ):
        device = Device(link, program)
        assert device.is_loaded()
        device.write_memory(MemoryId.BIAS, 1 ^ program.image.beats[MemoryId.BIAS])
        assert not device.is_loaded()
        assert first_difference(expected, device.run(codes)) is None
        assert device.is_loaded()


def test_a_large_image_is_not_compiled_in_and_the_host_loads_it(program, codes, monkeypatch):
    beats = sum(beats.size for beats in program.image.beats.values())
    for most, loaded in ((beats, True), (beats - 1, False)):
        monkeypatch.setattr(compiled, "MOST_BEATS", most)
        with simulate_board(program) as board, Link.open(board.port, timeout_s=5) as link:
            device = Device(link, program)
            assert device.is_loaded() == loaded
            expected = simulate_golden(program.network, codes)
            assert first_difference(expected, device.run(codes)) is None
            assert device.is_loaded()


def test_faults_on_the_line_never_give_a_wrong_result(program, codes, top):
    expected = simulate_golden(program.network, codes)
    outcomes = set()
    with (
        SimulatedBoard(top(), DIVISOR, fault_probability=0.001, seed=2) as board,
        Link.open(board.port, timeout_s=0.1) as link,
    ):
        device = Device(link, program)
        for _ in range(60):
            try:
                assert first_difference(expected, device.run(codes)) is None
                outcomes.add("equal")
            except LinkError:
                outcomes.add("told")
            if len(outcomes) == 2:
                break
        assert board.faults > 0
    assert outcomes == {"equal", "told"}
