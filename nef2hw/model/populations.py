"""Where values and spikes come from: inputs and ensembles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.model.fields import Fields, Range
from nef2hw.model.network import Ensemble, FloatArray, Input, LifNeurons, locked
from nef2hw.model.neurons import read_lif

Arrays = Mapping[str, npt.NDArray[Any]]

_SIZE = Range(1, 1_000_000)
_POSITIVE = Range(0.0, above=True)


def read_input(name: str, arrays: Arrays, size: int | None = None) -> Input:
    """Read ``inputs/<name>``; ``size`` stands in for an absent size."""
    fields = Fields(arrays, f"inputs/{name}/")
    if size is None or fields.has("size"):
        size = fields.integer("size", _SIZE)
    kind = fields.text("kind", "'value' or 'spike'") if fields.has("kind") else "value"
    if kind not in ("value", "spike"):
        raise ModelError(f"{fields.key('kind')} is {kind!r}, expected 'value' or 'spike'")
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
    checked: Literal["value", "spike"] = "spike" if spikes else "value"
    return Input(name, size, checked, low, high)


def _bound(fields: Fields, field: str, size: int, default: float) -> FloatArray:
    given = fields.arrays.get(fields.key(field))
    if given is None or given.shape == ():
        return locked(np.full(size, fields.number(field, default)))
    return fields.needed_floats(field, (size,))


def read_ensemble(name: str, arrays: Arrays, dt_s: float) -> Ensemble:
    """Read ``ensembles/<name>``."""
    fields = Fields(arrays, f"ensembles/{name}/")
    lif = read_lif(fields, dt_s)
    gain = fields.needed_floats("gain", ("n",))
    n = gain.shape[0]
    return Ensemble(
        name=name,
        gain=gain,
        bias=fields.needed_floats("bias", (n,)),
        neurons=lif,
        encoders=fields.floats("encoders", (n, "d")),
        radius=fields.number("radius", 1.0, _POSITIVE),
        voltage_init=fields.floats("voltage_init", (n,), Range(lif.min_voltage, 1.0)),
        refractory_init_s=fields.floats("refractory_init", (n,), _refractory(lif, dt_s)),
    )


def _refractory(lif: LifNeurons, dt_s: float) -> Range:
    # A spike leaves at most the refractory time and the rest of its step.
    return Range(0.0, lif.tau_ref_s + dt_s, unit=" s (tau_ref + dt)")
