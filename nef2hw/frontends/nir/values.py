"""Checked access to what a NIR node holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nir.notes import quoted
from nef2hw.frontends.nir.raw import RawNode
from nef2hw.model.network import FloatArray, locked

#: What older files call things.
OLD_NAMES: Mapping[str, tuple[str, ...]] = {
    "weight": ("weights",),
    "bias": ("biases",),
    "v_threshold": ("v_th", "v_thr", "threshold"),
    "shape": ("input_shape", "input_type", "output_type"),
}

Shape = tuple[int, ...]


@dataclass(frozen=True)
class NodeValues:
    """The values of one node; every method raises ModelError with node, value and cure."""

    name: str
    node: RawNode

    @property
    def place(self) -> str:
        """How messages call the node."""
        return f"node {quoted(self.name)} ({self.node.type})"

    def find(self, key: str) -> Any:
        """Return the value under its name or an older one, None if there is none."""
        for name in (key, *OLD_NAMES.get(key, ())):
            if name in self.node.values:
                return self.node.values[name]
        return None

    def numbers(self, key: str) -> FloatArray | None:
        """Read finite numbers of any shape."""
        found = self.find(key)
        if found is None:
            return None
        array = as_array(f"{self.place}: {key}", found)
        if array.size == 0:
            raise ModelError(f"{self.place}: {key} is empty, expected numbers")
        if not np.isfinite(array).all():
            index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            where = f" at index {index}" if index else ""
            raise ModelError(
                f"{self.place}: {key} is {array[index]}{where}, expected finite numbers"
            )
        return array

    def needed(self, key: str) -> FloatArray:
        """Read finite numbers that must be there."""
        found = self.numbers(key)
        if found is None:
            raise ModelError(f"{self.place}: {key} is missing, expected numbers")
        return found

    def whole(self, key: str, default: tuple[int, ...], least: int) -> tuple[int, ...]:
        """Read as many whole numbers as ``default`` has; one stands for all."""
        found = self.numbers(key)
        if found is None:
            return default
        values = np.ravel(found)
        if values.size == 1:
            values = np.repeat(values, len(default))
        if values.size != len(default) or (values != np.rint(values)).any() or values.min() < least:
            raise ModelError(
                f"{self.place}: {key} is {number_list(found)}, expected "
                f"{len(default)} whole number{'s' * (len(default) > 1)}, at least {least}"
            )
        return tuple(int(value) for value in values)

    def shape(self, key: str) -> Shape | None:
        """Read a shape; None where it is not given."""
        found = self.numbers(key)
        if found is None:
            return None
        values = np.ravel(found)
        if (values != np.rint(values)).any() or (values < 1).any():
            raise ModelError(
                f"{self.place}: {key} is {number_list(found)}, expected whole numbers, at least 1"
            )
        return tuple(int(value) for value in values)


def as_array(place: str, found: Any) -> FloatArray:
    """Make a locked float array of numbers; a tensor that trains is taken as it stands."""
    if hasattr(found, "detach"):
        found = found.detach()
    try:
        array = np.asarray(found)
    except (ValueError, TypeError, RuntimeError) as problem:
        raise ModelError(f"{place} is not an array ({problem}), expected numbers") from problem
    if array.dtype.kind not in "biuf":
        raise ModelError(f"{place} has dtype {array.dtype}, expected numbers")
    return locked(array)


def number_list(array: FloatArray) -> str:
    """Write the first few numbers of an array."""
    shown = ", ".join(f"{value:g}" for value in array.ravel()[:8])
    return f"({shown}{', ...' if array.size > 8 else ''})"


def size_of(shape: Shape) -> int:
    """Return how many values a shape holds."""
    return math.prod(shape)


def shape_name(shape: Shape) -> str:
    """Write how many values there are, with the shape where it says more."""
    count = size_of(shape)
    values = f"{count} value{'s' * (count != 1)}"
    return values if len(shape) == 1 else f"{values} of shape {shape}"
