"""The nodes of a NIR graph, checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.nir.notes import Notebook, quoted
from nef2hw.frontends.nir.raw import RawNode
from nef2hw.frontends.nir.values import NodeValues, Shape
from nef2hw.model.fields import suggestion
from nef2hw.model.network import FloatArray, locked


@dataclass(frozen=True, eq=False)
class Port:
    """An input, an output, or the border of a nested graph: what comes in goes out."""

    type: str
    shape: Shape | None


@dataclass(frozen=True, eq=False)
class Affine:
    """``y = weight x + bias``."""

    weight: FloatArray  #: (n_out, n_in)
    bias: FloatArray | None  #: (n_out,)


@dataclass(frozen=True, eq=False)
class Scale:
    """``y = scale x``, elementwise."""

    scale: FloatArray


@dataclass(frozen=True, eq=False)
class Delay:
    """``y(t) = x(t - delay)``."""

    delay_s: FloatArray


@dataclass(frozen=True, eq=False)
class Flatten:
    """The same values, several axes made one."""

    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Convolution:
    """Correlation over two axes; one of one axis has the other of length 1."""

    type: str
    weight: FloatArray  #: (channels out, channels in of a group, height, width)
    bias: FloatArray | None  #: (channels out,)
    stride: tuple[int, int]
    padding: tuple[int, int] | None  #: None: as much as keeps the size
    dilation: tuple[int, int]
    groups: int
    input_shape: tuple[int, int] | None  #: height, width
    axes: int  #: 1 or 2


@dataclass(frozen=True, eq=False)
class Pool:
    """Sum or mean over windows of two axes."""

    type: str
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    mean: bool


@dataclass(frozen=True, eq=False)
class Membrane:
    """LI, CubaLI, LIF, CubaLIF, IF; arrays are of one shape, or () where one value is for all.

    ``tau dv/dt = (v_leak - v) + r I`` (IF: ``dv/dt = r I``), where ``I = w_in x``, filtered with
    tau_syn. Above v_threshold it spikes and goes to v_reset.
    """

    type: str
    values: Mapping[str, FloatArray]
    tau_ref_s: float | None  #: from metadata

    @property
    def spikes(self) -> bool:
        """Whether there is a threshold."""
        return "v_threshold" in self.values

    @property
    def shape(self) -> Shape | None:
        """Shape of the values, None where one is for all."""
        largest = max(self.values.values(), key=lambda array: array.size)
        return largest.shape if largest.size > 1 else None


Node = Port | Affine | Scale | Delay | Flatten | Convolution | Pool | Membrane


@contextmanager
def placed(name: str, node: Node) -> Iterator[None]:
    """Put the name of a node before the problems met within."""
    try:
        yield
    except ModelError as problem:
        kind = getattr(node, "type", type(node).__name__)
        raise ModelError(f"node {quoted(name)} ({kind}) {problem}") from problem


#: Values of each kind of membrane, with what is used where one is missing.
_LEAKY = {"tau": None, "r": 1.0, "v_leak": 0.0}
_CUBA = {"tau_mem": None, "tau_syn": None, "r": 1.0, "v_leak": 0.0, "w_in": 1.0}
_FIRE = {"v_threshold": None, "v_reset": 0.0}
_MEMBRANES: Mapping[str, Mapping[str, float | None]] = {
    "LI": _LEAKY,
    "CubaLI": _CUBA,
    "LIF": _LEAKY | _FIRE,
    "CubaLIF": _CUBA | _FIRE,
    "IF": {"r": 1.0, **_FIRE},
}
#: What is refused, and what to do.
_INSTEAD = {
    "I": "integrates without leak or threshold; use LI with a long tau, or IF",
    "Threshold": "spikes without a membrane; use LIF with a short tau, or IF",
}


def read_node(name: str, raw: RawNode, notes: Notebook) -> Node:
    """Check a node that is no graph.

    Raises
    ------
    ModelError
        With everything that is wrong with the node.
    """
    values = NodeValues(name, raw)
    if raw.type in _MEMBRANES:
        return _read_membrane(values, notes)
    if raw.type in _READERS:
        return _READERS[raw.type](values)
    if raw.type in _INSTEAD:
        raise ModelError(f"node {quoted(name)} is of type {raw.type}, which {_INSTEAD[raw.type]}")
    known = (*_READERS, *_MEMBRANES)
    raise ModelError(
        f"node {quoted(name)} is of type {quoted(raw.type)}, expected "
        f"{', '.join(known)}{suggestion(raw.type, known)}"
    )


def _read_port(values: NodeValues) -> Port:
    return Port(values.node.type, values.shape("shape"))


def _read_affine(values: NodeValues) -> Affine:
    weight = values.needed("weight")
    if weight.ndim < 2 or any(length != 1 for length in weight.shape[:-2]):
        raise ModelError(f"{values.place}: weight has shape {weight.shape}, expected (n_out, n_in)")
    weight = locked(weight.reshape(weight.shape[-2:]))
    bias = values.numbers("bias") if values.node.type == "Affine" else None
    return Affine(weight, _channel_bias(values, bias, len(weight)))


def _channel_bias(values: NodeValues, bias: FloatArray | None, size: int) -> FloatArray | None:
    if bias is None:
        return None
    if bias.size not in (1, size):
        raise ModelError(f"{values.place}: bias has shape {bias.shape}, expected ({size},)")
    return locked(np.broadcast_to(bias.ravel(), (size,)))


def _read_scale(values: NodeValues) -> Scale:
    return Scale(values.needed("scale"))


def _read_delay(values: NodeValues) -> Delay:
    delay_s = values.needed("delay")
    if (delay_s < 0).any():
        raise ModelError(f"{values.place}: delay is {delay_s.min():g} s, expected 0 or more")
    return Delay(delay_s)


def _read_flatten(values: NodeValues) -> Flatten:
    (start,) = values.whole("start_dim", (0,), -8)
    (end,) = values.whole("end_dim", (-1,), -8)
    return Flatten(start, end)


def _read_convolution(values: NodeValues) -> Convolution:
    axes = 1 if values.node.type == "Conv1d" else 2
    weight = values.needed("weight")
    if weight.ndim != 2 + axes:
        raise ModelError(
            f"{values.place}: weight has shape {weight.shape}, expected {2 + axes} axes: "
            "channels out, channels in, and the kernel"
        )
    channels = weight.shape[0]
    (groups,) = values.whole("groups", (1,), 1)
    if channels % groups:
        raise ModelError(
            f"{values.place}: groups is {groups}, expected a divisor of {channels} channels"
        )
    height_width = values.shape("input_shape")
    if height_width is not None and len(height_width) != axes:
        raise ModelError(
            f"{values.place}: input_shape is {height_width}, expected {axes} "
            f"length{'s' * (axes > 1)}"
        )
    stride = _pair(values, "stride", axes, 1, 1)
    return Convolution(
        values.node.type,
        locked(weight.reshape(*weight.shape[:2], *(1,) * (2 - axes), *weight.shape[2:])),
        _channel_bias(values, values.numbers("bias"), channels),
        stride,
        _padding(values, axes, stride),
        _pair(values, "dilation", axes, 1, 1),
        groups,
        None if height_width is None else ((1, *height_width)[-2], height_width[-1]),
        axes,
    )


def _pair(values: NodeValues, key: str, axes: int, default: int, least: int) -> tuple[int, int]:
    found = values.whole(key, (default,) * axes, least)
    return (default, found[0]) if axes == 1 else (found[0], found[1])


def _padding(values: NodeValues, axes: int, stride: tuple[int, int]) -> tuple[int, int] | None:
    """Read lengths, or 'valid' for none, or 'same' for as much as keeps the size."""
    found = values.find("padding")
    if isinstance(found, bytes):
        found = found.decode(errors="replace")
    if not isinstance(found, str):
        return _pair(values, "padding", axes, 0, 0)
    if found == "valid":
        return (0, 0)
    if found != "same" or stride != (1, 1):
        raise ModelError(
            f"{values.place}: padding is {found!r} with stride {stride[2 - axes :]}, expected "
            "numbers, 'valid', or 'same' with stride 1"
        )
    return None


def _read_pool(values: NodeValues) -> Pool:
    values.needed("kernel_size")
    kernel = values.whole("kernel_size", (1, 1), 1)
    stride = values.whole("stride", kernel, 1)
    padding = values.whole("padding", (0, 0), 0)
    return Pool(
        values.node.type,
        (kernel[0], kernel[1]),
        (stride[0], stride[1]),
        (padding[0], padding[1]),
        values.node.type == "AvgPool2d",
    )


def _read_membrane(values: NodeValues, notes: Notebook) -> Membrane:
    found: dict[str, FloatArray] = {}
    collect = Collector()
    for key, default in _MEMBRANES[values.node.type].items():
        with collect:
            given = values.numbers(key)
            if given is None and default is not None:
                notes.add(f"{key} is not given, {default:g} is used", quoted(values.name))
                given = locked(default)
            found[key] = values.needed(key) if given is None else given
    collect.check()
    alike = _alike(values, found)
    for key in ("tau", "tau_mem", "tau_syn"):
        with collect:
            if key in alike and (alike[key] <= 0).any():
                raise ModelError(
                    f"{values.place}: {key} is {alike[key].min():g} s, expected above 0 s"
                )
    with collect:
        _check_threshold(values, alike)
    with collect:
        tau_ref_s = metadata_number(values.place, values.node.metadata, "tau_ref")
    collect.check()
    return Membrane(values.node.type, alike, tau_ref_s)


def _alike(values: NodeValues, found: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Bring all values to the shape of the largest; one value stands for all."""
    first = max(found, key=lambda key: found[key].size)
    shape = found[first].shape
    alike = {}
    for key, array in found.items():
        if array.size == 1:
            alike[key] = locked(array.reshape(()))
        elif array.size == found[first].size:
            alike[key] = locked(array.reshape(shape))
        else:
            try:
                alike[key] = locked(np.broadcast_to(array, shape))
            except ValueError as problem:
                raise ModelError(
                    f"{values.place}: {key} has shape {array.shape} and {first} has {shape}, "
                    "expected the same, or one value for all"
                ) from problem
    return alike


