"""The synaptic filter equals the golden one over edges, random states and stalls."""

import itertools

import numpy as np
import pytest

from nef2hw.program.network import Compartment
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from nef2hw.sim.golden import contribution, filter_step
from tests.benches.blocks import StreamedFilter, check_block
from tests.sim.networks import program_of, recurrent

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

#: (leak or None, held)
KINDS = ((None, False), (None, True), (0x0001, False), (0x8000, True), (0xFFFF, False))


def cases(formats, compartment, rng):
    """States, drives and shifts whose result fits, as the compiler's bounds assure."""
    state_top, drive_top = 1 << (formats.filter_bits - 1), 1 << (formats.accumulator_bits - 1)
    edges = itertools.product(
        [-state_top, -1, 0, 1, state_top - 1],
        [0, 1, (1 << formats.shift_bits) - 1],
        [-drive_top, -1, 0, 1, drive_top - 1],
    )
    scale = 1 << rng.integers(0, formats.filter_bits - 1, 80)
    state = (rng.uniform(-1, 1, 80) * scale).astype(np.int64)
    shift = rng.integers(0, 1 << formats.shift_bits, 80)
    drive = (rng.uniform(-1, 1, 80) * np.minimum(scale, drive_top - 1)).astype(np.int64)
    columns = np.concatenate([np.array(list(edges)), np.stack([state, shift, drive], 1)]).T
    after, out = golden(columns, compartment, formats)
    fits = (np.abs(after) < state_top) & (np.abs(out) < 1 << (formats.sum_bits - 1))
    assert fits.sum() > 60
    return columns[:, fits]


def golden(columns, compartment, formats):
    state, shift, drive = columns
    after = filter_step(state, drive, compartment(shift), formats)
    return after, contribution(after, compartment(shift), formats)


@pytest.mark.parametrize("stall", [0.0, 0.4])
def test_the_filter_equals_golden(stall, tmp_path):
    program = program_of(recurrent())
    formats, rng = program.network.formats, np.random.default_rng(5)
    block = StreamedFilter(program.config)
    requests, answers = [], []
    for leak_code, held in KINDS:

        def compartment(shift, leak_code=leak_code, held=held):
            return Compartment(leak_code, 1, held, shift, ())

        columns = cases(formats, compartment, rng)
        count = columns.shape[1]
        requests.append(
            {
                "parameters.filtered": np.full(count, leak_code is not None),
                "parameters.leak": np.full(count, leak_code or 0),
                "parameters.held": np.full(count, held),
                **dict(zip(("state", "shift", "drive"), columns, strict=True)),
            }
        )
        after, out = golden(columns, compartment, formats)
        answers.append({"state": after, "contribution": out})
    check_block(
        block,
        {"i": stream_cases(block.request, joined(requests))},
        {"o": stream_cases(block.answer, joined(answers))},
        tmp_path,
        stall,
    )


def joined(blocks):
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
