"""The compiled RTL equals the golden model bit for bit, and a wrong RTL is found out."""

import json
import re

import numpy as np
import pytest

from nef2hw.errors import StimulusError
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.compiled.core import CompiledCore, simulate_rtl
from nef2hw.sim.compiled.verify import verify
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from nef2hw.trace import first_difference
from tests.sim.mutation import mutate
from tests.sim.networks import (
    crowded,
    layered,
    leakless,
    program_of,
    recurrent,
    relaying,
    second_order,
    threshold,
    tiny,
)

pytestmark = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)

SHAPES = [
    (tiny, {"lanes": 2}),
    (layered, {"lanes": 3, "neuron_interval": 4}),
    (recurrent, {"lanes": 8}),
    (second_order, {"lanes": 4, "neuron_interval": 2}),
    (leakless, {"lanes": 8}),
    (crowded, {"lanes": 4}),
    (leakless, {"lanes": 8, "neuron_lanes": 8}),
    (recurrent, {"lanes": 6, "neuron_lanes": 2}),
    (second_order, {"lanes": 8, "neuron_lanes": 4}),
    (relaying, {"lanes": 4}),
    (relaying, {"lanes": 2, "neuron_lanes": 2}),
    (relaying, {"lanes": 3, "neuron_interval": 8, "distributed_words": 64}),
]


@pytest.mark.parametrize(("network", "shape"), SHAPES)
@pytest.mark.parametrize("stall", [0.0, 0.3])
def test_every_value_of_every_step_is_equal(network, shape, stall):
    report = verify(program_of(network(), **shape), steps=150, stall=stall, seed=4)
    assert report.equal, str(report)
    assert report.steps == 150
    assert report.spikes > 0
    assert report.cycles_min <= report.cycles_mean <= report.cycles_max


def test_neurons_that_rest_at_the_threshold_are_equal():
    assert verify(program_of(threshold()), steps=400).equal


@pytest.mark.parametrize(
    ("network", "module", "right", "wrong", "found"),
    [
        (threshold, "membrane_step", "decay_frac) >= 0", "decay_frac) > 0", r"spikes/a\[\d+\]"),
        (
            recurrent,
            "membrane_step",
            "one_left | (state.refractory == 2)",
            "one_left",
            r"states/\w/voltage",
        ),
        (recurrent, "lane_sums", "carry = operation.subtract", "carry = Cat(0)", r"filter|probes"),
    ],
)
def test_a_wrong_rtl_is_found_out(network, module, right, wrong, found, monkeypatch):
    program = program_of(network())
    mutate(monkeypatch, module, right, wrong)
    report = verify(program, steps=400)
    assert not report.equal
    assert report.steps == report.difference.step + 1
    assert str(report).startswith(f"RTL and golden model differ: step {report.difference.step}, ")
    assert re.search(found, str(report)), str(report)
    assert json.loads(json.dumps(report.as_dict()))["difference"]["place"]


def test_a_trace_of_the_rtl_equals_that_of_golden():
    program = program_of(recurrent())
    codes = extreme_codes(program.network, 40, seed=9)
    actual = simulate_rtl(program, codes, states=True)
    assert first_difference(simulate_golden(program.network, codes, states=True), actual) is None
    assert actual.cycles.shape == (40,)


def test_a_users_stimulus_is_encoded_and_its_steps_are_limited():
    program = program_of(recurrent())
    rng = np.random.default_rng(0)
    stimulus = {
        "x": rng.uniform(-3, 3, (30, 3)),
        "s": rng.integers(0, 2, (30, 37)).astype(float),
        "y": np.broadcast_to(rng.uniform(0, 1, (1, 20)), (30, 20)),
    }
    assert encode_inputs(program.network, stimulus)["x"].shape == (30, 3)
    report = verify(program, stimulus, steps=20)
    assert report.equal
    assert report.steps == 20


def test_a_core_runs_again_after_a_reset():
    program = program_of(recurrent())
    codes = extreme_codes(program.network, 20, seed=3)
    core = CompiledCore(program)
    first, again = core.run(codes, states=True), core.run(codes, states=True)
    core.close()
    assert first_difference(first, again) is None


def test_nothing_to_verify_is_refused():
    with pytest.raises(StimulusError, match=r"no steps to verify; ask for 1 or more"):
        verify(program_of(tiny()), steps=0)


def test_extreme_inputs_reach_the_ends_of_every_range_and_hold_sometimes():
    network = program_of(recurrent()).network
    codes = extreme_codes(network, 300)
    for port in network.inputs:
        rows = codes[port.name]
        assert (rows.min(axis=0) == port.low_code).all()
        assert (rows.max(axis=0) == port.high_code).all()
        assert (rows[1:] == rows[:-1]).all(axis=1).any()
