"""Synapses that could not work cannot be made, and files hold them in several forms."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.model.parse import parse_model
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass
from tests.model.models import small_model

HALF = ((0.5,),)


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        (((), (), ()), "order 0, expected 1 or 2; what has no state is a transform, with synapse"),
        ((np.eye(3) / 2, np.ones(3), np.ones(3)), "order 3, expected 1 or 2; write it as the sum"),
        ((((0.5, 0.0),), (1.0,), (1.0,)), r"A of 1 rows, lengths \[2\], B of 1 and C of 1"),
        ((HALF, (1.0, 1.0), (1.0,)), "B of 2 and C of 1; expected 1 everywhere"),
        ((HALF, (1.0,), (1.0, 1.0)), "B of 1 and C of 2; expected 1 everywhere"),
        ((((np.inf,),), (1.0,), (1.0,)), "holds a number that is not finite"),
        ((HALF, (np.nan,), (1.0,)), "holds a number that is not finite"),
        ((HALF, (1.0,), (1.0,), np.inf), "holds a number that is not finite"),
        ((((1.0,),), (1.0,), (1.0,)), "a pole of magnitude 1, expected below 1: it would never"),
        ((((-1.5,),), (1.0,), (1.0,)), "a pole of magnitude 1.5, expected below 1"),
        ((((0.6, 0.9), (-0.9, 0.6)), (1.0, 0.0), (0.0, 1.0)), "a pole of magnitude 1.08166538, ex"),
        ((((0.0,),), (1.0,), (1.0,), 2.0), "D = 2 has a pole of magnitude 0, .*; give it without"),
        ((((0.5, 0.0), (1.0, 1e-7)), (1.0, 0.0), (0.0, 1.0), 2.0), "pole of magnitude 1e-07, expe"),
    ],
)
def test_a_filter_that_could_not_work_is_refused(matrices, message):
    with pytest.raises(ModelError, match=message):
        LinearFilter(*matrices)


def test_filters_that_settle_are_not_refused():
    LinearFilter(((0.0,),), (1.0,), (1.0,))
    LinearFilter(((0.999999,),), (1.0,), (1.0,), 0.5)
    LinearFilter(((0.6, 0.79), (-0.79, 0.6)), (1.0, 0.0), (0.0, 1.0), -3.0)


def synapse(**given):
    arrays = small_model() | {f"connections/c/{field}": value for field, value in given.items()}
    connection = parse_model(arrays).connections[0]
    return connection.synapse, connection.delay


def test_delay_is_one_step_with_a_synapse_and_none_without_unless_given():
    assert synapse() == (None, 0)
    assert synapse(delay=1) == (None, 1)
    assert synapse(synapse=0.01) == (Lowpass(0.01), 1)
    assert synapse(synapse=0.01, delay=0) == (Lowpass(0.01), 0)
    assert synapse(synapse=0.0, synapse_type="lowpass") == (Lowpass(0.0), 1)
    assert synapse(synapse=0.0, synapse_type="alpha") == (Alpha(0.0), 1)
    assert synapse(synapse=0.02, synapse_type="alpha", delay=0) == (Alpha(0.02), 0)
    matrices = {"synapse_A": [[0.5]], "synapse_B": [2.0], "synapse_C": [3.0]}
    linear = LinearFilter(((0.5,),), (2.0,), (3.0,))
    assert synapse(synapse_type="linear", **matrices) == (linear, 1)
    assert synapse(synapse_type="linear", **matrices, delay=0) == (linear, 0)


@pytest.mark.parametrize("B", [[1, 0], [[1], [0]]])
@pytest.mark.parametrize("C", [[2, 3], [[2, 3]]])
@pytest.mark.parametrize("D", [4, [4.0], [[4.0]]])
def test_matrices_may_be_written_as_columns_and_rows(B, C, D):
    matrices = {"synapse_A": [[0.5, 0.25], [1, 0]], "synapse_B": B, "synapse_C": C, "synapse_D": D}
    expected = LinearFilter(((0.5, 0.25), (1.0, 0.0)), (1.0, 0.0), (2.0, 3.0), 4.0)
    assert synapse(synapse_type="linear", **matrices) == (expected, 1)
