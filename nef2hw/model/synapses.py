"""Synapses: linear filters between a source and its target, by the names that Nengo gives them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lowpass:
    """``1/(tau s + 1)``; a time constant of 0 filters nothing and only delays."""

    tau_s: float


@dataclass(frozen=True)
class Alpha:
    """``1/(tau s + 1)**2``."""

    tau_s: float


@dataclass(frozen=True)
class LinearFilter:
    """A discrete linear filter of order k, 1 or 2, as ``nengo.LinearFilter`` computes it.

    With ``D = 0``, ``x <- A x + B u`` and then ``y = C x``; otherwise
    ``y = C x + D u`` comes before ``x`` changes.
    """

    A: tuple[tuple[float, ...], ...]  #: (k, k)
    B: tuple[float, ...]  #: (k,)
    C: tuple[float, ...]  #: (k,)
    D: float = 0.0


Synapse = Lowpass | Alpha | LinearFilter
