"""Placements are tried until one meets the clock."""

import pytest

from nef2hw.build.nextpnr import Timing
from nef2hw.build.seeds import first_that_meets
from nef2hw.errors import CapacityError, ToolError, ToolTimeoutError


def placer(reached_mhz):
    """Reach so many MHz with each seed; None comes to no end."""

    def place(seed):
        if reached_mhz[seed] is None:
            raise ToolTimeoutError("nextpnr did not finish within 600 s")
        return Timing(reached_mhz[seed] * 1e6, 20e6, ())

    return place


def test_the_first_that_meets_the_clock_is_taken():
    timing, seed = first_that_meets((1, 2, 3), placer({1: 19.0, 2: 21.0, 3: 30.0}), "board")
    assert (timing.achieved_hz, seed) == (21e6, 2)


def test_a_placement_that_comes_to_no_end_is_followed_by_the_next():
    assert first_that_meets((1, 2), placer({1: None, 2: 21.0}), "board")[1] == 2


def test_the_best_is_told_where_none_meets_the_clock():
    message = r"reaches 19.5 MHz, 20.0 MHz were asked for \(seeds tried: 1, 2, 3\); try a lower --cl"
    with pytest.raises(ToolError, match=message):
        first_that_meets((1, 2, 3), placer({1: 19.0, 2: None, 3: 19.5}), "board")


def test_a_design_of_which_no_placement_ends_is_too_large():
    message = r"board: .* routing comes to no end \(seeds tried: 4\); try fewer --lanes or another"
    with pytest.raises(CapacityError, match=message):
        first_that_meets((4,), placer({4: None}), "board")
