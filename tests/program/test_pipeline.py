"""The stages of the neuron engine's pipeline follow from what the core has."""

from dataclasses import replace

import pytest

from nef2hw.program.pipeline import (
    filter_latency,
    in_flight,
    settling,
    spike_latency,
    sum_latency,
)
from tests.program.cores import FORMATS, core

NEAR = replace(FORMATS, shift_bits=3)


@pytest.mark.parametrize(
    ("changes", "stages", "settled"),
    [
        ({}, 5, 5),
        ({"formats": NEAR}, 4, 5),
        ({"filtering": False}, 3, 4),
        ({"filtering": False, "formats": NEAR}, 2, 4),
    ],
)
def test_products_and_far_shifts_take_stages_of_their_own(changes, stages, settled):
    config = core(**changes)
    assert filter_latency(config) == stages
    assert settling(config) == settled
    assert spike_latency(config) - sum_latency(config) == 6
    assert sum_latency(config) == stages + 2


def test_fewer_rows_are_on_their_way_where_they_enter_slowly():
    assert in_flight(core()) == 15
    assert in_flight(core(neuron_interval=8)) == 3
