"""Labels and serial rates."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.boards.registry import ALL_BOARDS, find_board
from nef2hw.build.options import load_labels, uart_divisor
from nef2hw.errors import CapacityError, StimulusError


@pytest.mark.parametrize("board", ALL_BOARDS, ids=lambda board: board.name)
def test_every_board_makes_its_rate_from_its_own_clock(board):
    divisor = uart_divisor(board, board.clock_hz)
    assert board.clock_hz / divisor == pytest.approx(board.baud, rel=0.02)


def test_a_clock_that_gives_no_such_rate_is_refused():
    board = replace(find_board("icebreaker"), baud=9_000_000)
    with pytest.raises(CapacityError, match=r"12 MHz gives 12000000 baud, .* needs 9000000"):
        uart_divisor(board, 12e6)


def test_labels_are_read_with_their_hold(tmp_path):
    np.save(tmp_path / "y.npy", np.array([3, 0], dtype=np.uint8))
    labels = load_labels(tmp_path / "y.npy", 7)
    assert labels.classes.tolist() == [3, 0]
    assert labels.hold == 7


@pytest.mark.parametrize("wrong", [np.array([0.5]), np.array([[1]]), np.array([-1])])
def test_labels_of_another_kind_are_refused(tmp_path, wrong):
    np.save(tmp_path / "y.npy", wrong)
    with pytest.raises(StimulusError, match=r"y\.npy has shape .* expected one whole number"):
        load_labels(tmp_path / "y.npy", 1)
