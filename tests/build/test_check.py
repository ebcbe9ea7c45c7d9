"""What a build measures of its program."""

import pytest

from nef2hw.build.check import CheckInput, check_program
from nef2hw.tools import has_tool
from tests.sim.networks import program_of, tiny


@pytest.mark.skipif(not has_tool("c++"), reason="needs a C++ compiler")
def test_a_proof_simulates_the_rtl_and_counts_its_cycles():
    network = tiny()
    check = check_program(network, program_of(network), CheckInput(steps=40))
    assert check.proof is not None
    assert check.proof.equal
    assert check.cycles["simulated"]["steps"] == 40
    assert check.cycles["simulated"]["typical"] == pytest.approx(check.cycles["typical"], rel=0.3)


def test_without_a_proof_the_cycles_are_estimated_only():
    network = tiny()
    check = check_program(network, program_of(network), CheckInput(steps=40), prove=False)
    assert check.proof is None
    assert check.cycles["simulated"] is None
    assert check.cycles["min"] <= check.cycles["typical"] <= check.cycles["max"]
