"""Where Keras puts things in HDF5 files.

Keras 2's ``.h5`` names layers and their weights in attributes; ``.weights.h5`` (Keras 3, and late
Keras 2) has ``layers/<class>_<number>/vars/<number>``. Models of a class of their own have layers
beside ``layers``, too: what Keras finds as an attribute first. Optimizers' arrays are left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.hdf5 import Hdf5Group, Hdf5Value
from nef2hw.frontends.keras.contents import Contents, LayerArrays, shown
from nef2hw.model.fields import AnyArray

#: The layer in which NengoDL's simulators keep a whole network.
NENGODL_LAYER = "TensorGraph"
_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
_NOT_WEIGHTS = ("optimizer", "optimizer_weights")
_NUMBER = re.compile(r"_\d+$")
_NUMBERS = re.compile(r"(\d{1,9})")


def read_layout(root: Hdf5Group) -> Contents:
    """Find the arrays of the layers in an HDF5 file of Keras.

    Raises
    ------
    ModelError
        The attributes speak of what is not there, or the description is not JSON.
    """
    saved = root.members.get("model_weights", root)
    if isinstance(saved, Hdf5Group) and "layer_names" in saved.attributes:
        layers = tuple(_named_layers(saved))
        nengodl = any(layer.key == NENGODL_LAYER for layer in layers)
        return Contents(layers, "nengodl" if nengodl else "layers", _config(root))
    for name in _CONTAINERS:
        container = root.members.get(name)
        if isinstance(container, Hdf5Group):
            layers = tuple(_numbered_layers(container, name))
            others = tuple(_attributes(root, name))
            classes = {_NUMBER.sub("", layer.key) for layer in layers}
            ordered = len(classes) == 1 and not others
            return Contents((*others, *layers), "layers" if ordered else "unordered layers")
    return Contents(tuple(_attributes(root)), "unordered layers")


def parse_config(text: str | bytes, place: str) -> Any:
    """Parse a model's description; nothing in it is ever executed."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ModelError(f"{place} is not sound JSON: {problem}") from problem


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts ``dense_10`` after ``dense_2``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBERS.split(name)]


def _config(root: Hdf5Group) -> Any:
    text = root.attributes.get("model_config")
    return None if text is None else parse_config(_text(text), "the attribute model_config")


def _text(value: Hdf5Value) -> str:
    if not isinstance(value, str):
        raise ModelError("the attribute model_config is not a text, expected JSON")
    return value


def _texts(group: Hdf5Group, attribute: str, place: str) -> list[str]:
    found = group.attributes.get(attribute, np.empty(0))
    if isinstance(found, str) or found.ndim != 1 or (found.size and found.dtype != object):
        raise ModelError(f"{place}: attribute {attribute} is not a list of texts")
    return [str(text) for text in found]


def _named_layers(saved: Hdf5Group) -> Iterator[LayerArrays]:
    for name in _texts(saved, "layer_names", "/"):
        group = _lookup(saved, name)
        if not isinstance(group, Hdf5Group):
            raise ModelError(f"layer_names has {shown(name)}, but there is no such group")
        arrays: dict[str, AnyArray] = {}
        for weight in _texts(group, "weight_names", shown(name)):
            array = _lookup(group, weight)
            if not isinstance(array, np.ndarray) or f"{name}/{weight}" in arrays:
                problem = "twice," if isinstance(array, np.ndarray) else "but holds no such array"
                raise ModelError(f"layer {shown(name)} names {shown(weight)} {problem}")
            arrays[f"{name}/{weight}"] = array
        if arrays:
            yield LayerArrays(name, name, arrays)


def _lookup(group: Hdf5Group, path: str) -> Hdf5Group | Hdf5Value | None:
    found: Hdf5Group | Hdf5Value | None = group
    for part in path.split("/"):
        if not isinstance(found, Hdf5Group):
            return None
        found = found.members.get(part)
    return found


def _attributes(root: Hdf5Group, *besides: str) -> Iterator[LayerArrays]:
    """Layers that are attributes of a model of a class of its own, or are in lists that are."""
    for key in sorted(root.members, key=natural):
        member = root.members[key]
        if key in (*_NOT_WEIGHTS, *besides):
            continue
        if isinstance(member, Hdf5Group) and _is_list(member):
            yield from _numbered_layers(member, key)
        else:
            yield from _layer(key, member, key)


def _is_list(group: Hdf5Group) -> bool:
    """Whether a group holds layers; a layer has variables, if only none of its own."""
    members = group.members.values()
    return "vars" not in group.members and all(isinstance(m, Hdf5Group) for m in members)


def _numbered_layers(container: Hdf5Group, path: str) -> Iterator[LayerArrays]:
    for key in sorted(container.members, key=natural):
        yield from _layer(key, container.members[key], f"{path}/{key}")


def _layer(key: str, member: Hdf5Group | Hdf5Value, place: str) -> Iterator[LayerArrays]:
    arrays = dict(_arrays_in(member, place))
    if arrays:
        yield LayerArrays(key, _own_name(member), arrays)


def _own_name(member: Hdf5Group | Hdf5Value) -> str | None:
    own = member.members.get("vars") if isinstance(member, Hdf5Group) else None
    name = own.attributes.get("name") if isinstance(own, Hdf5Group) else None
    return name if isinstance(name, str) else None


def _arrays_in(member: Hdf5Group | Hdf5Value, place: str) -> Iterator[tuple[str, AnyArray]]:
    if isinstance(member, np.ndarray):
        yield place, member
    if isinstance(member, Hdf5Group):
        for name in sorted(member.members, key=natural):
            yield from _arrays_in(member.members[name], f"{place}/{name}")
