"""Where values and spikes come from: inputs and ensembles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Collector, ModelError
from nef2hw.model.fields import Fields, Range
from nef2hw.model.network import Ensemble, FloatArray, Input, InputKind, locked
from nef2hw.model.neurons import read_initial_state, read_neurons

Arrays = Mapping[str, npt.NDArray[Any]]

_SIZE = Range(1, 1_000_000)
_POSITIVE = Range(0.0, above=True)
_KINDS: tuple[InputKind, ...] = get_args(InputKind)


def read_input(name: str, arrays: Arrays, size: int | None = None) -> Input:
    """Read ``inputs/<name>``; ``size`` stands in for an absent size."""
    fields = Fields(arrays, f"inputs/{name}/")
    if size is None or fields.has("size"):
        size = fields.integer("size", _SIZE)
    kind = fields.choice("kind", _KINDS)
    spikes = kind == "spike"
    low = _bound(fields, "low", size, 0.0 if spikes else -1.0)
    high = _bound(fields, "high", size, 1.0)
    if spikes and (low.any() or (high != 1).any()):
        raise ModelError(
            f"{fields.key('low')} to {fields.key('high')} is {low.min():g} to "
            f"{high.max():g}, expected 0 to 1 for spikes"
        )
    if (low > high).any():
        i = int(np.argmax(low > high))
        raise ModelError(
            f"{fields.key('low')} is {low[i]:g} at index {i}, expected at most "
            f"{fields.key('high')}, {high[i]:g}"
        )
    return Input(name, size, kind, low, high, _default(fields, low, high))


def _default(fields: Fields, low: FloatArray, high: FloatArray) -> FloatArray | None:
    if not fields.has("default"):
        return None
    default = _bound(fields, "default", len(low), 0.0)
    outside = (default < low) | (default > high)
    if outside.any():
        i = int(np.argmax(outside))
        raise ModelError(
            f"{fields.key('default')} is {default[i]:g} at index {i}, expected {low[i]:g} to "
            f"{high[i]:g}, the range of the input"
        )
    return default


def _bound(fields: Fields, field: str, size: int, default: float) -> FloatArray:
    given = fields.arrays.get(fields.key(field))
    if given is None or given.shape == ():
        return locked(np.full(size, fields.number(field, default)))
    return fields.needed_floats(field, (size,))


def read_ensemble(name: str, arrays: Arrays, dt_s: float) -> Ensemble:
    """Read ``ensembles/<name>``."""
    fields = Fields(arrays, f"ensembles/{name}/")
    collect = Collector()
    with collect:
        neurons = read_neurons(fields, dt_s)
    with collect:
        gain = fields.needed_floats("gain", ("n",))
        bias = fields.needed_floats("bias", gain.shape)
        encoders = fields.floats("encoders", (*gain.shape, "d"))
    with collect:
        radius = fields.number("radius", 1.0, _POSITIVE)
    collect.check()
    state = read_initial_state(fields, neurons, len(gain), dt_s)
    return Ensemble(name, gain, bias, neurons, encoders, radius, *state)
