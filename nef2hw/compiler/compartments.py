"""Grouping of connections into compartments, and their integer weights.

Connections that share a synapse and a delay share a compartment, as long as
their weights are of like size: a compartment has one scale per neuron, and a
strong connection must not cost a weak one its bits. Each value input has a
compartment of its own, whose sum is held until the input changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.fold import FoldedConnection
from nef2hw.errors import FormatError
from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray, finest_frac
from nef2hw.program.network import FRACTION_BITS, InputPort, Projection

#: Smallest code of a leak: coarser ones would bend a time constant by more than three percent.
COARSEST_LEAK = 16
#: Connections share a compartment if the coarser scale costs the finer one at most this factor.
LIKE_SIZE = 4.0

#: Weights below this, of which no sum shows anything, are scaled as if they were this large.
LEAST_PEAK = 1e-300


@dataclass(frozen=True)
class Scaled:
    """A connection with weights per code of its source, ``1 - a`` included."""

    name: str
    pre: str
    weights: FloatArray  #: (n_post, n_pre)
    leak_code: int | None
    delay: int
    held: bool


@dataclass(frozen=True)
class Draft:
    """A compartment before the formats of the whole core are known."""

    leak_code: int | None
    delay: int
    held: bool
    exponent: CodeArray  #: (n_post,) a weight code stands for ``code * 2**-exponent``
    bound: CodeArray  #: (n_post,) largest magnitude that can arrive in one step
    projections: tuple[Projection, ...]


def leak(connection: FoldedConnection) -> float:
    """Fraction ``1 - exp(-dt/tau)`` by which a synapse decays in a step."""
    assert connection.filter
    return float(1 - connection.filter.A[0][0])


def leak_format(connections: Sequence[FoldedConnection]) -> FixedPoint:
    """Choose the finest binary point that holds the leak of every synapse."""
    leaks = [leak(c) for c in connections if c.filter]
    frac = finest_frac(FRACTION_BITS, max(leaks)) if leaks else FRACTION_BITS
    return FixedPoint(FRACTION_BITS, frac, signed=False)


def scale(
    connection: FoldedConnection, inputs: Mapping[str, InputPort], dt_s: float, leaks: FixedPoint
) -> Scaled:
    """Express weights per unit of the source's code, with the quantized ``1 - a`` folded in.

    Using the quantized leak here makes the gain of the filter at rest exactly 1.
    """
    port = inputs.get(connection.pre)
    weights = connection.weights if port is None else connection.weights * port.step
    leak_code = None
    if connection.filter:
        leak_code = _leak_code(connection, dt_s, leaks)
        weights = weights * float(leaks.decode(leak_code))
    held = port is not None and port.held
    return Scaled(connection.name, connection.pre, weights, leak_code, connection.delay, held)


def _leak_code(connection: FoldedConnection, dt_s: float, leaks: FixedPoint) -> int:
    code = int(leaks.encode(leak(connection)))
    if code < COARSEST_LEAK:
        place = connection.name if "/" in connection.name else f"connections/{connection.name}"
        raise FormatError(
            f"{place}: a synapse of {-dt_s / np.log1p(-leak(connection)):g} s is too slow beside "
            f"the fastest of this network; at most "
            f"{dt_s / float(leaks.decode(COARSEST_LEAK)):.3g} s can be resolved; shorten it, or "
            "lengthen the fastest"
        )
    return code


def group(connections: Sequence[Scaled]) -> tuple[tuple[Scaled, ...], ...]:
    """Put the connections into one population into compartments."""
    groups: list[list[Scaled]] = []
    for connection in connections:
        fitting = (g for g in groups if _may_share(g[0], connection) and _alike(g, connection))
        home = next(fitting, None)
        if home is None:
            groups.append([connection])
        else:
            home.append(connection)
    return tuple(tuple(g) for g in groups)


def _may_share(one: Scaled, other: Scaled) -> bool:
    same = (one.leak_code, one.delay) == (other.leak_code, other.delay)
    return same and not one.held and not other.held


def _alike(members: Sequence[Scaled], candidate: Scaled) -> bool:
    rows = [_row_peaks(member.weights) for member in (*members, candidate)]
    top = np.maximum.reduce(rows)
    return all(_median_ratio(top, row) <= LIKE_SIZE for row in rows)


def _median_ratio(top: FloatArray, row: FloatArray) -> float:
    used = row > 0
    return float(np.median(top[used] / row[used])) if used.any() else 1.0


def _row_peaks(weights: FloatArray) -> FloatArray:
    peaks: FloatArray = np.abs(weights).max(axis=1, initial=0.0)
    return peaks


def draft(
    members: Sequence[Scaled],
    inputs: Mapping[str, InputPort],
    weight_bits: int,
    finest: CodeArray,
) -> Draft:
    """Quantize the weights of a compartment with one power-of-two scale per neuron.

    Parameters
    ----------
    members : sequence of Scaled
    inputs : mapping of InputPort
    weight_bits : int
    finest : (n_post,) int
        Largest exponent worth having; finer weights cannot be seen in the sum.
    """
    weights = FixedPoint(weight_bits, 0)
    peaks = np.maximum.reduce([_row_peaks(member.weights) for member in members])
    exponent = np.minimum(_exponents(peaks, weights.high), finest)
    projections = tuple(
        Projection(
            m.name, m.pre, weights.encode(np.ldexp(m.weights, exponent[:, None].astype(np.int32))).T
        )
        for m in members
    )
    bound = sum(_largest(projection, inputs) for projection in projections)
    first = members[0]
    return Draft(first.leak_code, first.delay, first.held, exponent, np.asarray(bound), projections)


def _exponents(peaks: FloatArray, high: int) -> CodeArray:
    """Return the largest exponents at which each row's peak rounds to at most ``high``."""
    safe = np.where(peaks > 0, np.maximum(peaks, LEAST_PEAK), 1.0)
    exponent = np.floor(np.log2((high + 0.5) / safe)).astype(np.int64)
    over = np.rint(np.ldexp(safe, exponent.astype(np.int32))) > high
    fitted: CodeArray = np.where(peaks > 0, exponent - over, np.iinfo(np.int32).max)
    return fitted


def _largest(projection: Projection, inputs: Mapping[str, InputPort]) -> CodeArray:
    port = inputs.get(projection.pre)
    magnitude = np.abs(projection.weight_code)
    if port is not None:
        top = np.maximum(np.abs(port.low_code), np.abs(port.high_code))
        magnitude = magnitude * top[:, None]
    total: CodeArray = magnitude.sum(axis=0)
    return total