def _check_threshold(values: NodeValues, alike: Mapping[str, FloatArray]) -> None:
    if "v_threshold" not in alike:
        return
    threshold, reset = np.broadcast_arrays(alike["v_threshold"], alike["v_reset"])
    if (threshold <= reset).any():
        i = np.unravel_index(int(np.argmax(threshold <= reset)), threshold.shape)
        raise ModelError(
            f"{values.place}: v_threshold is {threshold[i]:g} and v_reset {reset[i]:g}, expected "
            "a threshold above the reset"
        )


def metadata_number(place: str, metadata: Mapping[str, object], key: str) -> float | None:
    """Read a number of metadata, None where it is not given."""
    if key not in metadata:
        return None
    try:
        number = float(np.asarray(metadata[key], dtype=np.float64).reshape(()))
    except (TypeError, ValueError) as problem:
        raise ModelError(f"{place}: metadata {key} is no number ({problem})") from problem
    if not np.isfinite(number) or number < 0:
        raise ModelError(
            f"{place}: metadata {key} is {number:g}, expected a number of s, 0 or more"
        )
    return number


_READERS: Mapping[str, Callable[[NodeValues], Node]] = {
    "Input": _read_port,
    "Output": _read_port,
    "Identity": _read_port,
    "Affine": _read_affine,
    "Linear": _read_affine,
    "Scale": _read_scale,
    "Flatten": _read_flatten,
    "Delay": _read_delay,
    "Conv1d": _read_convolution,
    "Conv2d": _read_convolution,
    "SumPool2d": _read_pool,
    "AvgPool2d": _read_pool,
}
