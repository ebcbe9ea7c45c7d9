"""Placements are tried until one meets the clock."""

import threading
import time

import pytest

from nef2hw.build import seeds
from nef2hw.build.nextpnr import Hop, Timing
from nef2hw.build.seeds import first_that_meets
from nef2hw.errors import CapacityError, TimingError, ToolTimeoutError


def placer(reached_mhz):
    """Reach so many MHz with each seed; None comes to no end."""

    def place(seed, _stop):
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
    message = (
        r"reaches 19.5 MHz, 20.0 MHz were asked for \(seeds tried: 1, 2, 3\); try a lower --cl"
    )
    with pytest.raises(TimingError, match=message):
        first_that_meets((1, 2, 3), placer({1: 19.0, 2: None, 3: 19.5}), "board")


def test_a_design_of_which_no_placement_ends_is_too_large():
    message = r"board: .* routing comes to no end \(seeds tried: 4\); try fewer --lanes or another"
    with pytest.raises(CapacityError, match=message):
        first_that_meets((4,), placer({4: None}), "board")


def test_the_slowest_path_of_the_best_is_told_with_what_it_misses():
    hops = (Hop("clk-to-q", 0.5, "a", "b"), Hop("setup", 0.1, "b", "c"))
    with pytest.raises(
        TimingError, match=r"slowest path, from a to c, is 50\.00 ns too slow; try a lower"
    ):
        first_that_meets((1,), lambda _seed, _stop: Timing(10e6, 20e6, hops), "board")


def test_several_are_tried_at_once_and_stopped_when_one_meets_the_clock(monkeypatch):
    monkeypatch.setattr(seeds, "processors", lambda: 3)
    together, stopped = threading.Barrier(3), []

    def place(seed, stop):
        together.wait(10)
        if seed == 2:
            return Timing(30e6, 20e6, ())
        assert stop.wait(10)
        stopped.append(seed)
        raise ToolTimeoutError("stopped")

    assert first_that_meets((1, 2, 3, 4, 5), place, "board", 5)[1] == 2
    assert sorted(stopped) == [1, 3]


def test_no_more_are_tried_at_once_than_there_are_processors(monkeypatch):
    monkeypatch.setattr(seeds, "processors", lambda: 1)
    under_way = []

    def place(seed, _stop):
        under_way.append(seed)
        time.sleep(0.02)
        assert len(under_way) == 1
        under_way.remove(seed)
        return Timing(10e6, 20e6, ())

    with pytest.raises(TimingError, match="seeds tried: 1, 2, 3"):
        first_that_meets((1, 2, 3), place, "board", 3)


def test_a_failure_ends_all():
    def place(seed, _stop):
        raise CapacityError("too large")

    with pytest.raises(CapacityError, match="too large"):
        first_that_meets((1, 2, 3), place, "board", 2)
