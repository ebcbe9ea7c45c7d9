"""What is between two ends of a connection, as one matrix and discrete filters."""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import FoldedConnection
from nef2hw.errors import ModelError
from nef2hw.model.network import Ensemble, FloatArray, IndexArray, Input, locked
from nef2hw.model.synapses import Synapse

#: Most weights of one dense connection (1 GiB of float64).
MAX_WEIGHTS = 1 << 27


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


def check_weights(place: str, n_post: int, n_pre: int) -> None:
    """Refuse a matrix that no machine should be asked to hold.

    Raises
    ------
    ModelError
        Naming ``place``, both sizes and the limit.
    """
    if n_post * n_pre > MAX_WEIGHTS:
        raise ModelError(
            f"{place} joins {n_pre} to {n_post}, {n_pre * n_post} weights; the limit "
            f"is {MAX_WEIGHTS}, make one of them smaller"
        )


def transformed(
    place: str,
    decoders: FloatArray | None,
    transform: FloatArray | None,
    pre_slice: IndexArray | None,
    n_pre: int,
) -> FloatArray:
    """Return transform x slice x decoders, shape (size_out, n_pre).

    Raises
    ------
    ModelError
        The matrix is too large; the message names ``place``.
    """
    if transform is not None and transform.ndim == 2:
        check_weights(place, len(transform), n_pre)
    if decoders is None:
        return _selected(place, transform, pre_slice, n_pre)
    source = decoders if pre_slice is None else decoders[pre_slice]
    if transform is None:
        return source
    if transform.ndim < 2:
        return transform.reshape(-1, 1) * source
    return np.asarray(transform @ source)


def _selected(
    place: str, transform: FloatArray | None, pre_slice: IndexArray | None, n_pre: int
) -> FloatArray:
    """Return transform x slice; a slice may name a source twice."""
    if transform is not None and transform.ndim == 2:
        if pre_slice is None:
            return transform
        matrix = np.zeros((len(transform), n_pre))
        np.add.at(matrix.T, pre_slice, transform.T)
        return matrix
    chosen = np.arange(n_pre) if pre_slice is None else pre_slice
    check_weights(place, len(chosen), n_pre)
    matrix = np.zeros((len(chosen), n_pre))
    matrix[np.arange(len(chosen)), chosen] = 1.0 if transform is None else transform
    return matrix


def placed(matrix: FloatArray, rows: IndexArray | None, size: int) -> FloatArray:
    """Put the rows of ``matrix`` at ``rows`` of ``size``, zeros elsewhere."""
    if rows is None:
        return matrix
    placed = np.zeros((size, matrix.shape[1]))
    placed[rows] = matrix
    return placed
