"""Descriptions of models, as Keras 2 and 3 write them: a chain of layers, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.contents import shown

_CHAINS = ("Sequential", "Functional", "Model")
_INPUT = "InputLayer"
_MAX_DIMENSIONS = 8
_BRANCHES = "a network that branches may be built in Nengo, see nef2hw.from_nengo"
_SOUND = "expected what Keras writes; is the file damaged?"


@dataclass(frozen=True, eq=False)
class KerasLayer:
    """One layer as its description has it."""

    kind: str  #: name of its class
    name: str
    settings: Mapping[str, Any]
    custom: bool = False  #: the class is not Keras's own

    def __str__(self) -> str:
        return f"{shown(self.kind)} layer {shown(self.name)}"


def chain_of(config: Any) -> tuple[KerasLayer, ...]:
    """Return the layers of a model in the order of the data.

    Raises
    ------
    ModelError
        The model branches, has several inputs or outputs, or is no plain stack of layers.
    """
    model = _mapping(config, "the model")
    kind, settings = model.get("class_name"), model.get("config")
    if kind not in _CHAINS:
        raise ModelError(
            f"the model is of class {shown(str(kind))}, expected Sequential or Functional; a class "
            "of your own does not say what it does with its layers, save their weights alone with "
            "model.save_weights('model.weights.h5')"
        )
    # Old Keras has a bare list for a Sequential.
    inner = {"layers": settings} if isinstance(settings, list) else _mapping(settings, "the model")
    entries = [_mapping(entry, "a layer") for entry in _list(inner.get("layers"), "layers")]
    layers = [_layer(entry) for entry in entries]
    for layer in layers:
        if sum(other.name == layer.name for other in layers) > 1:
            raise ModelError(f"there are several layers {shown(layer.name)}, expected one")
    if kind == "Sequential":
        return _with_input(layers, inner.get("build_input_shape"))
    return _follow(layers, entries, inner)


def input_shape(layer: KerasLayer) -> tuple[int, ...] | None:
    """Return the declared shape of what enters, without the batch; None where it is not known."""
    shape = layer.settings.get("batch_shape", layer.settings.get("batch_input_shape"))
    if not isinstance(shape, list) or None in shape[1:]:
        return None
    if not is_shape(shape[1:]) or -1 in shape:
        raise ModelError(f"{layer} has shape {shape!r:.60}, expected whole numbers")
    return tuple(shape[1:])


def is_shape(value: Any) -> TypeGuard[list[int]]:
    """Tell whether ``value`` is a list of lengths, of which one may be -1 for what is left."""
    if not isinstance(value, list) or len(value) > _MAX_DIMENSIONS or value.count(-1) > 1:
        return False
    return all(length == -1 or is_count(length) for length in value)


def is_count(value: Any) -> TypeGuard[int]:
    """Tell whether ``value`` is a sound number of things."""
    return type(value) is int and 0 < value < 1 << 32


def _layer(entry: Mapping[str, Any]) -> KerasLayer:
    kind, settings = entry.get("class_name"), _mapping(entry.get("config"), "a layer")
    name = settings.get("name", entry.get("name"))
    if not isinstance(kind, str) or not isinstance(name, str):
        raise ModelError(f"a layer has the class {kind!r:.60} and the name {name!r:.60}, {_SOUND}")
    return KerasLayer(kind, name, settings, entry.get("registered_name") not in (None, kind))


def _with_input(layers: list[KerasLayer], shape: Any) -> tuple[KerasLayer, ...]:
    if shape is not None and layers and layers[0].kind != _INPUT:
        return (KerasLayer(_INPUT, "input", {"batch_shape": shape}), *layers)
    return tuple(layers)


def _follow(
    layers: Sequence[KerasLayer], entries: Sequence[Mapping[str, Any]], model: Mapping[str, Any]
) -> tuple[KerasLayer, ...]:
    """Order the layers of a functional model by what they take their input from."""
    after: dict[str | None, KerasLayer] = {}
    for layer, entry in zip(layers, entries, strict=True):
        source = _source(layer, entry)
        if source in after:
            both = f"{shown(after[source].name)} and {shown(layer.name)}"
            raise ModelError(
                (f"inputs {both}" if source is None else f"{shown(source)} leads to {both}")
                + f", expected a chain of layers; {_BRANCHES}"
            )
        after[source] = layer
    chain: list[KerasLayer] = []
    source = None
    while source in after:
        chain.append(after.pop(source))
        source = chain[-1].name
    outputs = _output_names(model.get("output_layers"))
    if after or not chain or outputs != [chain[-1].name]:
        raise ModelError(
            f"{len(chain)} of {len(layers)} layers follow each other from the input, and the "
            f"outputs are {', '.join(map(shown, outputs)) or 'none'}; expected a chain of layers "
            f"from one input to one output; {_BRANCHES}"
        )
    return tuple(chain)


def _source(layer: KerasLayer, entry: Mapping[str, Any]) -> str | None:
    """Return the name of the layer before, None for an input."""
    nodes = _list(entry.get("inbound_nodes"), f"the inputs of {layer}")
    if not nodes and layer.kind == _INPUT:
        return None
    if len(nodes) != 1:
        raise ModelError(f"{layer} is used {len(nodes)} times, expected once; {_BRANCHES}")
    histories = _histories(nodes[0])
    if len(histories) != 1:
        raise ModelError(f"{layer} takes {len(histories)} inputs, expected one; {_BRANCHES}")
    history = histories[0]
    if not isinstance(history, list) or not history or not isinstance(history[0], str):
        raise ModelError(f"{layer} does not say what it takes its input from, {_SOUND}")
    return history[0]


def _histories(node: Any) -> list[Any]:
    """Return ``[name, node, tensor]`` of all that a layer takes."""
    if isinstance(node, dict):
        args = _list(node.get("args"), "a layer's inputs")
        tensors = args[0] if args and isinstance(args[0], list) else args
        return [
            _mapping(_mapping(tensor, "an input").get("config"), "an input").get("keras_history")
            for tensor in tensors
            if not isinstance(tensor, int | float)  # a constant that the layer computes with
        ]
    return _list(node, "a layer's inputs")


def _output_names(outputs: Any) -> list[str]:
    found = _list(outputs, "output_layers")
    each = [found] if found and isinstance(found[0], str) else found
    return [str(output[0]) for output in each if isinstance(output, list) and output]


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ModelError(f"the description of {what} is of type {type(value).__name__}, {_SOUND}")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ModelError(f"the description of {what} is of type {type(value).__name__}, {_SOUND}")
    return value
