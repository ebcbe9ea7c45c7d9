"""Linear maps of which few rows are not zero, as slices and passthrough nodes make them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nef2hw.model.network import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Block:
    """A matrix of ``size`` rows: those at ``rows`` are given, all others are zero."""

    size: int
    rows: IndexArray  #: (k,), ascending, none twice
    matrix: FloatArray  #: (k, n)

    def take(self, indices: IndexArray) -> Block:
        """Return the rows at ``indices``, in that order, as often as they are named."""
        place = np.full(self.size, -1)
        place[self.rows] = np.arange(len(self.rows))
        found = place[indices]
        kept = np.flatnonzero(found >= 0)
        return Block(len(indices), kept, self.matrix[found[kept]])

    def transformed(self, transform: FloatArray) -> Block:
        """Apply a number, a vector (diagonal), or a matrix of shape (m, size)."""
        if transform.ndim == 0:
            return Block(self.size, self.rows, transform * self.matrix)
        if transform.ndim == 1:
            return Block(self.size, self.rows, transform[self.rows, np.newaxis] * self.matrix)
        m = transform.shape[0]
        return Block(m, np.arange(m), transform[:, self.rows] @ self.matrix).trimmed()

    def placed(self, indices: IndexArray, size: int) -> Block:
        """Put row i at ``indices[i]`` of ``size``; rows that meet are added."""
        rows, back = np.unique(indices[self.rows], return_inverse=True)
        matrix = np.zeros((len(rows), self.matrix.shape[1]))
        np.add.at(matrix, back, self.matrix)
        return Block(size, rows, matrix)

    def plus(self, other: Block) -> Block:
        """Return the sum of two maps of the same shape."""
        rows = np.union1d(self.rows, other.rows)
        matrix = np.zeros((len(rows), self.matrix.shape[1]))
        for part in (self, other):
            matrix[np.searchsorted(rows, part.rows)] += part.matrix
        return Block(self.size, rows, matrix)

    def trimmed(self) -> Block:
        """Leave out rows of zeros."""
        kept = self.matrix.any(axis=1)
        return Block(self.size, self.rows[kept], self.matrix[kept])


def identity(size: int) -> Block:
    """Return the map that changes nothing."""
    return Block(size, np.arange(size), np.eye(size))


def compact(matrix: FloatArray) -> FloatArray | None:
    """Write a matrix as short as a model file may: None, a number, a vector or in full.

    None is the identity, a number a multiple of it, a vector a diagonal.
    """
    if matrix.shape[0] != matrix.shape[1]:
        return matrix
    diagonal = matrix.diagonal()
    if np.count_nonzero(matrix) != np.count_nonzero(diagonal):
        return matrix
    if (diagonal != diagonal[0]).any():
        return diagonal
    return None if diagonal[0] == 1 else np.array(diagonal[0])
