"""Ways to understand arrays that nobody describes, by their shapes and their order.

Keras stores layer after layer, each kernel (n_in, n_out) before its bias. NengoDL stores the
biases of all neurons as one array first where the kernels are those of Keras layers, and weights
(n_out, n_in) in any order where they are those of Nengo connections, as its Converter makes them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, permutations

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.contents import Contents, LayerArrays, shown
from nef2hw.frontends.keras.hdf5_layout import NENGODL_LAYER
from nef2hw.frontends.keras.plan import NengoNeurons
from nef2hw.model.fields import AnyArray

Named = tuple[str, AnyArray]

_BASE_PARAMS = f"{NENGODL_LAYER}/{NENGODL_LAYER}/base_params/"
#: Most kernels whose order is searched for.
MAX_SEARCHED = 8
#: Classes of layers with a matrix that is not a kernel, by what their files call them.
_NOT_DENSE = {"embedding": "Embedding", "einsum_dense": "EinsumDense"}
_NUMBER = re.compile(r"_\d+$")


@dataclass(frozen=True, eq=False)
class DenseArrays:
    """The arrays of one Dense layer, with their names in the file."""

    name: str
    kernel: Named  #: (n_in, n_out)
    bias: Named | None = None  #: (n_out,)
    turned: bool = False  #: the file has the kernel as (n_out, n_in)

    @property
    def n_in(self) -> int:
        """Number of values taken."""
        return int(self.kernel[1].shape[0])

    @property
    def n_out(self) -> int:
        """Number of values given."""
        return int(self.kernel[1].shape[1])

    def note(self) -> str:
        """Say which array became what."""
        text = f"{shown(self.name)}: kernel is {shown(self.kernel[0])} {self.kernel[1].shape}"
        text += ", which the file has turned round" if self.turned else ""
        if self.bias is not None:
            text += f", bias is {shown(self.bias[0])} {self.bias[1].shape}"
        return text


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to understand the arrays of a file."""

    dense: tuple[DenseArrays, ...]
    nengo: NengoNeurons | None = None


def readings(contents: Contents, readout: bool) -> list[Reading]:
    """Return all ways to understand a file; the last layer has no neurons if ``readout``."""
    named = list(contents.arrays.items())
    if contents.origin == "arrays":
        start = next((k for k, (_, array) in enumerate(named) if array.ndim != 1), len(named))
        found = [
            *(_in_order(named) if start == 0 else ()),
            *_nengo_layers(named[:start], named[start:], readout),
            *_nengo_connections(named, readout),
        ]
    elif contents.origin == "nengodl":
        base = [each for each in named if each[0].startswith(_BASE_PARAMS)]
        rest = [each for each in named if not each[0].startswith(_BASE_PARAMS)]
        found = _nengo_layers(base, rest, readout) if rest else _nengo_connections(base, readout)
    else:
        for layer in contents.layers:
            _check_class(layer)
        layers = [_dense_layer(layer) for layer in contents.layers]
        dense = [layer for layer in layers if layer is not None]
        if len(dense) < len(layers):
            return []
        ordered = contents.origin == "layers"
        found = [Reading(tuple(dense))] if ordered else [Reading(c) for c in _chains(dense)]
    return [reading for reading in found if reading.dense]


def _check_class(layer: LayerArrays) -> None:
    """Refuse a layer whose arrays look like those of Dense, but are used in another way."""
    kind = _NOT_DENSE.get(_NUMBER.sub("", layer.key))
    if kind is not None and any(name.startswith("layers/") for name in layer.arrays):
        raise ModelError(
            f"layers/{shown(layer.key)} is of class {kind}, expected Dense; put a Dense layer in "
            "its place, or name the arrays of those that are Dense, arrays=[('name', 'name'), ...]"
        )


def _dense_layer(layer: LayerArrays) -> DenseArrays | None:
    kernel, *rest = layer.arrays.items()
    if kernel[1].ndim != 2 or len(rest) > 1:
        return None
    if rest and rest[0][1].shape != kernel[1].shape[1:]:
        return None
    return DenseArrays(layer.name or layer.key, kernel, rest[0] if rest else None)


def _in_order(named: Sequence[Named]) -> list[Reading]:
    """Read kernels, each perhaps followed by its bias, that lead from one to the next."""
    dense: list[DenseArrays] = []
    for each in named:
        name, array = each
        if array.ndim == 2:
            dense.append(DenseArrays(_layer_of(name), each))
        elif dense and dense[-1].bias is None and array.shape == (dense[-1].n_out,):
            dense[-1] = replace(dense[-1], bias=each)
        else:
            return []
    return [Reading(tuple(dense))] if _leads(dense) else []


def _nengo_layers(biases: Sequence[Named], rest: Sequence[Named], readout: bool) -> list[Reading]:
    """Read what NengoDL stores for ``nengo_dl.Layer(keras.layers.Dense(...))`` and neurons."""
    return [
        Reading(found.dense, nengo)
        for found in _in_order(rest)
        for nengo in _neurons(biases, found.dense, readout, converted=False)
    ]


def _nengo_connections(named: Sequence[Named], readout: bool) -> list[Reading]:
    """Read what NengoDL stores for Nengo connections, (n_out, n_in), as its Converter makes them.

    The readout's bias, if any, is a connection from one value.
    """
    biases = [each for each in named if each[1].ndim == 1]
    matrices = [each for each in named if each[1].ndim == 2]
    if len(biases) + len(matrices) < len(named):
        return []
    found: list[tuple[list[Named], Named | None]] = [(matrices, None)]
    if readout:
        for k, (name, array) in enumerate(matrices):
            if array.shape[1] == 1:
                found.append(([*matrices[:k], *matrices[k + 1 :]], (name, array[:, 0])))
    return [
        Reading(dense, nengo)
        for weights, last_bias in found
        for chain in _chains([_turned(*each) for each in weights])
        for dense in _with_bias(chain, last_bias)
        for nengo in _neurons(biases, dense, readout, converted=True)
    ]


def _turned(name: str, array: AnyArray) -> DenseArrays:
    return DenseArrays(_layer_of(name), (name, array.T), turned=True)


def _layer_of(name: str) -> str:
    """Return what stands before the last part of a path, or else the name itself."""
    *before, last = name.split("/")
    return before[-1] if before and before[-1] != "base_params" else last


def _with_bias(chain: tuple[DenseArrays, ...], bias: Named | None) -> list[tuple[DenseArrays, ...]]:
    if bias is None:
        return [chain]
    *before, last = chain
    return [(*before, replace(last, bias=bias))] if bias[1].shape == (last.n_out,) else []


def _neurons(
    biases: Sequence[Named], dense: Sequence[DenseArrays], readout: bool, *, converted: bool
) -> list[NengoNeurons]:
    """Return the neurons if there are as many biases as neurons."""
    sizes = tuple(layer.n_out for layer in (dense[:-1] if readout else dense))
    numbers = all(array.dtype.kind in "iuf" for _, array in biases)
    if not biases or not numbers or sum(array.size for _, array in biases) != sum(sizes):
        return []
    names = ", ".join(name for name, _ in biases)
    return [NengoNeurons(sizes, names, np.concatenate([a for _, a in biases]), converted)]


def _chains(dense: Sequence[DenseArrays]) -> list[tuple[DenseArrays, ...]]:
    """Return ways in which layers lead from one to the next, not more than two."""
    if not dense or len(dense) > MAX_SEARCHED:
        return []
    return list(islice(filter(_leads, permutations(dense)), 2))


def _leads(dense: Sequence[DenseArrays]) -> bool:
    return all(before.n_out == after.n_in for before, after in pairwise(dense))
