"""Synapses as discrete filters of the first or second order.

Zero-order hold, as Nengo does it: the response to a value that lasts one step.
"""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.folded import DiscreteFilter
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass, Synapse

#: Time constants in a step after which nothing is left of a value, to the last bit of a float.
FORGOTTEN = 45


def discretize(synapse: Synapse | None, dt_s: float) -> tuple[DiscreteFilter | None, float]:
    """Return a synapse's filter, None if it has none, and what passes it unfiltered.

    Returns
    -------
    filter : DiscreteFilter or None
    direct : float
        Factor of the present value; 1 without filter.
    """
    if synapse is None:
        return None, 1.0
    if not isinstance(synapse, LinearFilter) and synapse.tau_s * FORGOTTEN <= dt_s:
        return None, 1.0
    if isinstance(synapse, Lowpass):
        return _lowpass(dt_s / synapse.tau_s), 0.0
    if isinstance(synapse, Alpha):
        return _alpha(dt_s / synapse.tau_s), 0.0
    return _linear(synapse)


def _lowpass(ratio: float) -> DiscreteFilter:
    return DiscreteFilter(((float(np.exp(-ratio)),),), (float(-np.expm1(-ratio)),), (1.0,))


def _alpha(ratio: float) -> DiscreteFilter:
    """The impulse response is ``a**k (h + k ratio (1 - a))`` with ``a = exp(-ratio)``."""
    keep, leak = float(np.exp(-ratio)), float(-np.expm1(-ratio))
    first = leak - ratio * keep
    return DiscreteFilter(((keep, 0.0), (keep * ratio * leak, keep)), (1.0, 0.0), (first, 1.0))


def _linear(synapse: LinearFilter) -> tuple[DiscreteFilter, float]:
    """Let the output follow the change of state where it comes before it: ``C A^-1``."""
    if synapse.D == 0:
        return DiscreteFilter(synapse.A, synapse.B, synapse.C), 0.0
    C = np.linalg.solve(np.array(synapse.A).T, np.array(synapse.C))
    direct = synapse.D - float(C @ np.array(synapse.B))
    return DiscreteFilter(synapse.A, synapse.B, tuple(C.tolist())), direct
