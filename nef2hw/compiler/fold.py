"""Fold a trained network into dense weights and biases."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain

import numpy as np

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import (
    DiscreteFilter,
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.errors import ModelError, all_of
from nef2hw.model.network import (
    PROBES,
    Connection,
    Ensemble,
    FloatArray,
    IndexArray,
    Input,
    Probe,
    TrainedNetwork,
    locked,
)
from nef2hw.model.order import update_order
from nef2hw.model.synapses import Synapse

__all__ = [
    "FoldedConnection",
    "FoldedInput",
    "FoldedNetwork",
    "FoldedPopulation",
    "FoldedProbe",
    "fold",
    "step_order",
]

#: Most weights of one dense connection (1 GiB of float64).
MAX_WEIGHTS = 1 << 27


def fold(trained: TrainedNetwork) -> FoldedNetwork:
    """Fold ``trained``; parallel connections of the same kind are summed into one.

    Raises
    ------
    ModelError
        For a cycle of connections without delay, or a connection too large to be dense.
    """
    parts: tuple[Input | Ensemble, ...] = (*trained.inputs, *trained.ensembles)
    ends = {part.name: part for part in parts}
    readouts = [probe for probe in trained.probes if not _is_plain_spikes(probe)]
    outputs = {PROBES + probe.name: probe.size for probe in readouts}
    foldings: list[Callable[[], tuple[FoldedConnection, ...]]] = [
        *(_folding(c, ends, outputs, trained.dt_s) for c in trained.connections),
        *(partial(_fold_readout, p, ends, trained.dt_s) for p in readouts if p.target),
    ]
    folded = FoldedNetwork(
        dt_s=trained.dt_s,
        inputs=tuple(
            FoldedInput(i.name, i.size, i.kind, i.low, i.high, i.default) for i in trained.inputs
        ),
        populations=(*map(_fold_ensemble, trained.ensembles), *map(_readout_population, readouts)),
        connections=_merge(chain.from_iterable(all_of(foldings))),
        probes=tuple(_fold_probe(probe, ends, trained.dt_s) for probe in trained.probes),
    )
    step_order(folded)
    return folded


def step_order(folded: FoldedNetwork) -> tuple[str, ...]:
    """Return the populations in an order that respects connections without delay."""
    return update_order(
        [population.name for population in folded.populations],
        [(c.pre, c.post) for c in folded.connections if c.delay == 0],
    )


def _fold_ensemble(ensemble: Ensemble) -> FoldedPopulation:
    return FoldedPopulation(
        name=ensemble.name,
        bias=ensemble.bias,
        neurons=ensemble.neurons,
        voltage_init=ensemble.voltage_init,
        refractory_init_s=ensemble.refractory_init_s,
    )


def _is_plain_spikes(probe: Probe) -> bool:
    return (
        probe.target is not None
        and probe.target.neurons
        and probe.synapse is None
        and probe.delay == 0
        and probe.transform is None
        and probe.bias is None
    )


def _readout_population(probe: Probe) -> FoldedPopulation:
    bias = locked(np.zeros(probe.size)) if probe.bias is None else probe.bias
    return FoldedPopulation(PROBES + probe.name, bias, neurons=None)


def _fold_probe(probe: Probe, ends: dict[str, Input | Ensemble], dt_s: float) -> FoldedProbe:
    if probe.target is not None and _is_plain_spikes(probe):
        scale = _value_of_source(ends[probe.target.name], dt_s)
        return FoldedProbe(probe.name, "spikes", probe.target.name, scale)
    return FoldedProbe(probe.name, "readout", PROBES + probe.name)


def _folding(
    connection: Connection,
    ends: dict[str, Input | Ensemble],
    outputs: dict[str, int],
    dt_s: float,
) -> Callable[[], tuple[FoldedConnection, ...]]:
    """Return the call that folds a connection to an ensemble or to an output."""
    source, post = ends[connection.pre.name], connection.post.name
    if post in outputs:
        return partial(_fold_connection, connection, source, outputs[post], _to_output, dt_s)
    target = ends[post]
    assert isinstance(target, Ensemble)
    weigh = partial(_to_ensemble, target)
    return partial(_fold_connection, connection, source, target.n_neurons, weigh, dt_s)


def _fold_connection(
    connection: Connection,
    source: Input | Ensemble,
    size: int,
    weigh: Callable[[Connection, FloatArray, int], FloatArray],
    dt_s: float,
) -> tuple[FoldedConnection, ...]:
    _check_size(f"connections/{connection.name}", size, _size(source))
    matrix = _transformed(
        connection.decoders, connection.transform, connection.pre_slice, _size(source)
    )
    weights = weigh(connection, matrix, size) * _value_of_source(source, dt_s)
    ends_of = (connection.name, source.name, connection.post.name)
    return _filtered(*ends_of, weights, connection.synapse, connection.delay, dt_s)


def _to_output(connection: Connection, matrix: FloatArray, size: int) -> FloatArray:
    return _placed(matrix, connection.post_slice, size)


def _to_ensemble(
    target: Ensemble, connection: Connection, matrix: FloatArray, size: int
) -> FloatArray:
    gain = target.gain[:, np.newaxis]
    if connection.post.neurons:
        return np.asarray(gain * _placed(matrix, connection.post_slice, size))
    assert target.encoders is not None
    encoders = gain * target.encoders / target.radius
    rows = slice(None) if connection.post_slice is None else connection.post_slice
    return np.asarray(encoders[:, rows] @ matrix)


def _fold_readout(
    probe: Probe, ends: dict[str, Input | Ensemble], dt_s: float
) -> tuple[FoldedConnection, ...]:
    assert probe.target is not None
    source = ends[probe.target.name]
    _check_size(f"probes/{probe.name}", probe.size, _size(source))
    matrix = _transformed(probe.decoders, probe.transform, None, _size(source))
    name = PROBES + probe.name
    weights = matrix * _value_of_source(source, dt_s)
    return _filtered(name, source.name, name, weights, probe.synapse, probe.delay, dt_s)


def _filtered(
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


def _size(source: Input | Ensemble) -> int:
    return source.size if isinstance(source, Input) else source.n_neurons


def _value_of_source(source: Input | Ensemble, dt_s: float) -> float:
    if isinstance(source, Ensemble):
        return source.neurons.amplitude / dt_s
    return 1.0 / dt_s if source.kind == "spike" else 1.0


def _check_size(place: str, n_post: int, n_pre: int) -> None:
    if n_post * n_pre > MAX_WEIGHTS:
        raise ModelError(
            f"{place} joins {n_pre} to {n_post}, {n_pre * n_post} weights; the limit "
            f"is {MAX_WEIGHTS}"
        )


def _transformed(
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


def _placed(matrix: FloatArray, rows: IndexArray | None, size: int) -> FloatArray:
    """Put the rows of ``matrix`` at ``rows`` of ``size``, zeros elsewhere."""
    if rows is None:
        return matrix
    placed = np.zeros((size, matrix.shape[1]))
    placed[rows] = matrix
    return placed


def _merge(connections: Iterable[FoldedConnection]) -> tuple[FoldedConnection, ...]:
    merged: dict[tuple[str, str, DiscreteFilter | None, int], FoldedConnection] = {}
    for new in connections:
        key = (new.pre, new.post, new.filter, new.delay)
        old = merged.get(key)
        if old is not None:
            new = FoldedConnection(
                f"{old.name}+{new.name}",
                new.pre,
                new.post,
                locked(old.weights + new.weights),
                new.filter,
                new.delay,
            )
        merged[key] = new
    return tuple(merged.values())
