"""Placement on the 7-series, with stand-ins for tools that no Python package brings."""

import shutil
import subprocess
from types import SimpleNamespace

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.stages import Stages
from nef2hw.build.xilinx7.part import Part, part_of
from nef2hw.build.xilinx7.place import place
from nef2hw.build.xilinx7.scripts import open_script, vivado_script
from nef2hw.build.xilinx7.toolchain import Vivado, find_toolchain
from nef2hw.errors import BoardError, MissingToolchainError, ToolError
from nef2hw.tools import find_tool
from tests.build.xilinx7_tools import database, install, search_path

PART = Part("xc7a35ti", "csg324", "1L", 25e6)
OPEN = ("nextpnr-xilinx", "fasm2frames", "xc7frames2bit")
NEW = ("nextpnr-himbaechel", "fasm2frames", "xc7frames2bit")


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Only the tools that a test installs, in a folder with a synthesized design."""
    monkeypatch.setenv("PATH", search_path(tmp_path / "bin"))
    for name in ("PRJXRAY_DB_DIR", "CHIPDB", "CHIPDB_DIR", "NEF2HW_VIVADO"):
        monkeypatch.delenv(name, raising=False)
    find_tool.cache_clear()
    work = tmp_path / "work"
    work.mkdir()
    for name in ("top.il", "top.v", "top.ys", "top.xdc", "top.json"):
        (work / name).touch()
    (work / "build_open.sh").write_text(open_script("Arty", PART))
    (work / "build_vivado.tcl").write_text(vivado_script("Arty", PART))
    yield tmp_path
    find_tool.cache_clear()


def stages(tools):
    return Stages(find_board("arty"), tools / "work", lambda _: None, {})


def use_database(tools, monkeypatch):
    monkeypatch.setenv("PRJXRAY_DB_DIR", str(database(tools / "db")))


def use_chip(tools, monkeypatch):
    (tools / "xc7a35tcsg324.bin").touch()
    monkeypatch.setenv("CHIPDB", str(tools / "xc7a35tcsg324.bin"))


def test_a_part_has_the_names_that_each_tool_knows():
    assert PART.vivado == "xc7a35ticsg324-1L"
    assert PART.prjxray == "xc7a35tcsg324-1"
    assert PART.package_name == "xc7a35tcsg324"
    assert PART.folder == "artix7"


def test_a_device_of_another_series_is_refused():
    platform = SimpleNamespace(device="xcku040", package="ffva1156", speed="2")
    with pytest.raises(BoardError, match="xcku040 is none of the 7-series; its name must begin"):
        part_of(platform, 1e6)


def test_nothing_installed_is_told_with_all_that_is_missing(tools):
    with pytest.raises(
        MissingToolchainError,
        match=r"open tools lack nextpnr-himbaechel, or nextpnr-xilinx with its chip database "
        r"\(CHIPDB\), fasm2frames, xc7frames2bit, the folder of artix7 \(PRJXRAY_DB_DIR\); and viv",
    ):
        find_toolchain(PART)


@pytest.mark.parametrize(("installed", "seed"), [(OPEN, 3), (NEW, 1)])
def test_open_tools_place_with_the_first_seed_that_meets_the_clock(
    tools, monkeypatch, installed, seed
):
    install(tools / "bin", *installed)
    use_database(tools, monkeypatch)
    use_chip(tools, monkeypatch)
    monkeypatch.setenv("UARCHS", "xilinx")
    run = stages(tools)
    timing, chosen = place(run, PART, (1, 2, 3))
    assert (tools / "work" / "top.bit").read_text() == "bits\n"
    assert chosen == seed
    assert timing.achieved_hz > timing.asked_hz == 25e6
    assert set(run.tools) == set(installed)
    assert set(run.seconds) == {"place", "frames", "pack"}


def test_a_clock_that_no_seed_meets_is_told(tools, monkeypatch):
    install(tools / "bin", *OPEN)
    use_database(tools, monkeypatch)
    use_chip(tools, monkeypatch)
    with pytest.raises(ToolError, match=r"arty: the design reaches 20.0 MHz, 25.0 MHz .*: 1, 2\)"):
        place(stages(tools), PART, (1, 2))
    assert not (tools / "work" / "top.bit").exists()


def test_a_chip_database_is_found_in_its_folder_by_either_name(tools, monkeypatch):
    install(tools / "bin", *OPEN)
    use_database(tools, monkeypatch)
    monkeypatch.setenv("CHIPDB_DIR", str(tools))
    for name in ("xc7a35t.bin", "xc7a35tcsg324.bin"):
        (tools / name).touch()
        assert find_toolchain(PART).variables["CHIPDB"] == str(tools / name)


def test_a_himbaechel_without_the_7_series_does_not_count(tools, monkeypatch):
    install(tools / "bin", *NEW)
    use_database(tools, monkeypatch)
    monkeypatch.setenv("UARCHS", "")
    with pytest.raises(MissingToolchainError, match="lack nextpnr-himbaechel, or nextpnr-xilinx"):
        find_toolchain(PART)


def test_vivado_is_used_where_the_open_tools_are_not_complete(tools, monkeypatch):
    install(tools / "bin", "vivado", *OPEN)
    monkeypatch.setenv("SLACK", "4.0")
    assert find_toolchain(PART) == Vivado()
    timing, _ = place(stages(tools), PART, (1,))
    assert timing.achieved_hz == pytest.approx(1 / 36e-9)


def test_a_slack_that_is_none_is_refused(tools, monkeypatch):
    install(tools / "bin", "vivado")
    monkeypatch.setenv("SLACK", "none")
    with pytest.raises(ToolError, match="Vivado wrote 'none' as slack"):
        place(stages(tools), PART, (1,))


def run_script(tools, *arguments, **environment):
    return subprocess.run(
        ["sh", str(tools / "work" / "build_open.sh"), *arguments],
        env={"PATH": search_path(tools / "bin"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("installed", [OPEN, NEW])
def test_the_open_script_makes_a_bitstream_from_any_folder(tools, installed):
    install(tools / "bin", "yosys", *installed)
    (tools / "chip.bin").touch()
    data = {"PRJXRAY_DB_DIR": str(database(tools / "db")), "CHIPDB": str(tools / "chip.bin")}
    done = run_script(tools, **data)
    assert done.returncode == 0, done.stderr
    assert (tools / "work" / "top.bit").read_text() == "bits\n"
    assert not (tools / "work" / "top.bit.new").exists()


def test_the_open_script_stops_after_synthesis_when_asked(tools):
    install(tools / "bin", "yosys")
    assert run_script(tools, "synthesize").returncode == 0


@pytest.mark.parametrize(
    ("installed", "environment", "message"),
    [
        (NEW, {}, "yosys was not found"),
        (("yosys", *NEW), {}, "set PRJXRAY_DB_DIR to the folder that holds artix7"),
        (("yosys", "xc7frames2bit"), {"PRJXRAY_DB_DIR": "db"}, "fasm2frames was not found"),
        (
            ("yosys", *OPEN),
            {"PRJXRAY_DB_DIR": "db"},
            "needs nextpnr-himbaechel, or nextpnr-xilinx with CHIPDB set to xc7a35tcsg324.bin",
        ),
    ],
)
def test_the_open_script_says_what_it_lacks_and_leaves_no_bitstream(
    tools, installed, environment, message
):
    install(tools / "bin", *installed)
    database(tools / "db")
    environment = {name: str(tools / value) for name, value in environment.items()}
    done = run_script(tools, **environment)
    assert done.returncode == 1
    assert f"build_open.sh: {message}" in done.stderr
    assert not (tools / "work" / "top.bit").exists()


#: Commands of Vivado that stand in for themselves: they print their arguments.
VIVADO = """
foreach name {read_verilog read_xdc synth_design opt_design place_design phys_opt_design
              route_design report_utilization report_timing_summary set_property} {
    proc $name args "puts \\"$name \\$args\\""
}
proc read_verilog file {open $file}
proc read_xdc file {open $file}
proc get_timing_paths args {}
proc current_design {} {}
proc get_property args {return SLACK}
proc write_bitstream {force file} {close [open $file w]}
"""


@pytest.mark.skipif(not shutil.which("tclsh"), reason="needs tclsh")
@pytest.mark.parametrize(("slack", "made"), [("1.5", True), ("-0.1", False)])
def test_the_vivado_script_makes_a_bitstream_only_when_the_clock_is_met(tools, slack, made):
    script = tools / "work" / "build_vivado.tcl"
    (tools / "run.tcl").write_text(VIVADO.replace("SLACK", slack) + f"source {script}\n")
    done = subprocess.run(["tclsh", tools / "run.tcl"], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == made, done.stderr
    assert (tools / "work" / "top.bit").exists() == made
    assert "xc7a35ticsg324-1L" in done.stdout
    assert ("timing is not met: the slack is -0.1 ns" in done.stderr) != made
