"""The same core is the same text, whatever order sets have: placed cores are found by it."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
from amaranth.back import rtlil
from nef2hw.rtl.top import Top
from tests.sim.networks import program_of, relaying
program = program_of(relaying(), lanes=8, neuron_lanes=2, sums_results=True)
print(rtlil.convert(Top(program.config, program.image, uart_divisor=25), emit_src=False))
"""


def text(hash_seed):
    """Convert a core that has all parts, in a process of its own."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_text_of_a_core_does_not_depend_on_the_seed_of_hashes(hash_seed):
    assert text(hash_seed) == text("0") != b""
