"""The synaptic filter equals the golden one over edges, random states and stalls."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from nef2hw.program.network import Compartment, Coupling
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from nef2hw.sim.golden import contribution, filter_step
from tests.benches.blocks import StreamedFilter, check_block
from tests.sim.networks import program_of, recurrent

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

#: (leak or None, held)
KINDS = ((None, False), (None, True), (0x0001, False), (0x8000, True), (0xFFFF, False))
COUPLINGS = (None, *(Coupling(0, c, n) for c in (0x0001, 0x8000, 0xFFFF) for n in (False, True)))


def cases(formats, compartment, rng):
    """States, drives and shifts whose result fits, as the compiler's bounds assure."""
    state_top, drive_top = 1 << (formats.filter_bits - 1), 1 << (formats.accumulator_bits - 1)
    states = [-state_top, -1, 0, 1, state_top - 1]
    shifts = [0, 1, (1 << formats.shift_bits) - 1]
    edges = itertools.product(states, shifts, [-drive_top, -1, 0, 1, drive_top - 1], [0])
    scale = 1 << rng.integers(0, formats.filter_bits - 1, 80)
    state = (rng.uniform(-1, 1, 80) * scale).astype(np.int64)
    shift = rng.integers(0, 1 << formats.shift_bits, 80)
    drive = (rng.uniform(-1, 1, 80) * np.minimum(scale, drive_top - 1)).astype(np.int64)
    rows = [np.array(list(edges)), np.stack([state, shift, drive, np.zeros_like(state)], 1)]
    if compartment.coupling is not None:
        partners = [*states, *halves(formats, compartment.coupling.code)]
        rows.append(np.array(list(itertools.product([0, 1, 1000], shifts[1:], [0], partners))))
        partner = (rng.uniform(-1, 1, 80) * scale).astype(np.int64)
        rows.append(np.stack([state, shift, drive, partner], 1))
    columns = np.concatenate(rows).T
    after, out = golden(columns, compartment, formats)
    fits = (np.abs(after) < state_top) & (np.abs(out) < 1 << (formats.sum_bits - 1))
    assert fits.sum() > 60
    return columns[:, fits]


def halves(formats, code):
    """States whose product with ``code`` lies half way between two codes, and next to it."""
    power = code & -code
    half = (1 << (formats.leak_frac - 1)) // power
    return [odd * half + d for odd in (-3, -1, 1, 3) for d in (-1, 0, 1)]


def golden(columns, compartment, formats):
    state, shift, drive, partner = columns
    compartment = replace(compartment, shift_code=shift)
    after = filter_step(state, drive, compartment, formats, partner)
    return after, contribution(after, compartment, formats)


def parameters(compartment, count):
    """Fields of UPDATE, one of each per case."""
    values = {
        "filtered": compartment.leak_code is not None,
        "leak": compartment.leak_code or 0,
        "held": compartment.held,
    }
    if compartment.coupling is not None:
        values |= {"coupling": compartment.coupling.code, "negative": compartment.coupling.negative}
    return {f"parameters.{name}": np.full(count, value) for name, value in values.items()}


@pytest.mark.parametrize(("coupled", "stall"), [(False, 0.0), (False, 0.4), (True, 0.0)])
def test_the_filter_equals_golden(coupled, stall, tmp_path):
    config = replace(program_of(recurrent()).config, coupled=coupled)
    formats, rng = config.formats, np.random.default_rng(5)
    block = StreamedFilter(config)
    requests, answers = [], []
    for (leak_code, held), coupling in itertools.product(KINDS, COUPLINGS if coupled else [None]):
        compartment = Compartment(leak_code, 1, held, np.zeros(1), (), coupling)
        columns = cases(formats, compartment, rng)
        names = ("state", "shift", "drive", "partner")[: 4 if coupled else 3]
        requests.append(
            {
                **parameters(compartment, columns.shape[1]),
                **dict(zip(names, columns, strict=False)),
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
    """One column of each field of any block; where a block has none, it is zero."""
    names = {name: None for block in blocks for name in block}
    return {name: np.concatenate([_column(block, name) for block in blocks]) for name in names}


def _column(block, name):
    return block.get(name, np.zeros_like(next(iter(block.values()))))
