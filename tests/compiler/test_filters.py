"""Discrete filters respond as the synapses that they stand for."""

import numpy as np
import pytest

from nef2hw.compiler.filters import discretize
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass

STEPS = 400


def impulse_response(synapse, dt_s=0.001):
    """Return y for u = 1, 0, 0, ... of the filter and what passes it."""
    discrete, direct = discretize(synapse, dt_s)
    response = np.zeros(STEPS)
    if discrete is not None:
        state = np.zeros(len(discrete.B))
        for step in range(STEPS):
            state = np.array(discrete.A) @ state + np.array(discrete.B) * (step == 0)
            response[step] = np.array(discrete.C) @ state
    response[0] += direct
    return response


@pytest.mark.parametrize("tau_s", [0.0002, 0.001, 0.005, 0.1, 10.0])
def test_a_lowpass_is_held_for_a_step(tau_s):
    at_s = np.arange(STEPS + 1) * 0.001
    np.testing.assert_allclose(
        impulse_response(Lowpass(tau_s)), np.diff(-np.exp(-at_s / tau_s)), rtol=1e-9, atol=1e-15
    )


@pytest.mark.parametrize("tau_s", [0.0002, 0.001, 0.005, 0.1, 10.0])
def test_an_alpha_is_held_for_a_step(tau_s):
    at = np.arange(STEPS + 1) * 0.001 / tau_s
    np.testing.assert_allclose(
        impulse_response(Alpha(tau_s)), np.diff(-(1 + at) * np.exp(-at)), rtol=1e-9, atol=1e-15
    )


def test_a_time_constant_of_0_filters_nothing():
    assert discretize(None, 0.001) == (None, 1.0)
    assert discretize(Lowpass(0.0), 0.001) == (None, 1.0)
    assert discretize(Alpha(0.0), 0.001) == (None, 1.0)


@pytest.mark.parametrize(
    ("A", "B", "C"),
    [
        (((0.9,),), (0.3,), (0.5,)),
        (((-0.7,),), (1.0,), (-2.0,)),
        (((0.9, 0.2), (-0.2, 0.9)), (0.3, -0.1), (0.5, 2.0)),
        (((0.9, 0.0), (1.0, 0.9)), (0.3, 0.1), (0.5, 2.0)),
    ],
)
@pytest.mark.parametrize("D", [0.0, 1.0, -0.3])
def test_a_linear_filter_puts_out_before_its_state_changes_only_with_d(A, B, C, D):
    state, expected = np.zeros(len(B)), []
    for step in range(STEPS):
        u = float(step == 0)
        after = np.array(A) @ state + np.array(B) * u
        expected.append(np.array(C) @ (state if D else after) + D * u)
        state = after
    np.testing.assert_allclose(
        impulse_response(LinearFilter(A, B, C, D)), expected, rtol=1e-9, atol=1e-12
    )
