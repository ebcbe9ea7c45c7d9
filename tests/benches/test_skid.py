"""What only cuts a way in two neither loses, repeats nor reorders words, whatever stalls."""

import numpy as np
import pytest

from nef2hw.rtl.skid import Skid
from nef2hw.rtl.stream_register import StreamRegister
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import check_block

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")


@pytest.mark.parametrize("component", [Skid, StreamRegister])
@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_words_pass_unchanged_and_in_order(component, stall, tmp_path):
    words = stream_cases(8, {"value": np.random.default_rng(1).integers(0, 256, 200)})
    check_block(component(8), {"i": words}, {"o": words}, tmp_path, stall)
