"""What a model file leaves to its defaults, said for the user to confirm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy.typing as npt

from nef2hw.model.schema import names_in

Arrays = Mapping[str, npt.NDArray[Any]]

#: Defaults that change what a network does, by section and field.
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "inputs": {"low": "-1", "high": "1"},
    "ensembles": {"tau_rc": "0.02 s", "tau_ref": "0.002 s", "voltage_init": "0"},
    "layers": {"tau_rc": "0.02 s", "tau_ref": "0.002 s"},
}
_LEAKY_ONLY = ("tau_rc", "tau_ref")


def defaults_taken(arrays: Arrays) -> tuple[str, ...]:
    """List the fields that a sound model leaves out, with the value each then has."""
    found = []
    for section, fields in _DEFAULTS.items():
        names = names_in(section, arrays)
        for field, value in fields.items():
            without = [n for n in names if _left_out(section, n, field, arrays)]
            if without:
                found.append(f"{section}: {field} is not given for {_listed(without)}: {value}")
    if names_in("layers", arrays) and "x" not in names_in("inputs", arrays):
        found.append("inputs: low and high are not given for x: -1 to 1")
    return tuple(found)


def _left_out(section: str, name: str, field: str, arrays: Arrays) -> bool:
    place = f"{section}/{name}/"
    if f"{place}{field}" in arrays:
        return False
    if section == "inputs":
        return str(arrays.get(f"{place}kind", "value")) == "value"
    kind = str(arrays.get(f"{place}neuron_type", "LIF"))
    return kind == "LIF" or (field not in _LEAKY_ONLY and kind != "none")


def _listed(names: list[str]) -> str:
    return ", ".join(_shortened(names))


def _shortened(names: list[str], most: int = 6) -> Iterator[str]:
    yield from names[:most]
    if len(names) > most:
        yield f"and {len(names) - most} more"
