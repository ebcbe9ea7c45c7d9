"""The filter and delay of a connection, probe or layer, in a model file."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.model.fields import Fields, Range, shape_text
from nef2hw.model.network import FloatArray
from nef2hw.model.neurons import MAX_TAU_S
from nef2hw.model.schema import MATRIX_FIELDS
from nef2hw.model.synapses import MAX_ORDER, Alpha, LinearFilter, Lowpass, Synapse

SynapseType = Literal["lowpass", "alpha", "linear"]

_TYPES: tuple[SynapseType, ...] = get_args(SynapseType)
_TAU = Range(0.0, MAX_TAU_S, unit=" s")
_DELAY = Range(0, 1)


def read_synapse(fields: Fields) -> tuple[Synapse | None, int]:
    """Read the filter of a connection, probe or layer, and its delay in steps."""
    synapse = _read_filter(fields)
    if fields.has("delay"):
        return synapse, fields.integer("delay", _DELAY)
    return synapse, 0 if synapse is None else 1


def synapse_values(synapse: Synapse | None, delay: int) -> dict[str, Any]:
    """Return the fields that stand for a filter and its delay; the inverse of `read_synapse`."""
    if synapse is None:
        return {"delay": delay}
    if isinstance(synapse, LinearFilter):
        matrices = (synapse.A, synapse.B, synapse.C, synapse.D)
        return {
            "synapse_type": "linear",
            **dict(zip(MATRIX_FIELDS, matrices, strict=True)),
            "delay": delay,
        }
    kind = "alpha" if isinstance(synapse, Alpha) else "lowpass"
    return {"synapse_type": kind, "synapse": synapse.tau_s, "delay": delay}


def _read_filter(fields: Fields) -> Synapse | None:
    kind = fields.choice("synapse_type", _TYPES)
    if kind == "linear":
        fields.refuse(("synapse",), "a linear synapse is given by its matrices synapse_A, ...")
        return _read_linear(fields)
    fields.refuse(MATRIX_FIELDS, "it belongs to synapse_type 'linear'")
    if fields.has("synapse_type"):
        fields.need("synapse", "a time constant, as synapse_type is given")
    if not fields.has("synapse"):
        return None
    tau_s = fields.number("synapse", None, _TAU)
    return Alpha(tau_s) if kind == "alpha" else Lowpass(tau_s)


def _read_linear(fields: Fields) -> LinearFilter:
    A = fields.needed_floats("synapse_A", ("k", "k"))
    order = len(A)
    if A.shape != (order, order):
        raise ModelError(
            f"{fields.key('synapse_A')} has shape {A.shape}, expected (1, 1) or "
            f"({MAX_ORDER}, {MAX_ORDER})"
        )
    B = _vector(fields, "synapse_B", (order,), (order, 1))
    C = _vector(fields, "synapse_C", (order,), (1, order))
    D = np.zeros(())
    if fields.has("synapse_D"):
        D = _vector(fields, "synapse_D", (), (1,), (1, 1))
    try:
        return LinearFilter(
            tuple(map(tuple, A.tolist())), tuple(B.tolist()), tuple(C.tolist()), float(D)
        )
    except ModelError as problem:
        raise ModelError(f"{fields.key('synapse_A')}: {problem}") from problem


def _vector(fields: Fields, field: str, *shapes: tuple[int, ...]) -> FloatArray:
    """Read an array of one of ``shapes`` in the first of them; all hold the same numbers."""
    fields.need(field, f"an array of shape {shape_text(shapes[0])}")
    given = fields.arrays[fields.key(field)].shape
    shape = given if given in shapes else shapes[0]
    return fields.needed_floats(field, shape).reshape(shapes[0])
