"""A route that comes to no end is given up for one that another router finds."""

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.attempt import routers_for
from nef2hw.build.clock import choose_pll
from nef2hw.build.design import BoardDesign
from nef2hw.build.families.registry import family_of
from nef2hw.build.place import build_bitstream
from nef2hw.build.resources import Usage
from nef2hw.build.routing import ROUNDS, RoutingWatch
from nef2hw.errors import TimingError
from tests.build.small import SmallTop


def watched(*conflicts, late=""):
    watch = RoutingWatch()
    for n, overused in enumerate(conflicts, 1):
        watch(f"Info:     iter={n} wires=901 overused={overused} overuse=9{late} archfail=NA")
    return watch


def test_rounds_that_get_nearer_to_the_end_are_waited_for():
    assert not watched(*range(1000, 0, -1)).lost
    assert not watched(*([50] * ROUNDS), 49, *([60] * (ROUNDS - 1))).lost
    assert not watched(*([0] * ROUNDS)).lost


def test_rounds_that_do_not_are_not():
    assert watched(50, *([60] * ROUNDS)).lost
    assert watched(*([0] * (ROUNDS + 1)), late=" tmgfail=200").lost
    assert not watched(*([0] * ROUNDS), late=" tmgfail=200").lost


def test_other_lines_are_no_rounds():
    watch = RoutingWatch()
    for _ in range(10 * ROUNDS):
        watch("Info:     Routing globals...")
    assert not watch.lost


@pytest.mark.parametrize(("used", "first"), [(50, "router2"), (51, "router1")])
def test_another_router_begins_where_block_rams_are_crowded(used, first):
    board = find_board("ulx3s_25f")
    routers = routers_for(family_of(board).flow, {"block_rams": Usage(used, 56)})
    assert first in routers[0]
    assert sorted(routers) == sorted(family_of(board).flow.routers)


def test_a_clock_out_of_reach_is_told_by_another_router(tmp_path):
    told = []
    board = find_board("ulx3s_12f")
    design = BoardDesign(board, SmallTop("block", 1024), choose_pll(board, 350e6))
    with pytest.raises(TimingError, match=r"reaches [\d.]+ MHz, 350\.0 MHz were asked for"):
        build_bitstream(design, board, tmp_path, seeds=(1,), notify=told.append)
    assert "seed 1: routing comes to no end, trying another router" in told
