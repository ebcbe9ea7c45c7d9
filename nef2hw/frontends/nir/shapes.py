"""How many values go along each edge, and in which shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.nir.graph import Graph
from nef2hw.frontends.nir.nodes import (
    Affine,
    Convolution,
    Delay,
    Flatten,
    Membrane,
    Node,
    Pool,
    Port,
    Scale,
)
from nef2hw.frontends.nir.notes import quoted
from nef2hw.frontends.nir.values import Shape, shape_name, size_of
from nef2hw.model.network import FloatArray

#: Most values of a node.
MAX_SIZE = 1_000_000
#: Most values of a window, and of an image with its margins.
MAX_WINDOW, MAX_IMAGE = 1 << 16, 1 << 22

Image = tuple[int, int, int]  #: channels, height, width
Pads = tuple[tuple[int, int], ...]  #: before and after, for each axis


def find_shapes(graph: Graph) -> dict[str, Shape]:
    """Return the shape of what each node gives.

    Raises
    ------
    ModelError
        With every edge whose ends disagree, and every node whose size nothing tells.
    """
    into, after = neighbours(graph)
    shapes: dict[str, Shape] = {}
    problems: dict[str, str] = {}
    waiting = list(graph.nodes)
    while waiting:
        name = waiting.pop()
        if name in shapes or name in problems:
            continue
        given = next((shapes[pre] for pre in into[name] if pre in shapes), None)
        try:
            found = _checked(_shape_of(name, graph, given, after[name]))
        except ModelError as problem:
            problems[name] = f"node {quoted(name)} {problem}"
            continue
        if found is not None:
            shapes[name] = found
            waiting += after[name]
        if not waiting and not problems:
            waiting = _decide_one(graph, shapes)
    collect = Collector()
    collect.problems += problems.values()
    if not problems:
        collect.problems += [
            f"node {quoted(name)}: nothing tells how many values it has; give its shape"
            for name in graph.nodes
            if name not in shapes
        ]
    collect.each(
        [(pre, post) for pre, post in graph.edges if pre in shapes],
        lambda edge: _check_edge(*edge, graph.nodes[edge[1]], shapes[edge[0]]),
    )
    collect.check()
    return shapes


def neighbours(graph: Graph) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the nodes before, and those after, each node."""
    into: dict[str, list[str]] = {name: [] for name in graph.nodes}
    after: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for pre, post in graph.edges:
        into[post].append(pre)
        after[pre].append(post)
    return into, after


def _decide_one(graph: Graph, shapes: dict[str, Shape]) -> list[str]:
    """Let one node, whose input has no shape yet, have its own; return what follows on it.

    A membrane of which nothing tells a size is a single one.
    """
    open_nodes = {name: node for name, node in graph.nodes.items() if name not in shapes}
    for name, node in open_nodes.items():
        own = taken_shape(node)
        if own is not None and not isinstance(node, (Convolution, Affine)):
            shapes[name] = own
            return [post for pre, post in graph.edges if pre == name]
    for name, node in open_nodes.items():
        if isinstance(node, Membrane):
            shapes[name] = (1,)
            return [post for pre, post in graph.edges if pre == name]
    return []


def _shape_of(name: str, graph: Graph, given: Shape | None, after: Sequence[str]) -> Shape | None:
    node = graph.nodes[name]
    if name not in graph.inputs:
        return given_shape(node, given)
    wanted = (taken_shape(node), *(taken_shape(graph.nodes[post]) for post in after))
    return next((shape for shape in wanted if shape), None)


def _checked(shape: Shape | None) -> Shape | None:
    if shape is not None and size_of(shape) > MAX_SIZE:
        raise ModelError(f"has {size_of(shape)} values, the limit is {MAX_SIZE}")
    return shape


def taken_shape(node: Node) -> Shape | None:
    """Return the shape that a node takes, None where it takes any."""
    match node:
        case Port(shape=shape):
            return shape
        case Affine(weight=weight):
            return (weight.shape[1],)
        case Scale(scale=values) | Delay(delay_s=values):
            return values.shape if values.size > 1 else None
        case Membrane():
            return node.shape
        case Convolution(weight=weight, input_shape=image) if image is not None:
            return (weight.shape[1] * node.groups, *image)
    return None


