"""Choosing the dividers of a PLL."""

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.clock import choose_pll, core_clock_hz
from nef2hw.build.pll import ecp5, gowin, ice40, xilinx7
from nef2hw.errors import CapacityError


def test_the_boards_own_clock_needs_no_pll():
    assert choose_pll(find_board("icebreaker"), 12e6) is None


@pytest.mark.parametrize("wanted_mhz", [20, 40, 50, 62.5, 75, 80, 100, 125])
def test_ecp5_settings_give_the_clock_within_the_oscillators_range(wanted_mhz):
    settings = ecp5.choose(find_board("ulx3s"), wanted_mhz * 1e6)
    assert settings.output_hz == pytest.approx(wanted_mhz * 1e6, rel=0.01)
    assert settings.output_hz == 25e6 * settings.feedback / settings.reference
    assert 400e6 <= settings.output_hz * settings.output <= 800e6


@pytest.mark.parametrize(("wanted_mhz", "dividers"), [(24, (0, 63, 5)), (48, (0, 63, 4))])
def test_ice40_settings_equal_those_of_icepll(wanted_mhz, dividers):
    settings = ice40.choose(find_board("icebreaker"), wanted_mhz * 1e6)
    assert (settings.reference, settings.feedback, settings.output) == dividers
    assert settings.filter_range == 1


@pytest.mark.parametrize("wanted_mhz", [13.5, 24, 36, 54, 60, 81])
@pytest.mark.parametrize(
    ("board", "slowest_mhz", "fastest_mhz"),
    [("tang_nano_9k", 400, 1200), ("tang_nano_20k", 500, 1250)],
)
def test_gowin_settings_give_the_clock_within_the_oscillators_range(
    board, slowest_mhz, fastest_mhz, wanted_mhz
):
    settings = gowin.choose(find_board(board), wanted_mhz * 1e6)
    assert settings.output_hz == pytest.approx(wanted_mhz * 1e6, rel=0.01)
    assert settings.output_hz == 27e6 * (settings.feedback + 1) / (settings.reference + 1)
    assert slowest_mhz * 1e6 <= settings.output_hz * settings.output <= fastest_mhz * 1e6
    assert settings.output in (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)


@pytest.mark.parametrize("wanted_mhz", [20, 33.3, 48, 50, 62.5, 75, 100, 125])
@pytest.mark.parametrize(
    ("board", "slowest_mhz", "fastest_mhz", "detector_mhz"),
    [("arty", 800, 1600, 19), ("cmod_a7", 600, 1200, 10)],
)
def test_7_series_settings_give_the_clock_within_the_limits_of_pll_or_mmcm(
    board, slowest_mhz, fastest_mhz, detector_mhz, wanted_mhz
):
    spec = find_board(board)
    settings = xilinx7.choose(spec, wanted_mhz * 1e6)
    assert settings.output_hz == pytest.approx(wanted_mhz * 1e6, rel=0.01)
    oscillator_hz = spec.clock_hz * settings.feedback / settings.reference
    assert slowest_mhz * 1e6 <= oscillator_hz <= fastest_mhz * 1e6
    assert settings.output_hz == oscillator_hz / settings.output
    assert spec.clock_hz / settings.reference >= detector_mhz * 1e6
    assert settings.feedback <= 63


def test_a_board_may_prefer_another_clock_for_its_core_than_its_oscillator():
    assert core_clock_hz(find_board("arty"), None) == 50e6
    assert core_clock_hz(find_board("arty"), 25e6) == 25e6
    assert core_clock_hz(find_board("ulx3s"), None) == 50e6
    assert core_clock_hz(find_board("icebreaker"), None) == 24e6


def test_a_clock_that_the_pll_cannot_make_is_answered_with_the_nearest():
    with pytest.raises(CapacityError, match=r"no 5 MHz from 12 MHz; the nearest.* 16\.\d+ MHz"):
        choose_pll(find_board("icebreaker"), 5e6)
