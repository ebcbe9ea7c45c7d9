"""What is between two ends of a connection, as one matrix and discrete filters."""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import FoldedConnection
from nef2hw.model.network import Ensemble, FloatArray, IndexArray, Input, locked
from nef2hw.model.synapses import Synapse


def filtered(
    name: str,
    pre: str,
    post: str,
    weights: FloatArray,
    synapse: Synapse | None,
    delay: int,
    dt_s: float,
) -> tuple[FoldedConnection, ...]:
    """Make a filtered connection, and one without a filter for what passes directly."""
    discrete, direct = discretize(synapse, dt_s)
    filtered = FoldedConnection(name, pre, post, locked(weights), discrete, delay)
    unfiltered = FoldedConnection(name, pre, post, locked(weights * direct), None, delay)
    return (filtered,) * (discrete is not None) + (unfiltered,) * (direct != 0)


def size_of(source: Input | Ensemble) -> int:
    """Number of values or neurons of a source."""
    return source.size if isinstance(source, Input) else source.n_neurons


def value_of_source(source: Input | Ensemble, dt_s: float) -> float:
    """Value of a spike, or of a unit of an input."""
    if isinstance(source, Ensemble):
        return source.neurons.amplitude / dt_s
    return 1.0 / dt_s if source.kind == "spike" else 1.0


def transformed(
    decoders: FloatArray | None,
    transform: FloatArray | None,
    pre_slice: IndexArray | None,
    n_pre: int,
) -> FloatArray:
    """Return transform x slice x decoders, shape (size_out, n_pre)."""
    source = np.eye(n_pre) if decoders is None else decoders
    if pre_slice is not None:
        source = source[pre_slice]
    if transform is None:
        return source
    if transform.ndim < 2:
        return transform.reshape(-1, 1) * source
    if decoders is None and pre_slice is None:
        return transform
    return np.asarray(transform @ source)


def placed(matrix: FloatArray, rows: IndexArray | None, size: int) -> FloatArray:
    """Put the rows of ``matrix`` at ``rows`` of ``size``, zeros elsewhere."""
    if rows is None:
        return matrix
    placed = np.zeros((size, matrix.shape[1]))
    placed[rows] = matrix
    return placed
