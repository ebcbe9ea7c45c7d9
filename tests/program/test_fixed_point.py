"""Rounding and saturation, at the ties and at the ends."""

import numpy as np
import pytest

from nef2hw.errors import FormatError
from nef2hw.program.fixed_point import MAX_BITS, FixedPoint, finest_frac, round_shift, signed_bits


@pytest.mark.parametrize("bits", [0, -3, MAX_BITS + 1])
def test_a_width_outside_the_limits_is_refused(bits):
    with pytest.raises(FormatError, match=rf"has {bits} bits; 1 to 47 are possible"):
        FixedPoint(bits, 0)


@pytest.mark.parametrize(
    ("bits", "signed", "low", "high"),
    [
        (1, True, -1, 0),
        (1, False, 0, 1),
        (8, True, -128, 127),
        (8, False, 0, 255),
        (MAX_BITS, True, -(2**46), 2**46 - 1),
    ],
)
def test_the_ends_of_a_format_are_those_of_twos_complement(bits, signed, low, high):
    form = FixedPoint(bits, 3, signed)
    assert (form.low, form.high) == (low, high)
    assert form.encode([-1e30, 1e30, -np.inf, np.inf]).tolist() == [low, high, low, high]


def test_halves_are_rounded_to_even():
    halves = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]) / 4
    assert FixedPoint(8, 2).encode(halves).tolist() == [-2, -2, 0, 0, 2, 2]


def test_rounding_comes_before_saturation():
    assert FixedPoint(4, 0).encode([7.4, 7.5, -8.5, -8.6]).tolist() == [7, 7, -8, -8]


@pytest.mark.parametrize("frac", [-3, 0, 5, 40])
def test_codes_survive_decoding_and_encoding(frac):
    form = FixedPoint(12, frac)
    codes = np.arange(form.low, form.high + 1)
    np.testing.assert_array_equal(form.encode(form.decode(codes)), codes)
    assert form.decode(1) == 2.0**-frac


@pytest.mark.parametrize(
    ("magnitude", "bits"),
    [(0, 1), (1, 2), (2, 3), (3, 3), (3.1, 4), (4, 4), (127, 8), (127.5, 9), (128, 9), (255, 9)],
)
def test_signed_bits_hold_the_magnitude_on_either_side(magnitude, bits):
    assert signed_bits(magnitude) == bits
    assert FixedPoint(bits, 0).high >= magnitude
    assert bits == 1 or FixedPoint(bits - 1, 0).high < magnitude


@pytest.mark.parametrize("largest", [2.0**-20, 0.049, 0.5, 0.9999, 0.999999999, 1.0, 1.5, 2.0, 7.3])
@pytest.mark.parametrize("bits", [4, 16])
def test_the_finest_binary_point_just_holds_the_largest_value(bits, largest):
    frac = finest_frac(bits, largest)
    assert np.rint(np.ldexp(largest, frac)) <= 2**bits - 1
    assert np.rint(np.ldexp(largest, frac + 1)) > 2**bits - 1


@pytest.mark.parametrize(
    ("largest", "frac"), [(0.25, 17), (0.5, 16), (1.0, 15), (2.0, 14), (1 - 2.0**-17, 15)]
)
def test_the_finest_binary_point_at_powers_of_two(largest, frac):
    assert finest_frac(16, largest) == frac


def test_a_shift_rounds_halves_up_on_both_sides_of_zero():
    codes = np.array([-7, -6, -5, -3, -2, -1, 0, 1, 2, 3, 5, 6, 7])
    assert round_shift(codes, 2).tolist() == [-2, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 2, 2]


def test_a_shift_of_zero_changes_nothing():
    assert round_shift(np.array([-3, 0, 3]), 0).tolist() == [-3, 0, 3]


def test_each_code_has_its_own_shift():
    got = round_shift(np.array([40, 40, 40, -40]), np.array([0, 3, 4, 4]))
    assert got.tolist() == [40, 5, 3, -2]


def test_a_shift_is_the_floor_of_the_quotient_and_a_half():
    rng = np.random.default_rng(0)
    codes = rng.integers(-(2**40), 2**40, 1000)
    shifts = rng.integers(0, 50, 1000)
    wanted = [
        (2 * int(c) + (1 << int(s))) >> (int(s) + 1) for c, s in zip(codes, shifts, strict=True)
    ]
    assert round_shift(codes, shifts).tolist() == wanted
