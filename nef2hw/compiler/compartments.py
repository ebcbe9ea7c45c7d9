"""Grouping of connections into compartments, and their integer weights.

Connections that share a synapse and a delay share a compartment, as long as
their weights are of like size: a compartment has one scale per neuron, and a
strong connection must not cost a weak one its bits. Each value input has a
compartment of its own, whose sum is held until the input changes, and so has a
relay, which is delivered in every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from nef2hw.compiler.folded import FoldedConnection
from nef2hw.compiler.stages import Stage, filter_constants, filter_stages, leak_format
from nef2hw.errors import FormatError, all_of
from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray
from nef2hw.program.network import Projection

#: Connections share a compartment if the coarser scale costs the finer one at most this factor.
LIKE_SIZE = 4.0

#: Ending of the names of projections that hold what rounding left of another one's weights.
REMAINDER = " (remainder)"

#: Weights below this, of which no sum shows anything, are scaled as if they were this large.
LEAST_PEAK = 1e-300


class ValueSource(Protocol):
    """What sends codes of values: an input, or a relay."""

    @property
    def step(self) -> FloatArray:
        """(size,) real value of one unit."""

    @property
    def held(self) -> bool:
        """Whether the last value stays in force until it is replaced."""


@dataclass(frozen=True)
class Scaled:
    """A connection with weights per code of its source, the factor of its filter included."""

    name: str
    pre: str
    weights: FloatArray  #: (n_post, n_pre)
    stages: tuple[Stage, ...]
    delay: int
    held: bool


@dataclass(frozen=True)
class Draft:
    """A compartment before the formats of the whole core are known."""

    stage: Stage
    delay: int
    held: bool
    exponent: CodeArray  #: (n_post,) a weight code stands for ``code * 2**-exponent``
    bound: CodeArray  #: (n_post,) largest magnitude that can arrive in one step
    projections: tuple[Projection, ...]
    partner: int | None = None  #: distance to the compartment of the other stage


def choose_leak_format(connections: Iterable[FoldedConnection]) -> FixedPoint:
    """Choose the finest binary point that holds the constants of every filter.

    Raises
    ------
    FormatError
        Some filters have no such constants.
    """
    return leak_format(all_of(partial(_constants, one) for one in connections if one.filter))


def _constants(connection: FoldedConnection) -> tuple[float, ...]:
    assert connection.filter is not None
    with _named(connection):
        return filter_constants(connection.filter)


@contextmanager
def _named(connection: FoldedConnection) -> Iterator[None]:
    """Name the connection in what is said of its synapse."""
    try:
        yield
    except FormatError as problem:
        place = connection.name if "/" in connection.name else f"connections/{connection.name}"
        raise FormatError(f"{place}: the synapse {problem}") from problem


def scale(
    connection: FoldedConnection, values: Mapping[str, ValueSource], leaks: FixedPoint
) -> Scaled:
    """Express weights per unit of the source's code, with the factor of the quantized filter.

    Raises
    ------
    FormatError
        The filter is too slow to be quantized.
    """
    port = values.get(connection.pre)
    weights = connection.weights if port is None else connection.weights * port.step
    with _named(connection):
        found = filter_stages(connection.filter, leaks)
    held = port is not None and port.held
    return Scaled(
        connection.name,
        connection.pre,
        weights * found.factor,
        found.stages,
        connection.delay,
        held,
    )


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
    same = (one.stages, one.delay) == (other.stages, other.delay)
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
    tops: Mapping[str, CodeArray],
    weight_bits: int,
    finest: CodeArray,
) -> tuple[Draft, ...]:
    """Quantize the weights of a filter with one power-of-two scale per neuron.

    Parameters
    ----------
    members : sequence of Scaled
        Connections that share the filter.
    tops : mapping of (n_pre,) int
        Largest magnitude of the code of every source, by name.
    weight_bits : int
    finest : (n_post,) int
        Largest exponent worth having in the sum; finer weights cannot be seen there.

    Returns
    -------
    tuple of Draft
        A compartment for each stage of the filter; weights go into the first.
    """
    weights = FixedPoint(weight_bits, 0)
    peaks = np.maximum.reduce([_row_peaks(member.weights) for member in members])
    strongest = min(stage.lift for stage in members[0].stages)
    exponent = np.minimum(_exponents(peaks, weights.high), finest - strongest)
    projections = tuple(
        Projection(
            m.name, m.pre, weights.encode(np.ldexp(m.weights, exponent[:, None].astype(np.int32))).T
        )
        for m in members
    )
    bound = np.asarray(sum(_largest(p.weight_code, tops[p.pre]) for p in projections))
    first = members[0]
    partners = (None,) if len(first.stages) == 1 else (1, -1)
    return tuple(
        Draft(stage, first.delay, first.held, exponent, bound, projections * (k == 0), partner)
        for k, (stage, partner) in enumerate(zip(first.stages, partners, strict=True))
    )


def remainders(members: Sequence[Scaled], drafted: Draft) -> tuple[Scaled, ...]:
    """What rounding has left of the weights of a compartment's ``members``."""
    exponent = -drafted.exponent[:, None].astype(np.int32)
    return tuple(
        replace(
            member,
            name=member.name + REMAINDER,
            weights=member.weights - np.ldexp(p.weight_code.T.astype(np.float64), exponent),
        )
        for member, p in zip(members, drafted.projections, strict=True)
    )


def _exponents(peaks: FloatArray, high: int) -> CodeArray:
    """Return the largest exponents at which each row's peak rounds to at most ``high``."""
    safe = np.where(peaks > 0, np.maximum(peaks, LEAST_PEAK), 1.0)
    exponent = np.floor(np.log2((high + 0.5) / safe)).astype(np.int64)
    over = np.rint(np.ldexp(safe, exponent.astype(np.int32))) > high
    fitted: CodeArray = np.where(peaks > 0, exponent - over, np.iinfo(np.int32).max)
    return fitted


def _largest(weight_code: CodeArray, top: CodeArray) -> CodeArray:
    total: CodeArray = top @ np.abs(weight_code)
    return total
