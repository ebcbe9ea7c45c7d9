"""The spikes of a row leave one by one, the lowest first, whatever stalls."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.rtl.event_repeat import counted_layout
from nef2hw.rtl.event_split import EventSplit, spikes_layout
from nef2hw.rtl.layouts import Base
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block
from tests.sim.networks import program_of, tiny

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")


@pytest.mark.parametrize(("together", "count_bits"), [(2, 1), (8, 1), (4, 5)])
@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_every_spike_leaves_as_an_event_of_its_row(together, count_bits, stall, tmp_path):
    config = program_of(tiny(), lanes=8, neuron_lanes=together).config
    formats = replace(config.formats, count_bits=count_bits)
    config = replace(config, weight_words=4000, row_words=9, formats=formats)
    rng = np.random.default_rng(together)
    top = (1 << together) - 1
    spikes = np.array([1, top, top, 1 << (together - 1), *rng.integers(1, top + 1, 30)])
    rows, row_words = rng.integers(0, 3900, len(spikes)), rng.integers(1, 10, len(spikes))
    counts = rng.integers(1, 1 << count_bits, (len(spikes), together))
    place, lane = np.nonzero(spikes[:, None] >> np.arange(together) & 1)
    given = {
        "event.row": rows,
        "event.row_words": row_words,
        "event.base": np.full_like(rows, Base.SUM.value),
        "spike": spikes,
    }
    expected = {
        "event.row": rows[place] + lane * row_words[place],
        "event.row_words": row_words[place],
        "count": counts[place, lane],
    }
    if config.counting:
        given |= {f"count.{k}": column for k, column in enumerate(counts.T)}
    check_block(
        EventSplit(config),
        {"i": stream_cases(spikes_layout(config), given)},
        {"o": stream_cases(counted_layout(config), expected)},
        tmp_path,
        stall,
    )
