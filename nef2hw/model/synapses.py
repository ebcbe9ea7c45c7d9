"""Synapses: linear filters between a source and its target, by the names that Nengo gives them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nef2hw.errors import ModelError

#: Highest order of a filter.
MAX_ORDER = 2
#: Least magnitude of the poles of a filter with D; one at 0 is a delay, which D would bypass.
LEAST_POLE = 1e-6


@dataclass(frozen=True)
class Lowpass:
    """``1/(tau s + 1)``; a time constant of 0 filters nothing."""

    tau_s: float


@dataclass(frozen=True)
class Alpha:
    """``1/(tau s + 1)**2``; a time constant of 0 filters nothing."""

    tau_s: float


@dataclass(frozen=True)
class LinearFilter:
    """A discrete linear filter of order k, 1 or 2, as ``nengo.LinearFilter`` computes it.

    With ``D = 0``, ``x <- A x + B u`` and then ``y = C x``; otherwise
    ``y = C x + D u`` comes before ``x`` changes.

    Raises
    ------
    ModelError
        For another order, a filter that does not settle, or one with D and a pole at 0.
    """

    A: tuple[tuple[float, ...], ...]  #: (k, k)
    B: tuple[float, ...]  #: (k,)
    C: tuple[float, ...]  #: (k,)
    D: float = 0.0

    def __post_init__(self) -> None:
        order = len(self.A)
        if not 1 <= order <= MAX_ORDER:
            raise ModelError(
                f"a linear synapse has order {order}, expected 1 or 2; "
                + (
                    "write it as the sum of several (partial fractions), on a connection each"
                    if order
                    else "what has no state is a transform, with synapse = 0 for the delay"
                )
            )
        if {len(row) for row in self.A} | {len(self.B), len(self.C)} != {order}:
            raise ModelError(
                f"a linear synapse has A of {order} rows, lengths "
                f"{[len(row) for row in self.A]}, B of {len(self.B)} and C of {len(self.C)}; "
                f"expected {order} everywhere"
            )
        if not np.isfinite([*self.A, self.B, self.C]).all() or not np.isfinite(self.D):
            raise ModelError("a linear synapse holds a number that is not finite")
        poles = np.abs(np.linalg.eigvals(np.array(self.A)))
        if not poles.max() < 1:
            raise ModelError(
                f"a linear synapse has a pole of magnitude {poles.max():.9g}, expected below 1: "
                "it would never settle; an integrator needs some leak"
            )
        if self.D and poles.min() < LEAST_POLE:
            raise ModelError(
                f"a linear synapse with D = {self.D:g} has a pole of magnitude {poles.min():.3g}, "
                f"expected at least {LEAST_POLE:g}; give it without D, as x <- A x + B u and then "
                "y = C x"
            )


Synapse = Lowpass | Alpha | LinearFilter
