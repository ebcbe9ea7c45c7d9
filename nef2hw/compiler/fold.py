"""Fold a trained network into weights and biases, dense or factored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import chain

import numpy as np

from nef2hw.compiler.factor import Factored, Factoring, factor, worth_factoring
from nef2hw.compiler.folded import (
    DiscreteFilter,
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.compiler.weights import (
    check_weights,
    filtered,
    placed,
    size_of,
    transformed,
    value_of_source,
)
from nef2hw.errors import all_of
from nef2hw.model.network import (
    PROBES,
    Connection,
    Ensemble,
    FloatArray,
    Input,
    Probe,
    TrainedNetwork,
    locked,
)
from nef2hw.model.order import update_order

__all__ = [
    "FoldedConnection",
    "FoldedInput",
    "FoldedNetwork",
    "FoldedPopulation",
    "FoldedProbe",
    "fold",
    "step_order",
]


def fold(trained: TrainedNetwork, factoring: Factoring = Factoring.FASTER) -> FoldedNetwork:
    """Fold ``trained``; parallel connections of the same kind are summed into one.

    Parameters
    ----------
    factoring : Factoring
        Which connections are factored, instead of having a weight for each pair of neurons.

    Raises
    ------
    ModelError
        For a cycle of connections without delay, or a connection too large to be dense.
    """
    parts: tuple[Input | Ensemble, ...] = (*trained.inputs, *trained.ensembles)
    ends = {part.name: part for part in parts}
    readouts = [probe for probe in trained.probes if not _is_plain_spikes(probe)]
    outputs = {PROBES + probe.name: probe.size for probe in readouts}
    chosen = worth_factoring(trained, factoring)
    factored = factor(trained, chosen) if chosen else Factored()
    passed = {connection for connections in chosen.values() for connection in connections}
    foldings: list[Callable[[], tuple[FoldedConnection, ...]]] = [
        *(_folding(c, ends, outputs, trained.dt_s) for c in trained.connections if c not in passed),
        *(partial(_fold_readout, p, ends, trained.dt_s) for p in readouts if p.target),
    ]
    folded = FoldedNetwork(
        dt_s=trained.dt_s,
        inputs=tuple(
            FoldedInput(i.name, i.size, i.kind, i.low, i.high, i.default) for i in trained.inputs
        ),
        populations=(
            *map(_fold_ensemble, trained.ensembles),
            *factored.populations,
            *map(_readout_population, readouts),
        ),
        connections=(*_merge(chain.from_iterable(all_of(foldings))), *factored.connections),
        probes=tuple(_fold_probe(probe, ends, trained.dt_s) for probe in trained.probes),
        relays=factored.relays,
    )
    step_order(folded)
    return folded


def step_order(folded: FoldedNetwork) -> tuple[str, ...]:
    """Return the populations in an order that respects connections without delay."""
    return update_order([population.name for population in folded.populations], folded.immediate())


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
        scale = value_of_source(ends[probe.target.name], dt_s)
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
    place, n_pre = f"connections/{connection.name}", size_of(source)
    check_weights(place, size, n_pre)
    matrix = transformed(
        place, connection.decoders, connection.transform, connection.pre_slice, n_pre
    )
    weights = weigh(connection, matrix, size) * value_of_source(source, dt_s)
    ends_of = (connection.name, source.name, connection.post.name)
    return filtered(*ends_of, weights, connection.synapse, connection.delay, dt_s)


def _to_output(connection: Connection, matrix: FloatArray, size: int) -> FloatArray:
    return placed(matrix, connection.post_slice, size)


def _to_ensemble(
    target: Ensemble, connection: Connection, matrix: FloatArray, size: int
) -> FloatArray:
    gain = target.gain[:, np.newaxis]
    if connection.post.neurons:
        return np.asarray(gain * placed(matrix, connection.post_slice, size))
    assert target.encoders is not None
    encoders = gain * target.encoders / target.radius
    rows = slice(None) if connection.post_slice is None else connection.post_slice
    return np.asarray(encoders[:, rows] @ matrix)


def _fold_readout(
    probe: Probe, ends: dict[str, Input | Ensemble], dt_s: float
) -> tuple[FoldedConnection, ...]:
    assert probe.target is not None
    source = ends[probe.target.name]
    place = f"probes/{probe.name}"
    check_weights(place, probe.size, size_of(source))
    matrix = transformed(place, probe.decoders, probe.transform, None, size_of(source))
    name = PROBES + probe.name
    weights = matrix * value_of_source(source, dt_s)
    return filtered(name, source.name, name, weights, probe.synapse, probe.delay, dt_s)


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
