"""Loading a bitstream with openFPGALoader."""

import sys

import pytest

from nef2hw.build.flash import flash
from nef2hw.build.folder import FORMAT, BuildFolder
from nef2hw.errors import ProgramError, ToolError
from nef2hw.tools import Tool


def stand_in(code):
    return lambda name: Tool(name, (sys.executable, "-c", code), "0", "native")


def build(path, bitstream):
    report = {"format": FORMAT, "board": {"name": "icebreaker"}, "bitstream": bitstream}
    return BuildFolder(path, report)


def test_the_loader_gets_the_board_and_the_bitstream(tmp_path, monkeypatch):
    code = "import sys; print(sys.argv[1:])"
    monkeypatch.setattr("nef2hw.build.flash.find_tool", stand_in(code))
    flash(build(tmp_path, "top.bin"))
    log = (tmp_path / "logs" / "program.log").read_text()
    assert log.strip() == "['-b', 'ice40_generic', 'top.bin']"


def test_a_loader_that_finds_no_board_is_an_error_with_what_it_said(tmp_path, monkeypatch):
    code = "import sys; print('unable to open ftdi device'); sys.exit(1)"
    monkeypatch.setattr("nef2hw.build.flash.find_tool", stand_in(code))
    with pytest.raises(ToolError, match="unable to open ftdi device"):
        flash(build(tmp_path, "top.bin"))


def test_a_build_without_a_bitstream_cannot_be_loaded(tmp_path):
    with pytest.raises(ProgramError, match="has no bitstream"):
        flash(build(tmp_path, None))
