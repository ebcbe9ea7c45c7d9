"""Products are cut as synthesis cuts them."""

import pytest

from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.multipliers import Product, count_multipliers, multipliers
from tests.program.cores import core

ECP5, ICE40, GOWIN, XILINX7 = (
    RULES[name].multipliers for name in ("ecp5", "ice40", "gowin", "xilinx7")
)


@pytest.mark.parametrize(
    ("rules", "a", "b", "count"),
    [
        (ECP5, 18, 18, 1),
        (ECP5, 17, 26, 2),
        (ECP5, 19, 17, 1),
        (ECP5, 36, 36, 4),
        (ECP5, 5, 1, 0),
        (ICE40, 16, 16, 1),
        (ICE40, 25, 17, 2),
        (ICE40, 5, 5, 0),
        (ICE40, 6, 5, 1),
        (XILINX7, 25, 18, 1),
        (XILINX7, 26, 17, 2),
        (XILINX7, 20, 20, 2),
        (GOWIN, 17, 18, 1),
        (GOWIN, 9, 9, 1),
        (GOWIN, 24, 22, 4),
        (GOWIN, 25, 17, 3),
        (GOWIN, 12, 3, 0),
    ],
)
def test_operands_wider_than_a_multiplier_are_cut(rules, a, b, count):
    assert multipliers(Product(a, b, a + b), rules) == count
    assert multipliers(Product(b, a, a + b), rules) == count


def test_a_product_of_which_little_is_used_becomes_logic():
    assert multipliers(Product(6, 5, 10), ICE40) == 0


def test_every_neuron_lane_and_a_coupling_have_multipliers_of_their_own():
    one = count_multipliers(core(lanes=8), ECP5)
    assert count_multipliers(core(lanes=8, coupled=True), ECP5) == one + 1
    four = count_multipliers(core(lanes=8, neuron_lanes=4), ECP5)
    # Filter 1, overshoot 1, membrane 2 in a lane; one more finds the row of a spike.
    assert four == one + 3 * 4 + 1
