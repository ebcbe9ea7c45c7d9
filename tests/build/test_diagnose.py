"""What stands between a model and a board is found at once, without a tool."""

import json

import numpy as np
import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.diagnose import diagnose
from nef2hw.errors import ModelError
from nef2hw.model.parse import parse_model
from tests.model.models import small_model


def network(**changes):
    return parse_model(small_model() | changes)


def slow_synapses():
    """Two connections whose synapses are far too slow beside a third."""
    arrays = small_model()
    for name, tau_s in (("fast", 0.0005), ("slow", 900.0), ("slower", 999.0)):
        arrays |= {
            f"connections/{name}/pre": "a.neurons",
            f"connections/{name}/post": "a.neurons",
            f"connections/{name}/synapse": tau_s,
        }
    return parse_model(arrays)


def test_a_sound_model_has_meaning_size_and_a_place_on_the_board():
    found = diagnose(network, find_board("icebreaker"))
    assert found.problems == ()
    assert found.semantics["dt_s"] == 0.001
    assert found.size["neurons"] > 0
    assert found.size["bits_of_weights"] == 8 * found.size["weights"]
    assert found.board["block_rams"]["used"] <= found.board["block_rams"]["present"] == 30
    assert found.board["estimated"] is True
    assert 0 < found.board["logic_cells"]["used"] <= found.board["logic_cells"]["present"]
    assert found.board["spram_bits"]["present"] == 4 * 262_144
    assert json.loads(json.dumps(found.as_dict()))["ok"] is True


def test_without_a_board_nothing_is_said_of_one():
    assert diagnose(network).board is None


def test_all_that_is_wrong_with_a_file_is_told():
    def read():
        raise ModelError("one\ntwo")

    found = diagnose(read)
    assert found.problems == ("one", "two")
    assert found.semantics is None
    assert found.as_dict()["ok"] is False


def test_all_synapses_that_integers_cannot_do_are_told_and_the_meaning_stays():
    found = diagnose(slow_synapses)
    assert len(found.problems) == 2
    for problem, name in zip(found.problems, ("slow", "slower"), strict=True):
        assert problem.startswith(f"connections/{name}: the synapse decays by 1")
    assert found.semantics is not None
    assert found.size is None


def test_a_network_too_large_for_the_board_is_told_with_its_size():
    wide = parse_model(
        {
            "format": "nef2hw-model-1",
            "dt": 0.001,
            "layers/0/weights": np.ones((600, 700)),
        }
    )
    found = diagnose(lambda: wide, find_board("icebreaker"))
    (problem,) = found.problems
    assert problem.startswith("icebreaker: ")
    assert found.size["weights"] == 420_000
    assert found.board is None
    larger = diagnose(lambda: wide, find_board("ulx3s_85f"))
    assert larger.problems == ()
    assert "spram_bits" not in larger.board


@pytest.mark.parametrize("board", [None, "ulx3s_12f"])
def test_a_synapse_of_second_order_is_said_and_fits(board):
    alpha = {"connections/c/synapse": 0.01, "connections/c/synapse_type": "alpha"}
    found = diagnose(lambda: network(**alpha), board and find_board(board))
    assert found.problems == ()
    assert found.semantics["connections"]["c"]["synapse"] == "alpha 0.01 s"
