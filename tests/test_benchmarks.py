"""The benchmarks run, and what they compare does the same work."""

import json

import pytest

from nef2hw.tools import has_tool
from tests.benchmark_scripts import run_benchmark

pytest.importorskip("nengo")
pytestmark = pytest.mark.skipif(not has_tool("c++"), reason="needs a C compiler")

#: Compares the spikes of the plain C loop, whose currents are rounded otherwise, with golden's.
SAME_WORK = """
import speed
from networks import NETWORKS, stimulus_for
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.program.decode import encode_inputs

trained = NETWORKS["784-128-10"]()
network = quantize(fold(trained))
codes = encode_inputs(network, stimulus_for(trained, 400))
spikes = speed.run_golden(network, codes).spikes.values()
print(speed.event_loop(network, codes)(), sum(int(fired.sum()) for fired in spikes))
"""


def test_the_speed_of_everything_is_measured_in_one_run():
    found = json.loads(
        run_benchmark("speed.py", "--steps", "20", "--network", "784-128-10", "--json")
    )
    assert set(found["784-128-10"]) >= {
        "golden_steps_per_s",
        "nengo_steps_per_s",
        "plain_c_steps_per_s",
        "golden_over_nengo",
        "golden_samples_over_nengo",
        "golden_over_plain_c",
    }


def test_the_c_loop_does_about_the_work_of_the_golden_model():
    plain, golden = map(int, run_benchmark("-c", SAME_WORK).split())
    assert golden > 1000
    assert plain == pytest.approx(golden, rel=0.1)
