"""Choosing the dividers of a PLL."""

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.clock import choose_ecp5, choose_ice40, choose_pll
from nef2hw.errors import CapacityError


def test_the_boards_own_clock_needs_no_pll():
    assert choose_pll(find_board("icebreaker"), 12e6) is None


@pytest.mark.parametrize("wanted_mhz", [20, 40, 50, 62.5, 75, 80, 100, 125])
def test_ecp5_settings_give_the_clock_within_the_oscillators_range(wanted_mhz):
    settings = choose_ecp5(25e6, wanted_mhz * 1e6)
    assert settings.output_hz == pytest.approx(wanted_mhz * 1e6, rel=0.01)
    assert settings.output_hz == 25e6 * settings.feedback / settings.reference
    assert 400e6 <= settings.output_hz * settings.output <= 800e6


@pytest.mark.parametrize(("wanted_mhz", "dividers"), [(24, (0, 63, 5)), (48, (0, 63, 4))])
def test_ice40_settings_equal_those_of_icepll(wanted_mhz, dividers):
    settings = choose_ice40(12e6, wanted_mhz * 1e6)
    assert (settings.reference, settings.feedback, settings.output) == dividers
    assert settings.filter_range == 1


def test_a_clock_that_the_pll_cannot_make_is_answered_with_the_nearest():
    with pytest.raises(CapacityError, match=r"no 5 MHz from 12 MHz; the nearest.* 16\.\d+ MHz"):
        choose_pll(find_board("icebreaker"), 5e6)
