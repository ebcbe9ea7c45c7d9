"""The unit of an input is chosen so that its declared range fills the bits."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedInput
from nef2hw.compiler.inputs import quantize_input
from tests.sim.networks import spike_input


def given(low, high):
    return FoldedInput("x", len(low), "value", np.array(low, float), np.array(high, float))


def test_the_larger_end_of_the_range_is_the_largest_code():
    port = quantize_input(given([-1, -2, 0, 0.5], [1, 1, 4, 1]), 10)
    assert port.low_code.tolist() == [-1023, -1023, 0, 512]
    assert port.high_code.tolist() == [1023, 512, 1023, 1023]
    np.testing.assert_allclose(port.step * 1023, [1, 2, 4, 1])
    assert (port.planes, port.spiking, port.held) == (10, False, True)


@pytest.mark.parametrize("bits", [1, 16])
def test_every_code_fits_the_planes(bits):
    rng = np.random.default_rng(bits)
    low = rng.normal(size=200) * 10.0 ** rng.integers(-9, 9, 200)
    port = quantize_input(given(low, low + rng.exponential(size=200)), bits)
    largest = np.maximum(np.abs(port.low_code), np.abs(port.high_code))
    assert (largest == 2**bits - 1).all()


def test_an_input_that_is_always_zero_has_a_unit_all_the_same():
    port = quantize_input(given([0.0], [0.0]), 10)
    assert (port.low_code.tolist(), port.high_code.tolist(), port.step.tolist()) == ([0], [0], [1])


@pytest.mark.parametrize("high", [5e-324, 1e-310, 1e-307])
def test_a_range_that_no_float_divides_is_taken_as_nearly_nothing(high):
    port = quantize_input(given([0.0], [high]), 10)
    assert 0 <= port.high_code[0] <= 1023
    assert np.isfinite(1 / port.step[0])


def test_spikes_are_one_plane_of_ones():
    port = quantize_input(spike_input("s", 3), 10)
    assert (port.planes, port.spiking, port.held) == (1, True, False)
    assert port.low_code.tolist() == [0, 0, 0]
    assert port.high_code.tolist() == [1, 1, 1]
    assert port.step.tolist() == [1, 1, 1]
