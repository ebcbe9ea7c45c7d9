"""What is told of the shapes that were weighed."""

import json

import numpy as np
import pytest

from nef2hw.boards.registry import find_board
from nef2hw.build.sizing.choice import weigh_cores
from nef2hw.build.sizing.demands import Demands
from nef2hw.build.sizing.explain import NEARLY, explain, worth_telling
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.model.parse import parse_model


@pytest.fixture(scope="module")
def explained():
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "layers/0/weights": np.ones((60, 30))}
    network = quantize(fold(parse_model(arrays)))
    return explain(weigh_cores(network, find_board("icebreaker"), Demands(max_luts=5000)))


def test_what_was_weighed_is_plain_and_one_is_chosen(explained):
    assert json.loads(json.dumps(explained)) == explained
    assert explained["board"] == "icebreaker"
    assert explained["estimated"] is True
    assert explained["budgets"] == {"lut": 5000, "logic_cells": 5000}
    assert sum(entry["chosen"] for entry in explained["alternatives"]) == 1
    assert explained["problem"] is None


def test_what_overflows_is_named(explained):
    for entry in explained["alternatives"]:
        over = {n for n, used in entry["resources"].items() if used > explained["allowed"][n]}
        assert set(entry["overflows"]) == over
        assert entry["fits"] == (not over)


def test_only_alternatives_without_a_better_one_are_worth_telling(explained):
    told = worth_telling(explained)
    assert any(entry["chosen"] for entry in told)
    assert len(told) < len(explained["alternatives"]) / 2
    for entry in told:
        for other in explained["alternatives"]:
            if other is not entry and not entry["chosen"]:
                assert other["steps_per_s"] <= entry["steps_per_s"] or any(
                    other["resources"][n] > used for n, used in entry["resources"].items()
                )
        for name, used in entry["resources"].items():
            assert used <= NEARLY * explained["allowed"][name]


def test_where_nothing_fits_the_nearest_is_told_and_what_would_help():
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "layers/0/weights": np.ones((700, 900))}
    network = quantize(fold(parse_model(arrays)))
    found = explain(weigh_cores(network, find_board("icebreaker")))
    assert not any(entry["chosen"] for entry in found["alternatives"])
    assert found["problem"].startswith("icebreaker: no core fits; the nearest, with")
    (told,) = worth_telling(found)
    assert told["overflows"]
