"""Rows of variants that lie side by side: constants of each, and rounding in some of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nef2hw.model.network import FloatArray
from nef2hw.program.network import Formats
from nef2hw.sim.sources import IndexArray, Switches


@dataclass(frozen=True)
class SideBySide:
    """What all parts of the variants of a network are given."""

    formats: Formats
    switches: Switches
    samples: int

    def shape(self, size: int) -> tuple[int, int, int]:
        """Shape of the states of ``size`` neurons, (variants, samples, size)."""
        return len(self.switches), self.samples, size

    def constant(self, unrounded: float, code: float, rows: IndexArray) -> FloatArray:
        """Return a constant for each variant, (variants, 1, 1): its code in ``rows``."""
        values = np.full((len(self.switches), 1, 1), unrounded)
        values[rows] = code
        return values

    def neurons(self, unrounded: FloatArray, code: object, rows: IndexArray) -> FloatArray:
        """Return values of n neurons, (variants, samples, n): their codes in ``rows``."""
        values = np.broadcast_to(unrounded, self.shape(len(unrounded))).copy()
        values[rows] = np.asarray(code, dtype=np.float64)
        return values


def round_rows(values: FloatArray, rows: IndexArray) -> FloatArray:
    """Round the values of these variants, halves up, in place."""
    if rows.size:
        values[rows] = np.floor(values[rows] + 0.5)
    return values


def round_some(values: FloatArray, variant: IndexArray, rows: IndexArray) -> FloatArray:
    """Round those of ``values`` (k,) whose ``variant`` is among ``rows``, halves up, in place."""
    chosen = np.isin(variant, rows)
    values[chosen] = np.floor(values[chosen] + 0.5)
    return values
