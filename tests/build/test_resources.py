"""Counting cells, and refusing what does not fit."""

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.resources import Usage, check_fit, count_cells, with_placed
from nef2hw.errors import CapacityError


def test_ecp5_cells_are_counted_with_the_luts_that_carries_and_lut_memories_take():
    cells = {"LUT4": 10, "CCU2C": 3, "TRELLIS_DPR16X4": 2, "TRELLIS_FF": 7, "DP16KD": 5, "PFUMX": 9}
    counted = count_cells(cells, find_board("ulx3s_12f"))
    assert counted["lut"] == Usage(24, 24_288)
    assert counted["ff"].used == 7
    assert counted["block_rams"] == Usage(5, 56)
    assert "spram_bits" not in counted


def test_ice40_flip_flops_and_rams_of_every_kind_are_counted():
    cells = {"SB_DFF": 1, "SB_DFFESR": 2, "SB_RAM40_4K": 3, "SB_RAM40_4KNR": 1, "SB_SPRAM256KA": 2}
    counted = count_cells(cells, find_board("icebreaker"))
    assert counted["ff"].used == 3
    assert counted["block_rams"] == Usage(4, 30)
    assert counted["spram_bits"] == Usage(2 * 262_144, 4 * 262_144)


def test_gowin_memories_and_multipliers_of_every_kind_are_counted():
    cells = {"LUT2": 3, "ALU": 4, "DFFRE": 5, "SPX9": 1, "SDPB": 2, "MULT36X36": 1}
    counted = count_cells(cells | {"SPX9_no": 7, "MULT9X9": 1}, find_board("tang_nano_9k"))
    assert counted["lut"].used == 7
    assert counted["ff"].used == 5
    assert counted["block_rams"] == Usage(3, 26)
    assert counted["dsp"] == Usage(5, 20)


def test_7_series_block_rams_are_counted_in_halves_and_lut_memories_by_their_luts():
    cells = {"LUT6": 3, "INV": 1, "RAM32M": 2, "RAM64X1S": 1, "FDRE": 4, "FDSE": 1, "CARRY4": 9}
    counted = count_cells(cells | {"RAMB18E1": 1, "RAMB36E1": 2}, find_board("arty"))
    assert counted["lut"] == Usage(13, 20_800)
    assert counted["ff"].used == 5
    assert counted["block_rams"] == Usage(5, 100)


def test_a_design_that_just_fits_is_accepted():
    check_fit({"dsp": Usage(8, 8)}, find_board("icebreaker"))


def test_a_design_that_is_too_large_names_each_resource_and_a_cure():
    used = {"lut": Usage(6000, 5280), "ff": Usage(1, 5280), "dsp": Usage(9, 8)}
    with pytest.raises(
        CapacityError,
        match=r"icebreaker: the design needs 6000 look-up tables \(it has 5280\), "
        r"9 multipliers \(it has 8\); try fewer --lanes",
    ):
        check_fit(used, find_board("icebreaker"))


def test_placement_tells_the_logic_cells_of_ice40_and_the_luts_of_ecp5():
    counted = {"lut": Usage(3, 5280), "dsp": Usage(1, 8)}
    cells = {"ICESTORM_LC": Usage(5, 5280), "SB_GB": Usage(1, 8)}
    assert with_placed(counted, cells, find_board("icebreaker")) == {
        "lut": Usage(3, 5280),
        "dsp": Usage(1, 8),
        "logic_cells": Usage(5, 5280),
    }
    cells = {"TRELLIS_COMB": Usage(9, 10)}
    assert with_placed(counted, cells, find_board("ulx3s"))["lut"] == Usage(9, 10)
