"""The declared range of an input: what its node gives in its first steps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import nengo
import numpy as np

from nef2hw.model.network import FloatArray

#: Steps that a node is run for.
OBSERVED_STEPS = 10_000
#: Range of an input of which nothing is known.
DEFAULT_RANGE = (-1.0, 1.0)

_ROUND = (1.0, 2.0, 5.0)


def observed_range(node: Any, dt_s: float, seed: int) -> tuple[float, float]:
    """Run ``node`` for a while and return round numbers that its values stay between.

    The limit is the next 1, 2 or 5 times a power of ten. A node that never gives a negative
    value has the range from 0. One that only gives 0, or fails at once, has `DEFAULT_RANGE`.

    Parameters
    ----------
    node : a nengo.Node without inputs whose output is a process or a function of time
    dt_s : time step
    seed : of a process that has none of its own
    """
    low, high = 0.0, 0.0
    for values in _values(node, dt_s, seed):
        seen = values[np.isfinite(values)]
        low, high = min(low, seen.min(initial=low)), max(high, seen.max(initial=high))
    return range_around(np.array([low, high]))


def range_around(values: FloatArray) -> tuple[float, float]:
    """Return round numbers that ``values`` stay between, from 0 if none is negative."""
    limit = round_limit(float(np.abs(values).max(initial=0.0)))
    return (-limit if (values < 0).any() else 0.0, limit) if limit else DEFAULT_RANGE


def round_limit(largest: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten, for 0 again 0."""
    if largest == 0:
        return 0.0
    power = 10.0 ** np.floor(np.log10(largest))
    # A hair of tolerance, since a power of ten may be rounded down.
    return float(next(r * power for r in (*_ROUND, 10.0) if r * power >= largest * (1 - 1e-9)))


def _values(node: Any, dt_s: float, seed: int) -> Iterator[FloatArray]:
    output = node.output
    if isinstance(output, nengo.processes.PresentInput):
        yield np.asarray(output.inputs, dtype=np.float64)
        return
    if isinstance(output, nengo.Process):
        shapes = (0,), (node.size_out,)
        rng = output.get_rng(np.random.RandomState(seed))
        state = output.make_state(*shapes, dt_s)
        function = output.make_step(*shapes, dt_s, rng, state)
    else:
        function = output
    times = itertools.islice(itertools.count(1), OBSERVED_STEPS)
    yield from _until_it_fails(function, (step * dt_s for step in times))


def _until_it_fails(
    function: Callable[[float], Any], times: Iterator[float]
) -> Iterator[FloatArray]:
    """A user's function may know an end, such as that of a recording."""
    for time in times:
        try:
            values = np.asarray(function(time), dtype=np.float64)
        except Exception:
            return
        yield values
