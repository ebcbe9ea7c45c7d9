"""What a file of weights holds: arrays by layer, and perhaps what the layers are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nef2hw.model.fields import AnyArray

#: How the arrays were written: layer after layer; layers in no known order; the parameters of a
#: NengoDL simulator; or arrays of which nothing is known but their order.
Origin = Literal["layers", "unordered layers", "nengodl", "arrays"]

_LONGEST_NAME = 60
_MOST_LISTED = 24


@dataclass(frozen=True, eq=False)
class LayerArrays:
    """The arrays of one layer, in its own order."""

    key: str  #: what the file calls the layer
    name: str | None  #: what the user called it, if the file says so
    arrays: Mapping[str, AnyArray]  #: by their names in the file


@dataclass(frozen=True, eq=False)
class Contents:
    """A file of weights, read and not yet understood."""

    layers: tuple[LayerArrays, ...]
    origin: Origin
    config: Any = None  #: description of the model, values of JSON

    @property
    def arrays(self) -> dict[str, AnyArray]:
        """All arrays by name."""
        return {name: array for layer in self.layers for name, array in layer.arrays.items()}


def shown(name: str) -> str:
    """Return a name from a file as it may be printed."""
    safe = name if name.isprintable() and name else repr(name)
    return safe if len(safe) <= _LONGEST_NAME else safe[: _LONGEST_NAME - 3] + "..."


def listing(arrays: Mapping[str, AnyArray]) -> str:
    """Name arrays with their shapes."""
    return _some(f"{shown(name)} {array.shape}" for name, array in arrays.items()) or "no arrays"


def _some(items: Iterable[str]) -> str:
    texts = list(items)
    more = [f"and {len(texts) - _MOST_LISTED} more"] if len(texts) > _MOST_LISTED else []
    return ", ".join([*texts[:_MOST_LISTED], *more])
