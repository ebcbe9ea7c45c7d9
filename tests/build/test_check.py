"""What a build measures of its program."""

import numpy as np
import pytest

from nef2hw.build.check import check_program
from nef2hw.build.check_input import CheckInput
from nef2hw.build.trial import make_trial
from nef2hw.compiler.precision import Precision
from nef2hw.errors import StimulusError
from nef2hw.tools import has_tool
from tests.sim.networks import layered, program_of, tiny


@pytest.mark.skipif(not has_tool("c++"), reason="needs a C++ compiler")
def test_a_proof_simulates_the_rtl_and_counts_its_cycles():
    network = tiny()
    check = check_program(
        make_trial(network, CheckInput(steps=40)), program_of(network), Precision()
    )
    assert check.proof is not None
    assert check.proof.equal
    assert check.cycles["simulated"]["steps"] == 40
    assert check.cycles["simulated"]["typical"] == check.cycles["typical"]


def test_without_a_proof_the_cycles_are_counted_only():
    network = tiny()
    check = check_program(
        make_trial(network, CheckInput(steps=40)), program_of(network), Precision(), prove=False
    )
    assert check.proof is None
    assert check.cycles["simulated"] is None
    assert check.cycles["min"] <= check.cycles["typical"] <= check.cycles["max"]


@pytest.fixture
def rows(tmp_path):
    """An input file of 6 rows for a network of 5 values, and their classes."""
    given = np.random.default_rng(0).uniform(-1, 1, (6, 5))
    np.save(tmp_path / "x.npy", np.concatenate([given, given[::-1]]))
    np.save(tmp_path / "y.npy", np.zeros(12, dtype=np.int64))
    return tmp_path / "x.npy", tmp_path / "y.npy"


def test_a_row_after_a_reset_does_not_know_those_before_it(rows):
    """The rows come twice, the second time in reverse: with resets, all is as often as once."""
    network = layered()
    program = program_of(network)

    def checked(steps, reset):
        wanted = CheckInput(rows[0], None, hold=20, steps=steps, reset=reset)
        return check_program(
            make_trial(network, wanted), program, Precision(), prove=False
        ).fidelity

    assert checked(240, True).steps == 240
    assert checked(240, True).spike_count_error == checked(120, True).spike_count_error
    assert checked(240, False).spike_count_error != checked(120, False).spike_count_error


def test_labels_count_with_a_reset_before_each_row_too(rows):
    network = layered()
    wanted = CheckInput(*rows, hold=10, reset=True)
    check = check_program(
        make_trial(network, wanted), program_of(network), Precision(), prove=False
    )
    assert 0 <= check.fidelity.accuracy_golden <= 1
    assert check.fidelity.accuracy_golden == pytest.approx(check.fidelity.accuracy_float, abs=0.2)
    assert check.stimulus == "x.npy, a reset before each row"


def test_a_reset_before_each_row_needs_whole_rows(rows):
    network = layered()
    for steps, better in ((45, 40), (7, 20)):
        wanted = CheckInput(rows[0], None, hold=20, steps=steps, reset=True)
        with pytest.raises(
            StimulusError, match=f"{steps} steps are no whole .* 20 steps .* --steps {better}$"
        ):
            check_program(
                make_trial(network, wanted), program_of(network), Precision(), prove=False
            )


def test_a_reset_before_each_row_needs_an_input():
    network = tiny()
    with pytest.raises(StimulusError, match="needs an input; name it with --input"):
        make_trial(network, CheckInput(reset=True))
