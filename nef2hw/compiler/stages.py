"""Discrete filters as one or two compartments with integer constants.

A filter of the first order is one compartment, ``p <- (1 - l) p + u``. One of
the second order is a pair, of which the first takes what arrives and the
second follows the first::

    p <- (1 - l_p) p - c_p q + u
    q <- (1 - l_q) q + c_q p          (the p of this step)
    y =  2**-lift p + q

Its poles have the product ``(1 - l_p)(1 - l_q)`` and the sum
``(1 - l_p) + (1 - l_q) - c_q c_p``. Real poles need no ``c_p``; complex ones
have equal leaks, and ``c_p`` and ``c_q`` share the rotation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nef2hw.compiler.folded import DiscreteFilter
from nef2hw.errors import FormatError
from nef2hw.program.fixed_point import FixedPoint, FloatArray, finest_frac
from nef2hw.program.network import FRACTION_BITS

#: Smallest code of a leak: coarser ones would bend a time constant by more than three percent.
COARSEST_LEAK = 16
#: Largest part of a second-order response that integer constants may change.
MOST_BENT = 0.03
#: Range of the binary exponent between the outputs of a pair.
LIFTS = range(-24, 41)
#: Below this part of all a filter passes, its gain at rest is no measure of its size.
RESTING = 0.05
#: Steps whose powers are formed at once, and most of such blocks.
BLOCK, MAX_BLOCKS = 1024, 1024
#: For what is left after the last block.
MARGIN = 1 + 1e-6


@dataclass(frozen=True)
class Factor:
    """A signed factor in the units of leaks."""

    code: int
    negative: bool


@dataclass(frozen=True)
class Stage:
    """One compartment of a filter."""

    leak_code: int | None  #: None keeps nothing
    coupling: Factor | None = None  #: of the other stage's state
    lift: int = 0  #: the output is ``2**-lift`` of the state
    gain: float = 1.0  #: largest state for each unit that may arrive in a step
    rounding: float = 0.0  #: largest state that rounding alone may leave


@dataclass(frozen=True)
class FilterStages:
    """A filter in integers; the weights before it are multiplied by ``factor``."""

    stages: tuple[Stage, ...]
    factor: float


@dataclass(frozen=True)
class ExactStage:
    """One compartment of a filter before its constants are rounded."""

    leak: float
    coupling: float = 0.0  #: of the other stage's state, signed


@dataclass(frozen=True)
class ExactStages:
    """A filter in reals; the weights before it are multiplied by ``factor``."""

    stages: tuple[ExactStage, ...]
    factor: float


@dataclass(frozen=True)
class _Pair:
    """The real constants of a second-order filter, for a factor of the weights."""

    leaks: tuple[float, float]
    couplings: tuple[float, float]  #: c_p, c_q
    lift: int
    factor: float


UNFILTERED = FilterStages((Stage(None),), 1.0)


def leak_format(filters: Iterable[Iterable[float]]) -> FixedPoint:
    """Choose the finest binary point that holds the constants of all filters."""
    constants = [constant for given in filters for constant in given]
    frac = finest_frac(FRACTION_BITS, max(constants)) if constants else FRACTION_BITS
    return FixedPoint(FRACTION_BITS, frac, signed=False)


@lru_cache(maxsize=256)
def filter_stages(given: DiscreteFilter | None, leaks: FixedPoint) -> FilterStages:
    """Turn a filter into compartments whose gain at rest is that of the filter.

    Raises
    ------
    FormatError
        The filter is too slow for constants of this resolution.
    """
    if given is None:
        return UNFILTERED
    return _single(given, leaks) if len(given.A) == 1 else _double(_pair(given), given, leaks)


def filter_constants(given: DiscreteFilter) -> tuple[float, ...]:
    """Return the leaks and the magnitudes of the couplings of a filter.

    Raises
    ------
    FormatError
        It has no decay.
    """
    if len(given.A) == 1:
        return (1 - given.A[0][0],)
    pair = _pair(given)
    return (*pair.leaks, *map(abs, pair.couplings))


def exact_stages(given: DiscreteFilter) -> ExactStages:
    """Return what `filter_stages` rounds.

    Raises
    ------
    FormatError
        The filter has no decay.
    """
    if len(given.A) == 1:
        leak = 1 - given.A[0][0]
        return ExactStages((ExactStage(leak),), given.B[0] * given.C[0])
    pair = _pair(given)
    back, forward = pair.couplings
    return ExactStages(
        (ExactStage(pair.leaks[0], -back), ExactStage(pair.leaks[1], forward)), pair.factor
    )


def _single(given: DiscreteFilter, leaks: FixedPoint) -> FilterStages:
    leak = 1 - given.A[0][0]
    code = _leak_code(leak, leaks)
    real = float(leaks.decode(code))
    passed = 1 / (1 - abs(1 - real))
    gain_at_rest = given.B[0] * given.C[0] / leak
    return FilterStages((Stage(code, None, 0, passed, 0.5 * passed),), gain_at_rest * real)


def _leak_code(leak: float, leaks: FixedPoint) -> int:
    code = int(leaks.encode(leak))
    if code < COARSEST_LEAK:
        raise FormatError(
            f"decays by {leak:.3g} in a step, too slowly beside the fastest synapse of this "
            f"network: at least {float(leaks.decode(COARSEST_LEAK)):.3g} can be resolved; shorten "
            "its time constant, or lengthen the shortest of the network"
        )
    return code


def _pair(given: DiscreteFilter) -> _Pair:
    """Solve for leaks, couplings and outputs from poles and the first two values of the response.

    With ``a = 1 - l_p``, ``b = 1 - l_q`` and ``k = c_q c_p`` the response to a unit is
    ``h_0 = x + y`` and ``h_1 = x (a - k) + y (a + b - k)``, where x and y are the parts of p
    and ``c_q`` q in the output.
    """
    A, B, C = np.array(given.A), np.array(given.B), np.array(given.C)
    fast, slow, rotation = _poles(float(np.trace(A)), float(np.linalg.det(A)))
    first, second = float(C @ B), float(C @ A @ B)
    through_second = (second - (fast - rotation) * first) / slow
    through_first = first - through_second
    return _balanced(fast, slow, rotation, through_first, through_second)


def _poles(total: float, product: float) -> tuple[float, float, float]:
    """Return a, b and c_q c_p for poles of this sum and product."""
    discriminant = total * total - 4 * product
    if discriminant < -1e-12 * abs(product):
        radius = math.sqrt(product)
        return radius, radius, 2 * radius - total
    slow = (total + math.copysign(math.sqrt(max(0.0, discriminant)), total)) / 2
    if slow == 0:
        raise FormatError(
            "has both poles at zero, a delay instead of a decay; use synapses of the first order"
        )
    return product / slow, slow, 0.0


def _balanced(fast: float, slow: float, rotation: float, first: float, second: float) -> _Pair:
    """Share the gain between the stages so that both states use their bits alike."""
    step = np.array([[fast, -rotation], [fast, slow - rotation]])
    reach = _reach(step, np.array([1.0, 1.0]))
    wanted = reach[0] / reach[1]
    ratio = abs(second) / max(abs(first), np.finfo(float).tiny)
    lift = round(math.log2(max(ratio / wanted, 2.0 ** (LIFTS.start - 1))))
    lift = min(max(lift, LIFTS.start), LIFTS.stop - 1)
    forward = math.copysign(wanted, second)
    factor = first * 2.0**lift
    if lift == LIFTS.stop - 1:
        factor = second / forward
    elif lift > LIFTS.start:
        forward = second / factor
    back = rotation / forward if rotation else 0.0
    return _Pair((1 - fast, 1 - slow), (back, forward), lift, factor)


def _double(pair: _Pair, given: DiscreteFilter, leaks: FixedPoint) -> FilterStages:
    leak_codes = [_leak_code(leak, leaks) for leak in pair.leaks]
    back, forward = (_factor(-pair.couplings[0], leaks), _factor(pair.couplings[1], leaks))
    p_keeps, q_keeps = (1 - float(leaks.decode(code)) for code in leak_codes)
    given_back, given_on = _real(back, leaks), _real(forward, leaks)
    step = np.array([[p_keeps, given_back], [given_on * p_keeps, q_keeps + given_on * given_back]])
    entry = np.array([1.0, given_on])
    output = np.array([2.0**-pair.lift, 1.0])
    factor = _factor_at_rest(step, entry, output, given, pair.factor)
    _check_response(factor * _response(step, entry, output), given)
    arriving = _reach(step, entry)
    following = _reach(step, np.array([0.0, 1.0]))
    stages = (
        Stage(
            leak_codes[0],
            back if pair.couplings[0] else None,
            pair.lift,
            arriving[0],
            arriving[0] + following[0],
        ),
        Stage(leak_codes[1], forward, 0, arriving[1], arriving[1] + following[1]),
    )
    return FilterStages(stages, factor)


def _factor(real: float, leaks: FixedPoint) -> Factor:
    return Factor(int(leaks.encode(abs(real))), real < 0)


def _real(factor: Factor, leaks: FixedPoint) -> float:
    size = float(leaks.decode(factor.code))
    return -size if factor.negative else size


def _factor_at_rest(
    step: FloatArray, entry: FloatArray, output: FloatArray, given: DiscreteFilter, factor: float
) -> float:
    """Make the gain at rest exact, where the filter has one to speak of."""
    A, B, C = np.array(given.A), np.array(given.B), np.array(given.C)
    wanted = float(C @ np.linalg.solve(np.eye(2) - A, B))
    found = float(output @ np.linalg.solve(np.eye(2) - step, entry))
    passed = float(np.abs(_response(A, B, C)).sum())
    return wanted / found if abs(wanted) > RESTING * passed else factor


def _check_response(found: FloatArray, given: DiscreteFilter) -> None:
    wanted = _response(np.array(given.A), np.array(given.B), np.array(given.C))
    size = max(len(found), len(wanted))
    difference = np.zeros(size)
    difference[: len(wanted)] += wanted
    difference[: len(found)] -= found
    bent = float(np.abs(difference).sum() / max(np.abs(wanted).sum(), np.finfo(float).tiny))
    if bent > MOST_BENT:
        raise FormatError(
            f"would be changed by {bent:.0%} by constants of {FRACTION_BITS} bits, at most "
            f"{MOST_BENT:.0%} is allowed; it is too slow beside the fastest synapse of this "
            "network: shorten its time constants, or lengthen the shortest of the network"
        )


def _response(step: FloatArray, entry: FloatArray, output: FloatArray) -> FloatArray:
    """Return the output after a unit input, until nothing is left."""
    return np.concatenate([block @ output for block in _states(step, entry)])


def _reach(step: FloatArray, entry: FloatArray) -> tuple[float, float]:
    """Largest states when each step's input is a unit of either sign."""
    total = np.zeros(2)
    for block in _states(step, entry):
        total += np.abs(block).sum(axis=0)
    return float(total[0]) * MARGIN, float(total[1]) * MARGIN


def _states(step: FloatArray, entry: FloatArray) -> list[FloatArray]:
    """Return the states after a unit input, in blocks of (BLOCK, 2)."""
    state, rows = entry, []
    for _ in range(BLOCK):
        rows.append(state)
        state = step @ state
    blocks = [np.array(rows)]
    ahead = np.linalg.matrix_power(step, BLOCK).T
    top = np.abs(blocks[0]).max()
    while np.abs(blocks[-1]).max() > 1e-9 * top and len(blocks) < MAX_BLOCKS:
        blocks.append(blocks[-1] @ ahead)
    return blocks
