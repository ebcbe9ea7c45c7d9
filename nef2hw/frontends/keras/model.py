"""Models that say what their layers are: description and weights together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.config import KerasLayer, input_shape, is_count, is_shape
from nef2hw.frontends.keras.contents import Contents, listing, shown
from nef2hw.frontends.keras.matching import arrays_by_layer
from nef2hw.frontends.keras.plan import NeuronsHere, Plan, Step
from nef2hw.frontends.layers.records import BatchNormalization, Dense
from nef2hw.model.fields import AnyArray

#: Most values between two layers.
MAX_SIZE = 1_000_000

_TRAINING_ONLY = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
)
_SUPPORTED = (
    "Dense, BatchNormalization, Activation, ReLU, Flatten, Reshape, Dropout, and Softmax at the end"
)
_NENGO = "it may be built in Nengo, see nef2hw.from_nengo"
#: What helps, by the beginning of the name of the class.
_CURES = {
    "Conv": "write the convolution as a Dense layer",
    "Functional": "put its layers into the outer model",
    "GRU": _NENGO,
    "LSTM": _NENGO,
    "Lambda": "it holds code, which is never run",
    "Model": "put its layers into the outer model",
    "Normalization": "scale the inputs, or the first kernel",
    "Rescaling": "scale the inputs, or the first kernel",
    "Sequential": "put its layers into the outer model",
    "SimpleRNN": _NENGO,
}
_RELU = NeuronsHere("SpikingRectifiedLinear")


def plan_of_model(chain: Sequence[KerasLayer], contents: Contents) -> Plan:
    """Put the layers of a description and their arrays together.

    Raises
    ------
    ModelError
        For every layer of a kind that cannot be done; for settings that cannot; for arrays that
        do not fit what the description says.
    """
    unsupported = [problem for layer in chain for problem in _kind_problems(layer)]
    if unsupported:
        raise ModelError("\n".join(unsupported))
    walk = _Walk(arrays_by_layer(chain, contents))
    for layer in chain:
        walk.enter(layer)
    return Plan(tuple(walk.steps), tuple(walk.notes()))


def _kind_problems(layer: KerasLayer) -> list[str]:
    if layer.custom:
        return [f"{layer} is of a class of your own, expected {_SUPPORTED}"]
    if layer.kind in _ENTER or layer.kind in _TRAINING_ONLY:
        return []
    cures = [cure for start, cure in _CURES.items() if layer.kind.startswith(start)]
    return [f"{layer} is not supported, expected {'; '.join([_SUPPORTED, *cures])}"]


@dataclass
class _Walk:
    """What has been met on the way from the input."""

    arrays: Mapping[str, Mapping[str, AnyArray]]
    steps: list[tuple[str, Step]] = field(default_factory=list)
    shape: tuple[int, ...] | None = None  #: of the values, None where it is not known
    softmax: KerasLayer | None = None
    left_out: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def enter(self, layer: KerasLayer) -> None:
        """Take the next layer."""
        if layer.kind in _TRAINING_ONLY:
            self.left_out.append(shown(layer.name))
            return
        if self.softmax is not None:
            raise ModelError(f"{self.softmax} has softmax before {layer}, expected it at the end")
        _ENTER[layer.kind](self, layer)

    def notes(self) -> list[str]:
        """Say which array became what, and what was left out."""
        notes = list(self.used)
        if self.left_out:
            notes.append(f"left out, as they act in training only: {', '.join(self.left_out)}")
        if self.softmax is not None:
            notes.append(
                f"softmax of {shown(self.softmax.name)} is left out: the largest output stays the "
                "largest"
            )
        return notes

    def arrays_of(self, layer: KerasLayer, expected: Sequence[str]) -> list[AnyArray]:
        """Return the arrays of a layer, which must be as many as expected."""
        found = self.arrays.get(layer.name, {})
        if len(found) != len(expected):
            raise ModelError(f"{layer} has {listing(found)}, expected {', '.join(expected)}")
        self.used.append(
            f"{shown(layer.name)}: "
            + ", ".join(
                f"{name} is {shown(key)} {array.shape}"
                for name, (key, array) in zip(expected, found.items(), strict=True)
            )
        )
        return list(found.values())


def _enter_input(walk: _Walk, layer: KerasLayer) -> None:
    shape = input_shape(layer)
    if shape is not None and math.prod(shape) > MAX_SIZE:
        raise ModelError(f"{layer} has shape {shape}, expected at most {MAX_SIZE} values")
    walk.shape = shape


def _enter_dense(walk: _Walk, layer: KerasLayer) -> None:
    if walk.shape is not None and len(walk.shape) != 1:
        raise ModelError(
            f"{layer} takes values of shape {walk.shape}, expected one dimension; put a Flatten "
            "before it"
        )
    has_bias = _flag(layer, "use_bias")
    kernel, *bias = walk.arrays_of(layer, ["kernel", "bias"] if has_bias else ["kernel"])
    units = layer.settings.get("units")
    if not is_count(units) or kernel.ndim != 2 or kernel.shape[1] != units:
        raise ModelError(
            f"{layer} has a kernel of shape {kernel.shape} and units {units!r:.20}, expected a "
            "kernel (n_in, units)"
        )
    if walk.shape not in (None, kernel.shape[:1]):
        raise ModelError(
            f"{layer} has a kernel of shape {kernel.shape}, but takes values of shape {walk.shape}"
        )
    walk.shape = (units,)
    walk.steps.append((shown(layer.name), Dense(kernel, bias[0] if bias else None)))
    _enter_activation(walk, layer)


def _enter_activation(walk: _Walk, layer: KerasLayer) -> None:
    found = layer.settings.get("activation")
    inner = _layer_as_activation(layer, found)
    if inner is not None:
        _ENTER[inner.kind](walk, inner)
    elif found == "softmax":
        walk.softmax = layer
    elif found == "relu":
        walk.steps.append((shown(layer.name), _RELU))
    elif found not in (None, "linear"):
        raise ModelError(
            f"{layer} has the activation {found!r:.60}, expected relu, linear, or softmax at the "
            "end; train with one of these"
        )


def _layer_as_activation(layer: KerasLayer, found: Any) -> KerasLayer | None:
    """Return the layer that stands as the activation of another, if it does."""
    if not isinstance(found, dict) or found.get("class_name") not in ("ReLU", "Softmax"):
        return None
    settings = found.get("config")
    return KerasLayer(
        found["class_name"], layer.name, settings if isinstance(settings, dict) else {}
    )


def _enter_relu(walk: _Walk, layer: KerasLayer) -> None:
    for setting in ("max_value", "negative_slope", "threshold"):
        found = layer.settings.get(setting)
        if found not in (None, 0):
            raise ModelError(
                f"{layer} has {setting} {found!r:.20}, expected a plain ReLU; train with one"
            )
    walk.steps.append((shown(layer.name), _RELU))


def _enter_softmax(walk: _Walk, layer: KerasLayer) -> None:
    axis = layer.settings.get("axis", -1)
    if axis not in (-1, 1) or (walk.shape is not None and len(walk.shape) != 1):
        raise ModelError(f"{layer} works along axis {axis!r:.20}, expected all outputs")
    walk.softmax = layer


def _enter_flatten(walk: _Walk, layer: KerasLayer) -> None:
    found = layer.settings.get("data_format")
    if found not in (None, "channels_last"):
        raise ModelError(f"{layer} has data_format {found!r:.20}, expected 'channels_last'")
    walk.shape = None if walk.shape is None else (math.prod(walk.shape),)


def _enter_reshape(walk: _Walk, layer: KerasLayer) -> None:
    target = layer.settings.get("target_shape")
    if not is_shape(target):
        raise ModelError(f"{layer} has target_shape {target!r:.60}, expected whole numbers")
    if -1 not in target:
        walk.shape = tuple(target)
    elif walk.shape is not None:
        known = math.prod(length for length in target if length != -1)
        rest = math.prod(walk.shape) // known
        walk.shape = tuple(rest if length == -1 else length for length in target)


def _enter_normalization(walk: _Walk, layer: KerasLayer) -> None:
    shape = walk.shape
    axis = layer.settings.get("axis", -1)
    last = 1 if shape is None else len(shape)
    if axis not in (-1, last, [-1], [last]):
        raise ModelError(f"{layer} has axis {axis!r:.20}, expected the last one, -1")
    names = ["gamma"] * _flag(layer, "scale") + ["beta"] * _flag(layer, "center")
    names += ["moving_mean", "moving_variance"]
    found = dict(zip(names, walk.arrays_of(layer, names), strict=True))
    size = found["moving_mean"].shape
    if any(array.shape != size for array in found.values()) or len(size) != 1:
        raise ModelError(f"{layer} has arrays of shapes that differ, expected all (n,)")
    if shape is not None and size != shape[-1:]:
        raise ModelError(f"{layer} has arrays of shape {size}, but takes values of shape {shape}")
    found = {"gamma": np.ones(size), "beta": np.zeros(size)} | found
    if shape is not None:
        found = {name: np.broadcast_to(array, shape).ravel() for name, array in found.items()}
    epsilon = layer.settings.get("epsilon", 0.001)
    walk.steps.append((shown(layer.name), BatchNormalization(**found, epsilon=epsilon)))


def _flag(layer: KerasLayer, setting: str) -> bool:
    found = layer.settings.get(setting, True)
    if not isinstance(found, bool):
        raise ModelError(f"{layer} has {setting} {found!r:.20}, expected true or false")
    return found


_ENTER: Mapping[str, Callable[[_Walk, KerasLayer], None]] = {
    "Activation": _enter_activation,
    "BatchNormalization": _enter_normalization,
    "Dense": _enter_dense,
    "Flatten": _enter_flatten,
    "InputLayer": _enter_input,
    "ReLU": _enter_relu,
    "Reshape": _enter_reshape,
    "Softmax": _enter_softmax,
}
