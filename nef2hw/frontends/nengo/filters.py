"""Nengo's synapses, and two of them in series."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.notes import one_line
from nef2hw.model.network import FloatArray
from nef2hw.model.synapses import MAX_ORDER, Alpha, LinearFilter, Lowpass, Synapse

#: A filter without direct path: x <- A x + B u, then y = C x; shapes (k, k), (k,) and (k,).
StateSpace = tuple[FloatArray, FloatArray, FloatArray]

_CURE = (
    "use nengo.Lowpass, nengo.Alpha, or a nengo.LinearFilter of first or second order, or "
    "synapse=None"
)


def read_synapse(synapse: Any, dt_s: float) -> Synapse | None:
    """Return what filters as ``synapse`` does; each but None delays by one step.

    Raises
    ------
    ModelError
        For another type than Nengo's linear filters, and for one of higher order or that never
        settles.
    """
    if synapse is None:
        return None
    if not isinstance(synapse, nengo.LinearFilter):
        raise ModelError(f"the synapse {one_line(synapse)} is not a linear filter; {_CURE}")
    usual = synapse.analog and synapse.method == "zoh"
    if usual and type(synapse) is nengo.Lowpass:
        return Lowpass(float(synapse.tau))
    if usual and type(synapse) is nengo.Alpha:
        return Alpha(float(synapse.tau))
    try:
        return _linear(synapse, dt_s)
    except ModelError as problem:
        raise ModelError(f"the synapse {one_line(synapse)}: {problem}; {_CURE}") from problem


def _linear(synapse: Any, dt_s: float) -> Synapse:
    """Return the matrices that Nengo itself computes with."""
    state = synapse.make_state((1,), (1,), dt_s)
    step = synapse.make_step((1,), (1,), dt_s, None, state)
    order = len(step.A)
    direct = float(np.reshape(step.D, ()))
    if order == 0:
        return LinearFilter(((0.0,),), (direct,), (1.0,)) if direct != 1 else Lowpass(0.0)
    A, B, C = step.A, np.reshape(step.B, order), np.reshape(step.C, order)
    if direct and order == 1 and A.item() == 0:
        return _filter(_without_direct(A, B, C, direct))
    return LinearFilter(_nested(A), tuple(B.tolist()), tuple(C.tolist()), direct)


def in_series(synapses: tuple[Synapse, ...], dt_s: float) -> Synapse | None:
    """Return one synapse with a delay of one step that does what several in series do.

    Each of them delays by one step, and all but one of these steps become part of the filter.

    Raises
    ------
    ModelError
        The order is higher than that of any synapse.
    """
    if len(synapses) < 2:
        return synapses[0] if synapses else None
    order = sum(map(_order, synapses))
    if order > MAX_ORDER:
        raise ModelError(
            f"synapses in series ({', '.join(map(str, synapses))}) that make a filter of order "
            f"{order}, expected at most {MAX_ORDER}"
        )
    first, second = (_state_space(synapse, dt_s) for synapse in synapses)
    return _filter(_chained(first, second))


def _order(synapse: Synapse) -> int:
    """Return the number of states that a synapse and its delay need."""
    if isinstance(synapse, LinearFilter):
        return len(synapse.A) + (synapse.D != 0)
    return 2 if isinstance(synapse, Alpha) and synapse.tau_s else 1


def _state_space(synapse: Synapse, dt_s: float) -> StateSpace:
    """Return a synapse of the first order."""
    if isinstance(synapse, LinearFilter):
        return np.array(synapse.A), np.array(synapse.B), np.array(synapse.C)
    ratio = dt_s / synapse.tau_s if synapse.tau_s else np.inf
    return np.full((1, 1), np.exp(-ratio)), np.array([-np.expm1(-ratio)]), np.ones(1)


def _without_direct(A: FloatArray, B: FloatArray, C: FloatArray, D: float) -> StateSpace:
    """Keep the output ``C x + D u`` as one more state, and let it be the output."""
    order = len(A)
    wider = np.zeros((order + 1, order + 1))
    wider[:order, :order] = A
    wider[order, :order] = C
    return wider, np.append(B, D), np.append(np.zeros(order), 1.0)


def _chained(first: StateSpace, second: StateSpace) -> StateSpace:
    """Feed ``second`` with what ``first`` put out a step before."""
    (A1, B1, C1), (A2, B2, C2) = first, second
    A = np.block([[A1, np.zeros((len(A1), len(A2)))], [np.outer(B2, C1), A2]])
    return A, np.append(B1, np.zeros(len(A2))), np.append(np.zeros(len(A1)), C2)


def _filter(space: StateSpace) -> LinearFilter:
    A, B, C = space
    return LinearFilter(_nested(A), tuple(B.tolist()), tuple(C.tolist()))


def _nested(A: FloatArray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, A.tolist()))
