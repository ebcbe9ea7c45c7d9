"""Convolutions and pooling as matrices: a window for each value that comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nir.nodes import Convolution, Pool
from nef2hw.frontends.nir.shapes import Image, pads, windows_shape
from nef2hw.frontends.nir.signals import Signal, Term
from nef2hw.frontends.nir.values import size_of
from nef2hw.model.network import FloatArray

#: Most weights that a node is unrolled to: more than any board holds.
MAX_UNROLLED = 1 << 22


def unroll(signal: Signal, node: Convolution | Pool, image: Image, allowed: bool) -> Signal:
    """Pass a signal that is an image of ``image`` through a convolution or pooling.

    Raises
    ------
    ModelError
        If it may not be unrolled, or makes too many weights.
    """
    shape = windows_shape(node, image)
    for term in signal:
        weights = size_of(shape) * (1 if term.source is None else term.matrix.shape[-1])
        if not allowed or weights > MAX_UNROLLED:
            raise ModelError(_too_large(image, shape, weights, allowed))
    apply = _convolve if isinstance(node, Convolution) else _pool
    return tuple(replace(term, matrix=_apply(term, apply, node, image)) for term in signal)


def _too_large(image: Image, shape: Image, weights: int, allowed: bool) -> str:
    size = (
        f"makes {' x '.join(map(str, shape))} values of {' x '.join(map(str, image))}, unrolled "
        f"{weights} weights, {weights * 8 / 1e6:.3g} Mbit at 8 bits"
    )
    if weights > MAX_UNROLLED:
        return f"{size}; the limit is {MAX_UNROLLED} weights; use a smaller image or fewer channels"
    return f"{size}; the hardware has no convolutions, allow it with unroll=True (--unroll)"


def _apply(
    term: Term,
    apply: Callable[[FloatArray, Convolution | Pool, Image], FloatArray],
    node: Convolution | Pool,
    image: Image,
) -> FloatArray:
    matrix = term.dense
    columns = matrix.shape[1]
    images = matrix.reshape(*image, columns)
    margins = [(0, 0), *pads(node), (0, 0)]
    result = apply(np.pad(images, margins), node, windows_shape(node, image))
    return result.reshape(-1, columns)


def _windows(
    images: FloatArray, kernel: tuple[int, ...], node: Convolution | Pool, shape: Image
) -> Iterator[tuple[int, int, FloatArray]]:
    """Return what each place of the kernel sees, (channels, height, width, columns)."""
    dilation = node.dilation if isinstance(node, Convolution) else (1, 1)
    for row, column in np.ndindex(*kernel):
        tops, lefts = (
            slice(start * d, start * d + (count - 1) * step + 1, step)
            for start, d, count, step in zip(
                (row, column), dilation, shape[1:], node.stride, strict=True
            )
        )
        yield row, column, images[:, tops, lefts]


def _convolve(images: FloatArray, node: Convolution | Pool, shape: Image) -> FloatArray:
    assert isinstance(node, Convolution)
    out_of_group, of_group = shape[0] // node.groups, node.weight.shape[1]
    result = np.zeros((*shape, images.shape[-1]))
    for row, column, seen in _windows(images, node.weight.shape[2:], node, shape):
        for group in range(node.groups):
            outs = slice(group * out_of_group, (group + 1) * out_of_group)
            ins = slice(group * of_group, (group + 1) * of_group)
            result[outs] += np.tensordot(node.weight[outs, :, row, column], seen[ins], 1)
    return result


def _pool(images: FloatArray, node: Convolution | Pool, shape: Image) -> FloatArray:
    assert isinstance(node, Pool)
    result = np.zeros((*shape, images.shape[-1]))
    for _, _, seen in _windows(images, node.kernel, node, shape):
        result += seen
    return result / size_of(node.kernel) if node.mean else result
