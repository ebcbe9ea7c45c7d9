"""Nengo's transforms as numbers, vectors or matrices."""

from __future__ import annotations

from typing import Any

import nengo
import nengo.builder.transforms as operators
import numpy as np
from nengo.builder.signal import Signal, SignalDict

from nef2hw.errors import ModelError
from nef2hw.model.network import FloatArray

#: Most elements of a sparse matrix or convolution that is written out.
MAX_ELEMENTS = 1 << 24

#: Nengo's operator of each convolution; older versions know the first only.
_CONVOLUTIONS = {"Convolution": "ConvInc", "ConvolutionTranspose": "ConvTransposeInc"}


def read_transform(transform: Any, weights: Any) -> FloatArray:
    """Return ``transform`` with the ``weights`` that it was built with: (), (k,) or (out, in).

    Raises
    ------
    ModelError
        For a type that hardware cannot do, or a convolution too large to be written out.
    """
    if isinstance(transform, nengo.transforms.NoTransform):
        return np.ones(())
    if isinstance(transform, nengo.Dense):
        return np.asarray(weights, dtype=np.float64)
    kind = type(transform).__name__
    if kind not in ("Sparse", *_CONVOLUTIONS):
        raise ModelError(
            f"the transform {kind} is not known; write it as a matrix, with nengo.Dense"
        )
    elements = transform.size_in * transform.size_out
    if elements > MAX_ELEMENTS:
        raise ModelError(
            f"the {kind} transform from {transform.size_in} to {transform.size_out} values has "
            f"{elements} weights when written out, as hardware needs it, expected at most "
            f"{MAX_ELEMENTS}; make it smaller, or do it outside and let its result be the input"
        )
    if kind == "Sparse":
        return np.asarray(weights.toarray(), dtype=np.float64)
    return _unrolled(transform, weights, getattr(operators, _CONVOLUTIONS[kind]))


def _unrolled(transform: Any, weights: Any, operator: Any) -> FloatArray:
    """Let Nengo's own operator answer to each unit vector."""
    signals = SignalDict()
    source = Signal(np.zeros(transform.size_in))
    target = Signal(np.zeros(transform.size_out))
    made = operator(Signal(weights), source, target, transform)
    made.init_signals(signals)
    step = made.make_step(signals, 1.0, None)
    matrix = np.zeros((transform.size_out, transform.size_in))
    for column in range(transform.size_in):
        signals[source][...] = np.eye(1, transform.size_in, column)[0]
        signals[target][...] = 0
        step()
        matrix[:, column] = signals[target]
    return matrix
