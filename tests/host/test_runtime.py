"""Opening a board from Python, and the document that tells of it."""

import re
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nef2hw
from nef2hw.boards.registry import find_board
from nef2hw.compiler.fold import fold
from nef2hw.errors import LinkError, ProgramError
from nef2hw.host.session import Session
from nef2hw.model.parse import parse_model
from nef2hw.runtime import find_target
from nef2hw.tools import has_tool
from tests.host.boards import board_for, device_on, program_for, two_inputs

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "runtime.md"


@pytest.fixture(scope="module")
def compiled():
    program = program_for(two_inputs())
    folded = fold(parse_model(two_inputs()))
    return nef2hw.CompiledNetwork(folded, program, find_board("icebreaker"))


@needs_compiler
def test_a_compiled_network_is_opened_on_the_simulated_board(compiled):
    x = np.array([[0.5, -0.25]])
    expected = compiled.simulate(x, steps=20)
    with nef2hw.connect(compiled, "sim") as session:
        outputs = session.advance(x[0], steps=20)
        assert (outputs.probes["value"] == expected.probes["value"]).all()
        assert session.dt_s == 0.001


def test_a_target_knows_rate_clock_and_defaults(compiled):
    target = find_target(compiled)
    assert (target.baud, target.clock_hz) == (1_000_000, 12_000_000)
    assert target.defaults["offset"].tolist() == [0.25]
    assert set(target.defaults) == {"offset"}


def test_a_target_has_the_slower_of_the_clocks_that_its_core_may_have(compiled):
    target = find_target(replace(compiled, board=find_board("ecpix5_85f")))
    assert target.clock_hz == 50_000_000


def test_a_program_alone_does_not_know_the_rate(compiled):
    message = "a program does not say the baud rate of its board: give one, or connect to a build"
    with (
        pytest.raises(LinkError, match=message),
        nef2hw.connect(compiled.program, "/dev/no-such-port"),
    ):
        pass


def test_a_folder_that_is_no_build_is_refused(tmp_path):
    with (
        pytest.raises(ProgramError, match="is not a build"),
        nef2hw.connect(tmp_path, "sim"),
    ):
        pass


def test_the_rate_of_a_port_may_be_chosen(compiled):
    with (
        pytest.raises(LinkError, match="cannot open serial port /dev/no-such-port at 9600 baud"),
        nef2hw.connect(compiled, "/dev/no-such-port", baud=9600),
    ):
        pass


@needs_compiler
def test_the_code_in_the_document_runs(compiled, monkeypatch, capsys):
    @contextmanager
    def connect(network, port):
        assert (network, port) == ("build/arm", "sim")
        session = Session(
            device_on(board_for(compiled.program), compiled.program), {"offset": np.array([0.25])}
        )
        session.reset()
        yield session

    monkeypatch.setattr(nef2hw, "connect", connect, raising=False)
    (block,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    made = {}
    exec(compile(block, "document", "exec"), made)
    assert made["trace"].steps == 100
    assert made["counts"].shape == (12,)
    assert "3 rows of 10 steps" in capsys.readouterr().out


@needs_compiler
def test_long_transfers_use_four_fifths_of_the_bit_rate_or_more(compiled, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    found = __import__("link").shares(compiled.program, 4, 512, 30)
    assert min(found.values()) >= 0.8, found
