"""The examples in integers are as good as in float."""

from pathlib import Path

import numpy as np
import pytest

from nef2hw.build.check_input import CheckInput, check_stimulus
from nef2hw.build.fidelity import Labels, compare
from nef2hw.compiler.fold import fold
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.model.npz import load_model
from nef2hw.program.decode import count_saturated_inputs, encode_inputs
from nef2hw.sim.golden import simulate_golden
from nef2hw.sim.reference import simulate_reference
from nef2hw.trace import first_difference

EXAMPLES = Path(__file__).parents[2] / "examples"
CHANNEL = EXAMPLES / "nef_channel"
DIGITS = EXAMPLES / "digits"
#: Presentations of the test set that are run, and steps of each.
SHOWN, HOLD = 150, 100


@pytest.fixture(scope="module")
def channel():
    """The channel's network, stimulus and float trace."""
    folded = fold(load_model(CHANNEL / "model.npz"))
    stimulus = {"u": np.load(CHANNEL / "input.npy")}
    return folded, stimulus, simulate_reference(folded, stimulus)


def fidelity(channel, precision=None):
    folded, stimulus, reference = channel
    network = quantize(folded, precision)
    return compare(reference, simulate_golden(network, encode_inputs(network, stimulus)))


def test_the_channel_decodes_within_a_percent_of_float(channel):
    found = fidelity(channel)
    assert found.decoded_rmse["value"] <= 0.01 * found.decoded_range["value"]
    assert abs(found.spike_count_error["channel"]) < 0.001
    assert found.spike_count_deviation["channel"] < 0.005


@pytest.mark.parametrize(("bits", "rmse"), [(4, 0.02), (6, 0.011), (12, 0.01)])
def test_few_weight_bits_cost_little(channel, bits, rmse):
    found = fidelity(channel, Precision(weight_bits=bits))
    assert found.decoded_rmse["value"] <= rmse * found.decoded_range["value"]


def test_the_channels_input_is_within_its_range(channel):
    folded, stimulus, _ = channel
    assert count_saturated_inputs(quantize(folded), stimulus) == {"u": 0}


def test_a_trace_is_the_same_with_and_without_states(channel):
    folded, stimulus, _ = channel
    network = quantize(folded)
    codes = {name: rows[:50] for name, rows in encode_inputs(network, stimulus).items()}
    bare, full = simulate_golden(network, codes), simulate_golden(network, codes, states=True)
    assert bare.states == {}
    assert set(full.states) == {
        "channel/voltage",
        "channel/overshoot",
        "channel/refractory",
        "channel/0/filter",
        "probes/value/0/filter",
    }
    assert {len(state) for state in full.states.values()} == {50}
    full.states.clear()
    assert first_difference(bare, full) is None


def test_the_digits_are_classified_within_a_percentage_point_of_float():
    folded = fold(load_model(DIGITS / "model.npz"))
    files = CheckInput(DIGITS / "test_inputs.npz", DIGITS / "test_labels.npy", hold=HOLD)
    given = check_stimulus(folded, files)
    stimulus, labels = given.stimulus, given.labels
    stimulus = {name: rows[: SHOWN * HOLD] for name, rows in stimulus.items()}
    network = quantize(folded)
    golden = simulate_golden(network, encode_inputs(network, stimulus))
    shown = Labels(labels.classes[:SHOWN], HOLD)
    found = compare(simulate_reference(folded, stimulus), golden, shown)
    assert found.accuracy_golden >= found.accuracy_float - 0.01
    assert found.accuracy_golden > 0.9
    assert abs(found.spike_count_error["layer0"]) < 0.002
