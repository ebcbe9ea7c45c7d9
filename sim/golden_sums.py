"""Weights of the golden model for many steps at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.program.fixed_point import CodeArray

#: Codes of an input, counts of spikes, or booleans that tell who fired once.
SentArray = npt.NDArray[Any]

#: Whole numbers below these limits are exact in floats, whatever the order of a sum.
EXACT = {np.float32: 1 << 24, np.float64: 1 << 53}

#: Weights that are sooner multiplied by nothing than chosen from.
SMALL = 1 << 14


class Weights:
    """Weights from one source into one compartment.

    Many rows are weighed as floats, which BLAS does many times faster than
    integers; the type is chosen so that no sum can be rounded.

    Parameters
    ----------
    code : (n_pre, n_post)
    largest : magnitude that no value of the source exceeds
    """

    def __init__(self, code: CodeArray, largest: int) -> None:
        bound = largest * int(np.abs(code).sum(axis=0).max(initial=0))
        self._dtype = next(dtype for dtype, limit in EXACT.items() if bound < limit)
        # Contiguous rows: those of a few spikes are fetched at once.
        self._matrix = np.ascontiguousarray(code, dtype=self._dtype)

    def weigh(self, sent: SentArray) -> CodeArray:
        """Return the sums that each row of ``sent`` (..., n_pre) delivers, (..., n_post)."""
        sums: CodeArray = sent.astype(self._dtype).dot(self._matrix).astype(np.int64)
        return sums

    def weigh_one(self, sent: SentArray) -> CodeArray:
        """Return what ``sent`` (n_pre,) delivers, (n_post,), sparing those who sent nothing."""
        if self._matrix.size <= SMALL:
            return self.weigh(sent)
        active = sent.nonzero()[0]
        sums = sent.take(active).astype(self._dtype).dot(self._matrix.take(active, 0))
        whole: CodeArray = sums.astype(np.int64)
        return whole


def constants(*values: int) -> tuple[CodeArray, ...]:
    """Return constants as arrays: a ufunc would make one of each number in each call."""
    return tuple(np.array(value, dtype=np.int64) for value in values)
