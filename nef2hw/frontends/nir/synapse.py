"""Filters in a row as one synapse."""

from __future__ import annotations

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.model.synapses import LinearFilter, Lowpass, Synapse

#: Most filters in a row that one synapse can be, and most steps of delay.
MAX_FILTERS, MAX_DELAY = 2, 1


def in_series(taus_s: tuple[float, ...], delay: int, dt_s: float) -> Synapse | None:
    """Return the synapse that lowpasses make together, each following the one before at once.

    Raises
    ------
    ModelError
        For more filters, or a longer ``delay`` in steps, than hardware has.
    """
    if len(taus_s) > MAX_FILTERS:
        listed = ", ".join(f"{tau_s:g}" for tau_s in taus_s)
        raise ModelError(
            f"passes {len(taus_s)} filters (tau {listed} s), expected at most {MAX_FILTERS} "
            "between neurons; leave out the fastest, or put neurons between"
        )
    if delay > MAX_DELAY:
        raise ModelError(
            f"is {delay} steps late, expected at most {MAX_DELAY}; take out a node of type Delay"
        )
    if len(taus_s) < MAX_FILTERS:
        return Lowpass(taus_s[0]) if taus_s else None
    (keep, leak), (then_keep, then_leak) = (
        (float(np.exp(-dt_s / tau_s)), float(-np.expm1(-dt_s / tau_s))) for tau_s in taus_s
    )
    return LinearFilter(
        ((keep, 0.0), (then_leak * keep, then_keep)), (leak, then_leak * leak), (0.0, 1.0)
    )