def given_shape(node: Node, taken: Shape | None) -> Shape | None:
    """Return the shape that a node gives when it takes ``taken``; None where nothing tells."""
    match node:
        case Affine(weight=weight):
            return (weight.shape[0],)
        case Flatten():
            return None if taken is None else _flattened(node, taken)
        case Convolution() | Pool():
            image = image_shape(node, taken)
            return None if image is None else windows_shape(node, image)
    own = taken_shape(node)
    return own if own and taken and not _spreads(own, taken) else taken


def image_shape(node: Convolution | Pool, taken: Shape | None) -> Image | None:
    """Return channels, height and width of what comes in."""
    own = taken_shape(node)
    if own is not None and (taken is None or size_of(taken) == size_of(own)):
        taken = own
    if taken is None:
        return None
    one_axis = isinstance(node, Convolution) and node.axes == 1
    axes = 2 if one_axis and own is None else 3
    while len(taken) > axes and taken[0] == 1:
        taken = taken[1:]
    if one_axis and len(taken) == 2:
        taken = (taken[0], 1, taken[1])
    if len(taken) == 2:
        taken = (1, *taken)
    if len(taken) != 3:
        raise ModelError(
            f"takes {shape_name(taken)}, expected channels, height and width; give the input "
            "its shape"
        )
    return (taken[0], taken[1], taken[2])


def windows_shape(node: Convolution | Pool, image: Image) -> Image:
    """Return channels, height and width of what comes out."""
    if isinstance(node, Pool):
        channels, kernel, dilation = image[0], node.kernel, (1, 1)
    else:
        channels, kernel = node.weight.shape[0], node.weight.shape[2:]
        dilation = node.dilation
    margined = [length + sum(pad) for length, pad in zip(image[1:], pads(node), strict=True)]
    if size_of(kernel) > MAX_WINDOW or image[0] * margined[0] * margined[1] > MAX_IMAGE:
        raise ModelError(
            f"has windows of {kernel[0]} x {kernel[1]} in images of {margined[0]} x {margined[1]} "
            f"with margins, the limits are {MAX_WINDOW} and, of all channels, {MAX_IMAGE} values"
        )
    height, width = (
        (length + sum(pad) - d * (k - 1) - 1) // s + 1
        for length, k, s, pad, d in zip(
            image[1:], kernel, node.stride, pads(node), dilation, strict=True
        )
    )
    if min(height, width) < 1:
        raise ModelError(
            f"takes images of {image[1]} x {image[2]}, smaller than its kernel of {kernel[0]} x "
            f"{kernel[1]}; expected larger ones"
        )
    return channels, height, width


def pads(node: Convolution | Pool) -> Pads:
    """Return how many zeros come before and after each axis."""
    if node.padding is not None:
        return tuple((length, length) for length in node.padding)
    assert isinstance(node, Convolution)
    totals = [
        dilation * (length - 1)
        for dilation, length in zip(node.dilation, node.weight.shape[2:], strict=True)
    ]
    return tuple((total // 2, total - total // 2) for total in totals)


def _flattened(node: Flatten, taken: Shape) -> Shape:
    start, end = (axis % len(taken) for axis in (node.start, node.end))
    if start >= end:
        return taken
    return (*taken[:start], math.prod(taken[start : end + 1]), *taken[end + 1 :])


def _spreads(own: Shape, taken: Shape) -> bool:
    """Whether values of shape ``own`` are one for each of ``taken``, or of its channels."""
    if size_of(own) == size_of(taken):
        return True
    try:
        return np.broadcast_shapes(own, taken) == taken
    except ValueError:
        return False


def _check_edge(pre: str, post: str, node: Node, given: Shape) -> None:
    """Refuse an edge whose ends have different sizes."""
    place = f"edge {quoted(pre)} -> {quoted(post)}: {quoted(pre)} gives {shape_name(given)}"
    taken = taken_shape(node)
    if isinstance(node, Convolution) and taken is None:
        image, channels = image_shape(node, given), node.weight.shape[1] * node.groups
        if image is not None and image[0] != channels:
            raise ModelError(f"{place}, {quoted(post)} takes {channels} channels")
    elif taken is not None and size_of(taken) != size_of(given):
        alike = isinstance(node, (Scale, Delay, Membrane)) and _spreads(taken, given)
        if not alike:
            raise ModelError(f"{place}, {quoted(post)} takes {shape_name(taken)}; expected as many")


def spread(values: FloatArray, shape: Shape) -> FloatArray:
    """Return one number for each value of ``shape``, (size,)."""
    if values.size == size_of(shape):
        return values.reshape(-1)
    return np.broadcast_to(values, shape).reshape(-1)
