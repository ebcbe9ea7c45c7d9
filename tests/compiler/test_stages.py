"""Filters in integers answer as the real ones do."""

import numpy as np
import pytest

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import DiscreteFilter
from nef2hw.compiler.stages import (
    LIFTS,
    MOST_BENT,
    filter_constants,
    filter_stages,
    leak_format,
)
from nef2hw.errors import FormatError
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass
from tests.compiler.filters import DT_S, FILTERS, alpha


def leaks_for(*filters):
    return leak_format(map(filter_constants, filters))


def real_response(given, steps):
    A, B, C = np.array(given.A), np.array(given.B), np.array(given.C)
    out, x = [], B
    for _ in range(steps):
        out.append(C @ x)
        x = A @ x
    return np.array(out)


def staged_response(found, leaks, steps):
    """Run the stages as compartments do, without rounding."""
    states, out = [0.0] * len(found.stages), []
    for n in range(steps):
        for k, stage in enumerate(found.stages):
            keep = 0.0 if stage.leak_code is None else 1 - float(leaks.decode(stage.leak_code))
            states[k] = keep * states[k] + (k == 0 and n == 0)
            if stage.coupling is not None:
                factor = float(leaks.decode(stage.coupling.code))
                states[k] += states[1 - k] * (-factor if stage.coupling.negative else factor)
        pairs = zip(found.stages, states, strict=True)
        out.append(sum(state * 2.0**-stage.lift for stage, state in pairs))
    return np.array(out) * found.factor


@pytest.mark.parametrize("name", FILTERS)
def test_the_response_is_that_of_the_filter(name):
    given = FILTERS[name]
    leaks = leaks_for(given)
    wanted = real_response(given, 20_000)
    found = staged_response(filter_stages(given, leaks), leaks, 20_000)
    assert np.abs(found - wanted).sum() < 0.005 * np.abs(wanted).sum()


@pytest.mark.parametrize("name", FILTERS)
def test_the_gain_at_rest_is_exact_with_quantized_constants(name):
    given = FILTERS[name]
    leaks = leaks_for(given, alpha(0.01))
    wanted = real_response(given, 20_000)
    found = staged_response(filter_stages(given, leaks), leaks, 20_000)
    if abs(wanted.sum()) > 0.1 * np.abs(wanted).sum():
        assert found.sum() == pytest.approx(wanted.sum(), rel=1e-3)


@pytest.mark.parametrize("tau_s", [0.0001, 0.0005, 0.005, 0.1])
def test_a_lowpass_is_one_stage_whose_gain_at_rest_is_one(tau_s):
    given, _ = discretize(Lowpass(tau_s), DT_S)
    leaks = leaks_for(given)
    found = filter_stages(given, leaks)
    (stage,) = found.stages
    assert found.factor / leaks.decode(stage.leak_code) == pytest.approx(1.0)
    assert abs(leaks.decode(stage.leak_code) + np.expm1(-DT_S / tau_s)) <= 2.0 ** -(leaks.frac + 1)
    assert 2**15 <= stage.leak_code < 2**16


@pytest.mark.parametrize("name", FILTERS)
def test_no_input_drives_a_stage_beyond_its_bound(name):
    given = FILTERS[name]
    leaks = leaks_for(given)
    found = filter_stages(given, leaks)
    factors = [
        (-1 if s.coupling.negative else 1) * float(leaks.decode(s.coupling.code))
        if s.coupling
        else 0.0
        for s in found.stages
    ]
    keeps = [1 - float(leaks.decode(s.leak_code)) for s in found.stages]
    p, q = [1.0], [factors[1]]
    for _ in range(20_000):
        p.append(keeps[0] * p[-1] + factors[0] * q[-1])
        q.append(keeps[1] * q[-1] + factors[1] * p[-1])
    for stage, response in zip(found.stages, (p, q), strict=True):
        worst = np.abs(response).sum()
        assert worst <= stage.gain * (1 + 1e-9)
        assert stage.gain <= worst * 1.01 + 1e-9
        assert stage.rounding >= stage.gain


def test_both_states_of_a_pair_are_of_like_size():
    for name in ("alpha, 5 ms", "alpha, 0.5 s", "ringing", "two lowpasses"):
        first, second = filter_stages(FILTERS[name], leaks_for(FILTERS[name])).stages
        assert 0.5 <= second.gain / first.gain <= 2
        assert first.lift in LIFTS


def test_a_filter_too_slow_beside_the_fastest_is_refused():
    leaks = leaks_for(alpha(0.0001))
    with pytest.raises(FormatError, match=r"decays by 2e-05 in a step, too slowly .* shorten its"):
        filter_stages(alpha(50.0), leaks)


def test_a_filter_that_rings_too_slowly_is_refused():
    leaks = leaks_for(alpha(0.001))
    radius, angle = 1 - 16.45 * 2.0**-leaks.frac, 8.45 * 2.0**-leaks.frac
    cosine, sine = radius * np.cos(angle), radius * np.sin(angle)
    damped = DiscreteFilter(((cosine, -sine), (sine, cosine)), (1.0, 0.0), (0.0, 1.0))
    with pytest.raises(
        FormatError, match=rf"changed by \d+% by constants .* at most {MOST_BENT:.0%}"
    ):
        filter_stages(damped, leaks)


def test_a_pure_delay_of_two_steps_is_refused():
    both = DiscreteFilter(((0.0, 0.0), (1.0, 0.0)), (1.0, 0.0), (0.0, 1.0))
    with pytest.raises(FormatError, match=r"has both poles at zero, .* of the first order"):
        filter_constants(both)


def test_a_linear_filter_with_feedthrough_splits_into_filter_and_direct_part():
    A, B, C, D = ((0.9, 0.1), (-0.1, 0.8)), (1.0, 0.5), (0.3, -0.2), 0.7
    given, direct = discretize(LinearFilter(A, B, C, D), DT_S)
    response = real_response(given, 50)
    response[0] += direct
    x, wanted = np.array(B), [D]
    for _ in range(49):
        wanted.append(np.array(C) @ x)
        x = np.array(A) @ x
    np.testing.assert_allclose(response, wanted, atol=1e-12)


def test_a_filter_that_passes_nothing_is_nothing():
    nothing = DiscreteFilter(((0.9, 0.0), (0.1, 0.8)), (1.0, 0.0), (0.0, 0.0))
    assert filter_stages(nothing, leaks_for(nothing)).factor == 0


@pytest.mark.parametrize("synapse", [Alpha, Lowpass])
def test_what_forgets_all_within_a_step_is_no_filter(synapse):
    assert discretize(synapse(DT_S / 1000), DT_S) == (None, 1.0)
    assert discretize(synapse(DT_S / 10), DT_S)[0] is not None
