"""Layers without neurons: each multiplies and adds, and several in a row are one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.frontends.layers.records import BatchNormalization, Dense
from nef2hw.model.fields import AnyArray, Fields, Range
from nef2hw.model.network import FloatArray

_NOT_NEGATIVE = Range(0.0)


@dataclass(frozen=True, eq=False)
class Affine:
    """``y = u @ kernel + offset``; a diagonal kernel is kept as its diagonal."""

    kernel: FloatArray  #: (n_in, n_out), or (n,) if diagonal
    offset: FloatArray  #: (n_out,)

    @property
    def size_in(self) -> int:
        """Number of values taken."""
        return int(self.kernel.shape[0])

    @property
    def size_out(self) -> int:
        """Number of values given."""
        return int(self.offset.shape[0])

    def then(self, after: Affine) -> Affine:
        """Return what this one and then ``after`` do."""
        if after.kernel.ndim == 1:
            return Affine(self.kernel * after.kernel, self.offset * after.kernel + after.offset)
        offset = self.offset @ after.kernel + after.offset
        if self.kernel.ndim == 1:
            return Affine(self.kernel[:, np.newaxis] * after.kernel, offset)
        return Affine(self.kernel @ after.kernel, offset)

    def weights(self) -> FloatArray:
        """Return the weights as a model file holds them, (n_out, n_in).

        Keras kernels are (n_in, n_out); this is the only place where they are turned round.
        """
        return np.diag(self.kernel) if self.kernel.ndim == 1 else self.kernel.T


def affine_of(place: str, layer: Dense | BatchNormalization) -> Affine:
    """Check the arrays of a layer without neurons.

    Raises
    ------
    ModelError
        Naming ``place`` and the array, what was found and what is expected.
    """
    if isinstance(layer, Dense):
        return _dense(_given(place, {"kernel": layer.kernel, "bias": layer.bias}))
    return _normalization(_given(place, vars(layer)))


def _given(place: str, values: Mapping[str, npt.ArrayLike | None]) -> Fields:
    """Return the values that are not None as arrays, whatever they hold."""
    arrays = {
        f"{place}.{name}": as_array(f"{place}.{name}", value)
        for name, value in values.items()
        if value is not None
    }
    return Fields(arrays, f"{place}.")


def as_array(key: str, value: npt.ArrayLike) -> AnyArray:
    """Return ``value`` as an array; ModelError names ``key`` where it is none."""
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as problem:
        raise ModelError(f"{key} is not an array: {problem}") from problem


def _dense(fields: Fields) -> Affine:
    kernel = fields.needed_floats("kernel", ("n_in", "n_out"))
    n_in, n_out = kernel.shape
    if fields.has("bias") and fields.arrays[fields.key("bias")].shape == (n_in,) != (n_out,):
        raise ModelError(
            f"{fields.key('kernel')} has shape {kernel.shape} and its bias ({n_in},), expected "
            "(n_in, n_out), as Keras holds it, and (n_out,); is the kernel turned round?"
        )
    bias = fields.floats("bias", (n_out,))
    return Affine(kernel, np.zeros(n_out) if bias is None else bias)


def _normalization(fields: Fields) -> Affine:
    gamma = fields.needed_floats("gamma", ("n",))
    n = int(gamma.shape[0])
    variance = fields.needed_floats("moving_variance", (n,), _NOT_NEGATIVE)
    spread = variance + fields.number("epsilon", None, _NOT_NEGATIVE)
    if not spread.all():
        raise ModelError(
            f"{fields.key('moving_variance')} and epsilon are 0 at index {int(spread.argmin())}, "
            "expected their sum above 0"
        )
    scale = gamma / np.sqrt(spread)
    offset = fields.needed_floats("beta", (n,)) - scale * fields.needed_floats("moving_mean", (n,))
    return Affine(scale, offset)
