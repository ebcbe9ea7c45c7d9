"""A small core takes what is estimated, when it is synthesized for real."""

import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.design import BoardDesign
from nef2hw.build.families.registry import family_of
from nef2hw.build.sizing.model import estimate
from nef2hw.build.synthesis import synthesize
from nef2hw.rtl.top import Top
from tests.sim.networks import program_of, tiny

SHAPES = {
    "ulx3s": {"lanes": 4, "distributed_words": 32},
    "icebreaker": {"lanes": 2, "neuron_interval": 8, "weight_memory": "huge"},
    "tang_nano_9k": {"lanes": 4, "neuron_interval": 8},
    "arty": {"lanes": 4, "distributed_words": 32},
}


@pytest.mark.bitstream
@pytest.mark.parametrize("name", SHAPES)
def test_a_small_core_takes_what_is_estimated(name, tmp_path):
    board, config = find_board(name), program_of(tiny(), **SHAPES[name]).config
    top = Top(config, uart_divisor=25, frame_bytes=family_of(board).receive_bytes)
    counted = synthesize(BoardDesign(board, top), board, tmp_path)
    found = estimate(config, board.family)
    for resource, usage in counted.items():
        exact = resource not in ("lut", "ff")
        tolerance = 0.0 if exact else 0.25  # packing adds a tenth to the look-up tables of ECP5
        assert found[resource] == pytest.approx(usage.used, rel=tolerance), resource
