"""Products are cut as synthesis cuts them."""

import pytest

from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.multipliers import MultiplierRule, Product, count_multipliers, multipliers
from tests.program.cores import core

SIGNED = MultiplierRule(25, 18, least_product=9, slice=18, headroom=1)


@pytest.mark.parametrize(
    ("rule", "a", "b", "count"),
    [
        (RULES["ecp5"].multiplier, 18, 18, 1),
        (RULES["ecp5"].multiplier, 17, 26, 2),
        (RULES["ecp5"].multiplier, 19, 17, 1),
        (RULES["ecp5"].multiplier, 36, 36, 4),
        (RULES["ecp5"].multiplier, 5, 1, 0),
        (RULES["ice40"].multiplier, 16, 16, 1),
        (RULES["ice40"].multiplier, 25, 17, 2),
        (RULES["ice40"].multiplier, 5, 5, 0),
        (RULES["ice40"].multiplier, 6, 5, 1),
        (SIGNED, 25, 18, 1),
        (SIGNED, 26, 17, 2),
        (SIGNED, 20, 20, 2),
    ],
)
def test_operands_wider_than_a_multiplier_are_cut(rule, a, b, count):
    assert multipliers(Product(a, b, a + b), rule) == count
    assert multipliers(Product(b, a, a + b), rule) == count


def test_a_product_of_which_little_is_used_becomes_logic():
    assert multipliers(Product(6, 5, 10), RULES["ice40"].multiplier) == 0


def test_every_neuron_lane_and_a_coupling_have_multipliers_of_their_own():
    rule = RULES["ecp5"].multiplier
    one = count_multipliers(core(lanes=8), rule)
    assert count_multipliers(core(lanes=8, coupled=True), rule) == one + 1
    four = count_multipliers(core(lanes=8, neuron_lanes=4), rule)
    # Filter 1, overshoot 1, membrane 2 in a lane; one more finds the row of a spike.
    assert four == one + 3 * 4 + 1
