"""The keys that a model file may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nef2hw.model.fields import suggestion

FORMAT = "nef2hw-model-1"

#: Fields of neurons, wherever they stand.
NEURON_FIELDS = (
    "neuron_type",
    "tau_rc",
    "tau_ref",
    "amplitude",
    "min_voltage",
    "discretization",
    "reset",
    "voltage_init",
    "refractory_init",
)
#: Matrices of a linear synapse.
MATRIX_FIELDS = ("synapse_A", "synapse_B", "synapse_C", "synapse_D")
#: Fields of what carries values from one part to another.
SYNAPSE_FIELDS = ("synapse", "synapse_type", *MATRIX_FIELDS, "delay")

#: Fields by section; a key is ``section/name/field``.
FIELDS = {
    "inputs": ("size", "low", "high", "kind", "default"),
    "ensembles": ("gain", "bias", "encoders", "radius", *NEURON_FIELDS),
    "connections": (
        "pre",
        "post",
        "decoders",
        "transform",
        "pre_slice",
        "post_slice",
        *SYNAPSE_FIELDS,
    ),
    "probes": ("target", "size", "decoders", "transform", "bias", *SYNAPSE_FIELDS),
    "layers": (
        "weights",
        "bias",
        "neuron_gain",
        "neuron_bias",
        *NEURON_FIELDS,
        *SYNAPSE_FIELDS,
    ),
}
_TOP = ("format", "dt", "notes")
#: Longest name of an input, ensemble, connection or probe.
MAX_NAME = 64
_NAME = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_NAME}}}")
_LAYER = re.compile(r"0|[1-9][0-9]{0,3}")


def key_problems(keys: Iterable[str]) -> Iterator[str]:
    """Say what is wrong with each key that no model may hold."""
    for key in keys:
        problem = _key_problem(key)
        if problem:
            yield problem


def names_in(section: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the names in a section, in the order of the file."""
    parts = (key.split("/") for key in keys)
    return tuple(
        dict.fromkeys(name for head, *rest in parts if head == section for name in rest[:1])
    )


def _key_problem(key: str) -> str | None:
    if key in _TOP:
        return None
    section, *rest = key.split("/")
    if section not in FIELDS:
        return (
            f"{key!r} is not a known key, expected one of "
            f"{', '.join((*_TOP, *FIELDS))}{suggestion(section, (*_TOP, *FIELDS))}"
        )
    if len(rest) != 2:
        return f"{key!r} is not a known key, expected {section}/<name>/<field>"
    name, field = rest
    if section == "layers" and not _LAYER.fullmatch(name):
        return f"{key!r} is numbered {name!r}, expected 0, 1, 2, ..."
    if not _NAME.fullmatch(name):
        return f"{key!r} has the name {name!r}, expected 1 to 64 letters, digits, '_' or '-'"
    if field not in FIELDS[section]:
        return (
            f"{key!r} is not a known key, fields of {section} are "
            f"{', '.join(FIELDS[section])}{suggestion(field, FIELDS[section])}"
        )
    return None
