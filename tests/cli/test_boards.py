"""``boards``, ``program``, ``load`` and ``link-test``: what has to do with a board."""

import json

from nef2hw.boards.registry import ALL_BOARDS
from nef2hw.build.folder import FORMAT
from tests.cli.commands import invoke


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
