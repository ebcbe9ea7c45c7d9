"""What goes along an edge, as a sum of sources that linear nodes weighed, filtered and delayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.model.network import FloatArray, locked

BoolArray = npt.NDArray[np.bool_]

#: Constants nearer to each other than this, relatively, are the same.
SAME = 1e-6
#: Most different constants of one node: each makes a population or connection of its own.
MAX_GROUPS = 16
#: Most numbers of one matrix (512 MiB).
MAX_NUMBERS = 1 << 26


@dataclass(frozen=True, eq=False)
class Term:
    """One source's part of a signal of n values."""

    source: str | None  #: an input or spiking node; None is the constant 1
    taus_s: tuple[float, ...]  #: lowpasses on the way, ascending
    delay: int  #: steps
    matrix: FloatArray  #: (n, n_source), or (n,) for a diagonal one

    @property
    def key(self) -> tuple[str | None, tuple[float, ...], int]:
        """Terms that agree in this may be added."""
        return self.source, self.taus_s, self.delay

    def rows(self, factors: FloatArray) -> Term:
        """Multiply each value with its factor, (n,)."""
        return replace(
            self, matrix=self.matrix * (factors if self.is_diagonal else factors[:, None])
        )

    @property
    def is_diagonal(self) -> bool:
        """Whether value k comes of value k of the source only."""
        return self.matrix.ndim == 1

    @property
    def dense(self) -> FloatArray:
        """The matrix, (n, n_source)."""
        if not self.is_diagonal:
            return self.matrix
        check_size(len(self.matrix), self)
        return np.diag(self.matrix)


Signal = tuple[Term, ...]


def source_signal(name: str, size: int) -> Signal:
    """Return what a source gives."""
    return (Term(name, (), 0, locked(np.ones(size))),)


def constant_signal(values: FloatArray) -> Signal:
    """Return values, (n,), that never change."""
    return (Term(None, (), 0, values[:, None]),) if values.any() else ()


def add(signals: Iterable[Signal]) -> Signal:
    """Add signals of one size."""
    terms: dict[tuple[str | None, tuple[float, ...], int], Term] = {}
    for term in (term for signal in signals for term in signal):
        old = terms.get(term.key)
        if old is None:
            terms[term.key] = term
        elif old.is_diagonal and term.is_diagonal:
            terms[term.key] = replace(old, matrix=old.matrix + term.matrix)
        else:
            terms[term.key] = replace(old, matrix=old.dense + term.dense)
    return tuple(terms.values())


def weigh(signal: Signal, weight: FloatArray) -> Signal:
    """Multiply a signal of n values by a matrix, (m, n)."""
    for term in signal:
        check_size(len(weight), term)
    return tuple(
        replace(term, matrix=weight * term.matrix if term.is_diagonal else weight @ term.matrix)
        for term in signal
    )


def scale(signal: Signal, factors: FloatArray) -> Signal:
    """Multiply each value by its factor, (n,)."""
    return tuple(term.rows(factors) for term in signal)


def lowpass(signal: Signal, taus_s: FloatArray) -> Signal:
    """Filter each value with its time constant, (n,), effective for exp(-dt/tau); 0 is none."""
    return add(
        [
            tuple(
                replace(term, taus_s=tuple(sorted((*term.taus_s, *([tau_s] * (tau_s > 0))))))
                for term in part
            )
            for tau_s, part in _parts(signal, taus_s)
        ]
    )


def delay(signal: Signal, steps: FloatArray) -> Signal:
    """Delay each value by its number of steps, (n,)."""
    return add(
        [
            tuple(replace(term, delay=term.delay + int(count)) for term in part)
            for count, part in _parts(signal, steps)
        ]
    )


def _parts(signal: Signal, constants: FloatArray) -> Iterator[tuple[float, Signal]]:
    """Part a signal by the constants of its values."""
    groups = groups_of(constants)
    for constant, members in groups:
        whole = len(groups) == 1
        yield constant, signal if whole else scale(signal, members.astype(np.float64))


def groups_of(constants: FloatArray) -> list[tuple[float, BoolArray]]:
    """Return the different constants in ascending order, and whose they are, (n,).

    Raises
    ------
    ModelError
        For more than MAX_GROUPS of them.
    """
    ordered = np.unique(constants)
    starts = [0, *(np.flatnonzero(np.diff(ordered) > SAME * np.abs(ordered[1:])) + 1)]
    if len(starts) > MAX_GROUPS:
        raise ModelError(
            f"has {len(starts)} different time constants from {ordered[0]:g} to {ordered[-1]:g} s, "
            f"the limit is {MAX_GROUPS}; round them, or train with one for the whole layer"
        )
    edges = np.append(ordered[starts], np.inf)
    return [(float(low), (constants >= low) & (constants < high)) for low, high in pairwise(edges)]


def check_size(rows: int, term: Term) -> None:
    """Refuse a matrix that is too large to hold."""
    columns = term.matrix.shape[-1]
    if rows * columns > MAX_NUMBERS:
        raise ModelError(
            f"makes {rows} x {columns} weights, the limit is {MAX_NUMBERS}; use smaller layers"
        )
