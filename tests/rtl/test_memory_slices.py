"""Large memories are stored in slices where that keeps multiplexers from behind them."""

import pytest

from nef2hw.program.memory import MemoryShape
from nef2hw.rtl.weight_memory import one_deep


@pytest.mark.parametrize(
    ("depth", "width", "bits"),
    [
        (512, 256, 36),
        (513, 256, 18),
        (3264, 256, 4),
        (1280, 256, None),
        (16_384, 8, 1),
        (16_385, 8, None),
    ],
)
def test_a_slice_is_as_wide_as_a_block_ram_is_at_that_depth(depth, width, bits):
    assert one_deep(MemoryShape(depth, width)) == bits
