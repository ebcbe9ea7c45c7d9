"""Real synthesis, placement and routing of small designs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from amaranth.back import rtlil

from nef2hw.boards.registry import find_board
from nef2hw.build.attempt import run_placer
from nef2hw.build.clock import choose_pll
from nef2hw.build.design import BoardDesign
from nef2hw.build.families.registry import FAMILIES
from nef2hw.build.place import build_bitstream
from nef2hw.build.resources import Usage
from nef2hw.build.stages import Stages
from nef2hw.build.synthesis import read_cells, synthesize
from nef2hw.errors import CapacityError, MissingToolchainError, ToolError
from nef2hw.rtl.core import Core
from nef2hw.tools import find_tool, run_tool
from tests.build.small import SmallTop
from tests.sim.networks import layered, program_of


def test_an_ice40_design_is_placed_with_its_weights_in_single_port_ram(tmp_path):
    board = find_board("icebreaker")
    placed = build_bitstream(BoardDesign(board, SmallTop("huge", 16_384)), board, tmp_path)
    assert placed.bitstream.stat().st_size > 50_000
    assert placed.resources["spram_bits"].used == 262_144
    assert placed.resources["block_rams"].used == 1
    assert placed.resources["dsp"].used == 1
    assert placed.timing.met
    assert placed.timing.asked_hz == pytest.approx(12e6, rel=1e-3)
    assert "set_io" in placed.constraints.read_text()
    assert [log.stem for log in placed.logs] == ["pack", "place", "synthesize"]
    assert set(placed.tools) == {"yosys", "nextpnr-ice40", "icepack"}


def test_an_ecp5_design_is_placed_with_a_pll(tmp_path):
    board = find_board("ulx3s_12f")
    design = BoardDesign(board, SmallTop("block", 1024), choose_pll(board, 50e6))
    placed = build_bitstream(design, board, tmp_path, seeds=(5,))
    assert placed.bitstream.stat().st_size > 50_000
    assert placed.timing.asked_hz == pytest.approx(50e6, rel=1e-3)
    assert placed.timing.achieved_hz > 50e6
    assert placed.seed == 5
    assert placed.resources["block_rams"].used >= 1


@pytest.mark.parametrize("clock_hz", [27e6, 36e6])
def test_a_gowin_design_is_placed_with_memories_and_multiplier_in_their_blocks(clock_hz, tmp_path):
    board = find_board("tang_nano_9k")
    design = BoardDesign(board, SmallTop("block", 1024), choose_pll(board, clock_hz))
    placed = build_bitstream(design, board, tmp_path)
    assert placed.bitstream.suffix == ".fs"
    assert placed.bitstream.stat().st_size > 50_000
    assert placed.resources["block_rams"].used == 2
    assert placed.resources["dsp"].used == 1
    assert placed.timing.met
    assert placed.timing.asked_hz == pytest.approx(clock_hz, rel=1e-3)
    assert "IO_LOC" in placed.constraints.read_text()
    assert set(placed.tools) == {"yosys", "nextpnr-himbaechel-gowin", "gowin_pack"}


def test_the_content_of_a_gowin_memory_is_in_its_bitstream(tmp_path):
    """The table of `SmallTop` counts from 0 to 255, in a block RAM of 18 bits."""
    board = find_board("tang_nano_9k")
    design = BoardDesign(board, SmallTop("block", 1024))
    assert synthesize(design, board, tmp_path)["block_rams"] == Usage(2, 26)
    assert not (tmp_path / "top.fs").exists()
    cells = json.loads((tmp_path / "top.syn.json").read_text())["modules"]["top"]["cells"]
    first = [
        cell["parameters"]["INIT_RAM_00"]
        for cell in cells.values()
        if "INIT_RAM_00" in cell["parameters"]
    ]
    counted = "".join(f"{word:018b}" for word in reversed(range(16)))
    assert any(bits == counted for bits in first)


def test_without_a_toolchain_a_7_series_design_is_counted_and_says_what_is_missing(
    tmp_path, monkeypatch
):
    def none(_part):
        raise MissingToolchainError("no placer")

    monkeypatch.setattr("nef2hw.build.xilinx7.place.find_toolchain", none)
    board = find_board("cmod_a7")
    design = BoardDesign(board, SmallTop("block", 1024), choose_pll(board, 48e6))
    placed = build_bitstream(design, board, tmp_path, clock_hz=48e6)
    assert placed.missing == "no placer"
    assert placed.bitstream is placed.timing is placed.seed is None
    assert 0 < placed.resources["lut"].used < 200
    assert 40 < placed.resources["ff"].used < 200
    assert placed.resources["block_rams"].used == 2
    assert placed.resources["dsp"] == Usage(1, 90)
    assert "--freq 48 " in (tmp_path / "build_open.sh").read_text()
    assert "MMCME2_BASE" in (tmp_path / "top.v").read_text()


def test_nothing_is_synthesized_for_no_device(tmp_path):
    board = find_board("verilog")
    with pytest.raises(ToolError, match="verilog is no device, nothing can be synthesized for it"):
        synthesize(None, board, tmp_path)


def test_cells_that_find_no_place_are_a_matter_of_size(tmp_path, monkeypatch):
    def fail(stages, stage, command, makes, timeout_s):
        raise ToolError("ERROR: Unable to find legal placement for cell 'a' of type 'RAM16SDP4'")

    monkeypatch.setattr(Stages, "run", fail)
    stages = Stages(find_board("tang_nano_9k"), tmp_path, print, {})
    with pytest.raises(CapacityError, match=r"fits by number, but finds no place; try fewer --lan"):
        run_placer(stages, ["nextpnr-himbaechel-gowin"], ["top.fs"])


def test_a_placer_is_given_some_times_as_long_as_synthesis_took(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr(Stages, "run", lambda *arguments: given.append(arguments[-1]))
    for synthesis_s in (1.0, 100.0):
        stages = Stages(find_board("ulx3s"), tmp_path, print, {"synthesize": synthesis_s})
        run_placer(stages, ["nextpnr-ecp5"], ["top.config"])
    assert given == [600.0, 2000.0]


def test_a_missed_clock_is_told_in_one_line_with_what_to_try(tmp_path):
    board = find_board("icebreaker")
    design = BoardDesign(board, SmallTop("huge", 16_384), choose_pll(board, 132e6))
    with pytest.raises(
        ToolError,
        match=r"icebreaker: the design reaches \d+\.\d MHz, 132\.\d MHz were asked for "
        r"\(seeds tried: 3\); the slowest path, from .* to .*, is \d+\.\d\d ns too slow; try a",
    ):
        build_bitstream(design, board, tmp_path, seeds=(3,))


def test_a_design_that_is_too_large_fails_before_placement(tmp_path):
    board = find_board("icebreaker")
    small = replace(board, capacity=replace(board.capacity, lut=20))
    design = BoardDesign(small, SmallTop("huge", 16_384))
    with pytest.raises(CapacityError, match=r"needs \d+ look-up tables \(it has 20\)"):
        build_bitstream(design, small, tmp_path)
    assert not (tmp_path / "logs" / "place.log").exists()


@pytest.mark.parametrize("content", ["", "{}", '{"design": {}}', '{"modules": {}}'])
def test_statistics_that_are_none_are_refused(tmp_path, content):
    path = Path(tmp_path / "stat.json")
    path.write_text(content)
    with pytest.raises(ToolError, match=r"stat\.json has no statistics of yosys .*build again"):
        read_cells(path)


def test_logic_cells_that_only_the_placer_counts_are_a_matter_of_size_too(tmp_path, monkeypatch):
    def fail(stages, stage, command, makes, timeout_s):
        (tmp_path / "top.tim").write_text("Info: \t ICESTORM_LC:  5551/  5280   105%\n")
        raise ToolError("nextpnr-ice40 failed")

    monkeypatch.setattr(Stages, "run", fail)
    stages = Stages(find_board("icebreaker"), tmp_path, print, {})
    with pytest.raises(CapacityError, match=r"needs 5551 ICESTORM_LC \(it has 5280\); try fewer"):
        run_placer(stages, ["nextpnr-ice40"], ["top.asc"])


@pytest.mark.parametrize("family", ["ecp5", "ice40", "gowin"])
def test_the_script_frees_every_block_ram_from_giving_old_data_at_a_collision(family, tmp_path):
    core = Core(program_of(layered()).config)
    freed = FAMILIES[family].flow.synthesis["script_after_read"]
    (tmp_path / "core.il").write_text(rtlil.convert(core, name="top"))
    clocked = "t:$memrd_v2 r:CLK_ENABLE=1 %i r:TRANSPARENCY_MASK=1'0 %i"
    (tmp_path / "check.ys").write_text(
        f"read_rtlil core.il\n{freed}\n"
        f"select -assert-any {clocked}\n"
        f"select -assert-none {clocked} r:COLLISION_X_MASK=1'0 %i\n"
        "write_rtlil freed.il\n"
    )
    run_tool(
        find_tool("yosys"),
        ["-q", "-s", "check.ys"],
        cwd=tmp_path,
        log=tmp_path / "yosys.log",
        makes=[tmp_path / "freed.il"],
    )
