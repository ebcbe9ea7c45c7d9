"""The stimulus for those who give none."""

import numpy as np

from nef2hw.build.noise import HOLD_STEPS, noise_stimulus
from nef2hw.compiler.folded import FoldedInput

VALUE = FoldedInput("v", 2, "value", np.array([0.0, -3.0]), np.array([1.0, -2.0]))
SPIKE = FoldedInput("s", 5, "spike", np.zeros(5), np.ones(5))


def test_values_stay_in_their_declared_range_and_are_held():
    values = noise_stimulus([VALUE], 3 * HOLD_STEPS + 1)["v"]
    assert values.shape == (3 * HOLD_STEPS + 1, 2)
    assert np.all((values >= VALUE.low) & (values <= VALUE.high))
    assert len(np.unique(values, axis=0)) == 4


def test_spikes_are_zero_or_one_and_rare():
    spikes = noise_stimulus([SPIKE], 200)["s"]
    assert set(np.unique(spikes)) == {0.0, 1.0}
    assert 0.02 < spikes.mean() < 0.1


def test_every_call_gives_the_same():
    np.testing.assert_array_equal(
        noise_stimulus([VALUE], 70)["v"], noise_stimulus([VALUE], 70)["v"]
    )
