"""The examples become bitstreams that fit and meet the boards' clocks (minutes each)."""

from pathlib import Path

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.make import make_build

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.bitstream
@pytest.mark.parametrize("example", ["digits", "nef_channel"])
@pytest.mark.parametrize("board", ["ulx3s", "icebreaker", "tang_nano_9k"])
def test_an_example_becomes_a_bitstream(example, board, tmp_path):
    model = EXAMPLES / example / "model.npz"
    report = make_build(model, find_board(board), tmp_path / "build").report
    assert (tmp_path / "build" / report["bitstream"]).stat().st_size > 50_000
    assert report["clock_mhz"]["reached"] >= report["clock_mhz"]["asked"]
    assert report["verified"]["equal"]


@pytest.mark.bitstream
def test_an_example_is_synthesized_for_the_arty(tmp_path):
    model = EXAMPLES / "nef_channel" / "model.npz"
    report = make_build(model, find_board("arty"), tmp_path / "build").report
    assert all(entry["used"] <= entry["present"] for entry in report["resources"].values())
    assert report["verified"]["equal"]
    assert bool(report["bitstream"]) != bool(report["missing"])
