"""Choosing lanes, and checking memories against a board."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.shape import block_rams, check_memories, compile_for_board, memory_blocks, receive_bytes
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import CapacityError
from nef2hw.model.npz import load_model, parse_model
from nef2hw.program.memory import MemoryShape

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def digits():
    return quantize(fold(load_model(EXAMPLES / "digits" / "model.npz")))


@pytest.mark.parametrize(
    ("shape", "family", "count"),
    [
        (MemoryShape(512, 36), "ecp5", 1),
        (MemoryShape(513, 36), "ecp5", 2),
        (MemoryShape(16_384, 1), "ecp5", 1),
        (MemoryShape(1024, 18), "ecp5", 1),
        (MemoryShape(100, 256), "ecp5", 8),
        (MemoryShape(256, 16), "ice40", 1),
        (MemoryShape(512, 16), "ice40", 2),
        (MemoryShape(640, 64), "gowin", 4),
        (MemoryShape(384, 256), "xilinx7", 8),
    ],
)
def test_a_memory_takes_the_fewest_block_rams_that_hold_it(shape, family, count):
    assert block_rams(shape, family) == count


def test_ecp5_gets_32_lanes_and_ice40_few_with_weights_in_single_port_ram(digits):
    assert compile_for_board(digits, find_board("ulx3s")).config.lanes == 32
    icebreaker = compile_for_board(digits, find_board("icebreaker")).config
    assert icebreaker.lanes == 8
    assert icebreaker.weight_memory == "huge"


@pytest.mark.parametrize(
    ("board", "lanes", "interval"), [("tang_nano_9k", 8, 8), ("tang_nano_20k", 16, 1)]
)
def test_gowin_keeps_sums_in_block_ram_and_a_small_device_gets_a_small_core(
    digits, board, lanes, interval
):
    config = compile_for_board(digits, find_board(board)).config
    assert (config.lanes, config.neuron_interval) == (lanes, interval)
    assert (config.sum_memory, config.weight_memory) == ("block", "block")


def test_memories_are_not_checked_where_the_device_is_the_users_own(digits):
    assert compile_for_board(digits, find_board("verilog"), lanes=128).config.lanes == 128


def test_a_network_narrower_than_the_lanes_gets_fewer():
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "layers/0/weights": np.ones((12, 3))}
    narrow = quantize(fold(parse_model(arrays)))
    assert compile_for_board(narrow, find_board("ulx3s")).config.lanes == 16


def test_lanes_that_the_user_names_are_kept(digits):
    assert compile_for_board(digits, find_board("ulx3s"), lanes=5).config.lanes == 5


def test_weights_on_ice40_take_no_block_ram(digits):
    board = find_board("icebreaker")
    blocks = memory_blocks(compile_for_board(digits, board).config, board)
    assert blocks["spram_blocks"] == 4
    assert blocks["block_rams"] <= board.capacity.block_rams


def test_more_block_ram_than_present_is_refused(digits):
    board = find_board("ulx3s")
    small = replace(board, capacity=replace(board.capacity, block_rams=2))
    with pytest.raises(CapacityError, match=r"need \d+ block RAMs, it has 2; try fewer --weight-b"):
        check_memories(compile_for_board(digits, board).config, small)


def test_lanes_wider_than_single_port_ram_are_refused(digits):
    board = find_board("icebreaker")
    with pytest.raises(
        CapacityError, match=r"16 lanes .* need 8 single-port RAMs, it has 4; try fewer --lanes"
    ):
        compile_for_board(digits, board, lanes=16)


@pytest.mark.parametrize(("name", "room", "buffer"), [("ulx3s", 256, 2048), ("icebreaker", 0, 512)])
def test_only_devices_with_room_keep_sums_and_long_buffers(digits, name, room, buffer):
    board = find_board(name)
    assert compile_for_board(digits, board).config.total_words == room
    assert receive_bytes(board) == buffer
