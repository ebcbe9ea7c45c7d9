"""What a user may ask of the number formats."""

import pytest

from nef2hw.compiler.precision import Precision
from nef2hw.errors import FormatError


@pytest.mark.parametrize(
    ("field", "bits", "message"),
    [
        ("weight_bits", 1, "--weight-bits is 1; choose 2 to 16"),
        ("weight_bits", 17, "--weight-bits is 17; choose 2 to 16"),
        ("voltage_bits", 7, "--voltage-bits is 7; choose 8 to 24"),
        ("voltage_bits", 25, "--voltage-bits is 25; choose 8 to 24"),
        ("voltage_bits", 0, "--voltage-bits is 0; choose 8 to 24"),
        ("input_bits", 0, "--input-bits is 0; choose 1 to 16"),
        ("input_bits", 17, "--input-bits is 17; choose 1 to 16"),
    ],
)
def test_a_width_outside_the_limits_is_refused(field, bits, message):
    with pytest.raises(FormatError, match=message):
        Precision(**{field: bits})


@pytest.mark.parametrize("bits", [(2, 8, 1), (16, 24, 16), (8, None, 10)])
def test_widths_at_the_limits_are_accepted(bits):
    weight, voltage, values = bits
    found = Precision(weight_bits=weight, voltage_bits=voltage, input_bits=values)
    assert (found.weight_bits, found.voltage_bits, found.input_bits) == bits
