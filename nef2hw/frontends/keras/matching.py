"""Which arrays belong to which layer of a description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.config import KerasLayer
from nef2hw.frontends.keras.contents import Contents, LayerArrays, listing, shown
from nef2hw.frontends.keras.hdf5_layout import natural
from nef2hw.model.fields import AnyArray

_NUMBER = re.compile(r"_\d+$")
_WITH_ARRAYS = ("Dense", "BatchNormalization")


def arrays_by_layer(
    chain: Sequence[KerasLayer], contents: Contents
) -> dict[str, Mapping[str, AnyArray]]:
    """Return the arrays of each layer by its name.

    Files from before names were stored number the layers of each class, in their order.

    Raises
    ------
    ModelError
        There are arrays of other layers than the description has.
    """
    if any(found.name is None for found in contents.layers):
        return dict(_by_class(chain, contents))
    known = {layer.name for layer in chain}
    for found in contents.layers:
        if found.name not in known:
            raise ModelError(
                f"the arrays {listing(found.arrays)} belong to a layer {shown(str(found.name))}, "
                f"which the model's description lacks; it has {', '.join(map(shown, known))}"
            )
    return {str(found.name): found.arrays for found in contents.layers}


def _by_class(
    chain: Sequence[KerasLayer], contents: Contents
) -> Iterator[tuple[str, Mapping[str, AnyArray]]]:
    for kind in _WITH_ARRAYS:
        layers = [layer for layer in chain if layer.kind == kind]
        found = [each for each in contents.layers if _NUMBER.sub("", each.key) == _snake_case(kind)]
        if len(found) != len(layers):
            raise ModelError(
                f"the model's description has {len(layers)} layers of class {kind}, but there are "
                f"arrays of {len(found)}: {listing(contents.arrays)}"
            )
        for layer, each in zip(layers, sorted(found, key=_natural_key), strict=True):
            yield layer.name, each.arrays


def _natural_key(found: LayerArrays) -> list[tuple[int, str]]:
    return natural(found.key)


def _snake_case(kind: str) -> str:
    return re.sub("([a-z])([A-Z])", r"\1_\2", kind).lower()
