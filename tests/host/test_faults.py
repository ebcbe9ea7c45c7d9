"""Faults on the line, of the board and of the host: never a wrong result, always a way back."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.structure import CoreShape
from nef2hw.errors import LinkError
from nef2hw.host.link import Link
from nef2hw.host.session import Session
from nef2hw.sim.compiled.faults import Fault, FaultyLine, HostKilledError
from nef2hw.tools import has_tool
from tests.host.boards import board_for, device_on, program_for, two_inputs

pytestmark = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ROW = np.array([0.5, -0.25])
OFFSET = {"offset": np.array([0.25])}


@pytest.fixture(scope="module")
def program():
    return program_for(two_inputs())


@pytest.fixture(scope="module")
def only_board(program):
    return board_for(program)


@pytest.fixture
def board(only_board):
    only_board.power_cycle()
    return only_board


def other_image(program):
    """Return a program for the same core, with other biases."""
    spiking, *others = program.network.populations
    network = replace(
        program.network,
        populations=(replace(spiking, bias_code=spiking.bias_code // 2), *others),
    )
    value = assemble(network, CoreShape(program.config.lanes, sums_results=True))
    assert value.config == program.config
    assert value.image.digest != program.image.digest
    return value


def session_on(pipe, program):
    session = Session(device_on(pipe, program), OFFSET)
    session.reset()
    return session


def test_some_hundred_faults_give_no_wrong_result(monkeypatch, program):
    monkeypatch.syspath_prepend(BENCHMARKS)
    link_faults = __import__("link_faults")
    other_core = program_for(two_inputs(), lanes=2)
    tally = link_faults.inject(120, 3, (program, other_image(program)), other_core)
    assert tally.wrong == []
    assert tally.outcomes["recovered"] > 0
    assert tally.outcomes["clear errors"] > 0
    assert tally.outcomes["clean sessions after"] > 3


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_happens(fault, board, program):
    line = FaultyLine(board, 1, 40, {fault: 1.0, Fault.FLIP: 1e-9})
    for _ in range(5):
        try:
            session_on(line, program).advance(ROW, steps=5)
        except LinkError:
            continue
        except HostKilledError:
            continue
    assert line.counts[fault] > 0
    line.calm = True
    assert session_on(board, program).advance(ROW, steps=5).spikes["a"].shape == (5, 12)


@pytest.mark.parametrize("happen", ["reset", "power_cycle"])
def test_a_board_that_was_reset_between_two_steps_is_noticed(happen, board, program):
    session = session_on(board, program)
    session.step(ROW)
    getattr(board, happen)()
    with pytest.raises(LinkError, match=r"refused \w+: other session; it was reset"):
        session.step()
    with pytest.raises(LinkError, match="state is unknown: reset it before it is run"):
        session.step()
    session.reset()
    session.step()


def test_the_image_survives_a_reset_but_not_a_power_cycle_after_another_was_loaded(board, program):
    other = other_image(program)
    first = device_on(board, other)
    first.load()
    board.reset()
    assert first.is_loaded()
    board.power_cycle()
    assert not first.is_loaded()
    assert device_on(board, program).is_loaded()


def test_a_second_host_is_served_and_the_first_is_told(board, program):
    first = session_on(board, program)
    first.step(ROW)
    second = session_on(board, program)
    expected = second.advance(ROW, steps=3).probes["value"]
    with pytest.raises(LinkError, match="another program spoke to it"):
        first.step()
    first.reset()
    assert (first.advance(ROW, steps=3).probes["value"] == expected).all()


def test_a_host_that_was_killed_leaves_nothing_that_matters(board, program):
    """Half a request, and answers that nobody fetched."""
    session = session_on(board, program)
    expected = session.advance(ROW, steps=50).probes["value"]
    killed = device_on(board, program)
    killed.reset()
    steps = killed.run_words([{"x": np.array([9, 9]), "offset": np.array([3])}] * 200)
    next(steps)
    board.write(b"\x05\x03\x07half a frame")
    found = session_on(board, program).advance(ROW, steps=50).probes["value"]
    assert (found == expected).all()


LOADER = """
import sys
import numpy as np
from nef2hw.host.device import Device
from nef2hw.host.link import Link
from nef2hw.program.archive import load_program

program = load_program(sys.argv[1])
with Link.open(sys.argv[2], timeout_s=5) as link:
    device = Device(link, program)
    device.identify()
    print("loading", flush=True)
    while True:
        device.load()
"""


def test_a_loading_process_is_killed_and_the_next_one_works(program, tmp_path):
    from nef2hw.program.archive import save_program
    from nef2hw.sim.compiled.board import simulate_board

    save_program(program, tmp_path / "program.npz")
    with simulate_board(program) as board:
        for _ in range(2):
            process = subprocess.Popen(
                [sys.executable, "-c", LOADER, str(tmp_path / "program.npz"), board.port],
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(BENCHMARKS.parent)},
            )
            assert process.stdout.readline() == b"loading\n"
            time.sleep(0.02)
            with pytest.raises(LinkError, match=r"cannot open serial port .*lock"):
                Link.open(board.port)
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            with Link.open(board.port, timeout_s=5) as link:
                session = Session(device_on(link._pipe, program), OFFSET)
                session.device.link._timeout_s = 5
                session.reset()
                assert session.advance(ROW, steps=3).spikes["a"].shape == (3, 12)


def test_a_port_that_goes_away_is_told(program):
    from nef2hw.sim.compiled.board import simulate_board

    board = simulate_board(program)
    with Link.open(board.port, timeout_s=1) as link:
        session = session_on(link._pipe, program)
        board.close()
        with pytest.raises(LinkError, match=r"link to the board broke|no answer"):
            session.step(ROW)
