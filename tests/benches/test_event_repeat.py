"""An event leaves as often as its count says, whatever stalls."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.rtl.event_repeat import EventRepeat, counted_layout
from nef2hw.rtl.layouts import Base, event_layout
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.sim.networks import program_of, tiny

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")


@pytest.mark.parametrize("count_bits", [2, 8])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_events_leave_as_often_as_they_count(count_bits, stall, tmp_path):
    config = program_of(tiny()).config
    config = replace(
        config, weight_words=300, formats=replace(config.formats, count_bits=count_bits)
    )
    top = (1 << count_bits) - 1
    rng = np.random.default_rng(count_bits)
    counts = np.array([1, 1, top, 1, 2, top, top, *rng.integers(1, top + 1, 20), 1])
    rows = np.arange(len(counts)) * 7
    given = {"event.row": rows, "event.base": np.full_like(rows, Base.SUM.value), "count": counts}
    expected = {"row": np.repeat(rows, counts)}
    check_block(
        EventRepeat(config),
        {"i": stream_cases(counted_layout(config), given)},
        {"o": stream_cases(event_layout(config), expected)},
        tmp_path,
        stall,
    )
