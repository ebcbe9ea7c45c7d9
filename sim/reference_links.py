"""Connections of the float reference: weights, then a filter, then a delay."""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.folded import DiscreteFilter, FoldedConnection
from nef2hw.model.network import FloatArray


class Link:
    """A connection and what it holds between steps.

    Parameters
    ----------
    connection : the connection
    sparse : whether the source is 0 or 1, mostly 0
    """

    def __init__(self, connection: FoldedConnection, sparse: bool) -> None:
        self.pre = connection.pre
        self.post = connection.post
        self.delayed = connection.delay == 1
        self._weights = connection.weights
        self._rows = np.ascontiguousarray(connection.weights.T) if sparse else None
        size = connection.weights.shape[0]
        self._filter = FilterState(connection.filter, size) if connection.filter else None
        self._held = np.zeros(size)

    def now(self, source: FloatArray) -> FloatArray:
        """Pass on this step's ``source`` (n_pre,), of a connection without delay."""
        weighed = self._weigh(source)
        return weighed if self._filter is None else self._filter.step(weighed)

    def before(self) -> FloatArray:
        """Return what the step before sent through a connection with delay."""
        return self._held

    def send(self, source: FloatArray) -> None:
        """Take this step's ``source``, to be returned by `before` in the next."""
        self._held = self.now(source)

    def _weigh(self, source: FloatArray) -> FloatArray:
        """Return W u; of spikes only the rows that fired are added."""
        if self._rows is None:
            return np.asarray(self._weights @ source)
        return np.asarray(self._rows[np.flatnonzero(source)].sum(axis=0))


class FilterState:
    """The states x of a filter, (k, n) for n values."""

    def __init__(self, discrete: DiscreteFilter, size: int) -> None:
        self._A = np.array(discrete.A)
        self._B = np.array(discrete.B).reshape(-1, 1)
        self._C = np.array(discrete.C)
        self._x = np.zeros((len(discrete.B), size))

    def step(self, values: FloatArray) -> FloatArray:
        """Return y after ``x <- A x + B u``."""
        self._x = self._A @ self._x + self._B * values
        return np.asarray(self._C @ self._x)
