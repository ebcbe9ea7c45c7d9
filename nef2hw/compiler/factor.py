"""Factored connections: decoded values are summed and filtered, and only then encoded.

All that comes to an ensemble through its encoders is a few values, as many as
the ensemble has dimensions. Where that is less work than a weight for each pair
of source and neuron, the values are computed by themselves: spikes and inputs
drive populations without neurons, the *gangs*, and each ensemble takes its
slice of a gang, a *relay*, through its encoders in the same step.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import inf

import numpy as np

from nef2hw.compiler.folded import (
    DiscreteFilter,
    FoldedConnection,
    FoldedPopulation,
    FoldedRelay,
)
from nef2hw.compiler.levels import levels_of
from nef2hw.compiler.weights import (
    check_weights,
    filtered,
    placed,
    size_of,
    transformed,
    value_of_source,
)
from nef2hw.model.network import Connection, Ensemble, FloatArray, Input, TrainedNetwork, locked
from nef2hw.model.order import update_order
from nef2hw.model.synapses import Synapse
from nef2hw.program.words import VALUES_PER_WORD

#: Prefixes of the names of relays and gangs; no name of a model has a slash.
RELAYS, GANGS = "relays/", "gangs/"

#: Spikes of a neuron in a step, as far as the choice goes.
SPIKE_RATE = 0.1
#: Bits that are set in a value.
SET_BITS = 6
#: Weights that are added while a neuron of one compartment is updated.
PER_UPDATE = 32
#: What a relay costs besides, as weights: about 64 cycles of waiting, and 24 for each compartment.
RELAY_COST, COMPARTMENT_COST = 64 * PER_UPDATE, 24 * PER_UPDATE


class Factoring(Enum):
    """What connections are factored for: so many weights in memory are worth one that is added."""

    NEVER = inf
    FASTER = 12.0  #: short steps
    SMALLER = 0.25  #: little memory


@dataclass(frozen=True)
class Factored:
    """What takes the place of factored connections."""

    populations: tuple[FoldedPopulation, ...] = ()
    relays: tuple[FoldedRelay, ...] = ()
    connections: tuple[FoldedConnection, ...] = ()


@dataclass(frozen=True)
class _Decoded:
    """The values that an ensemble takes, and the weights that make them."""

    post: Ensemble
    encoders: FloatArray  #: (n_post, d), current per unit of value
    parts: tuple[FoldedConnection, ...]  #: (d, n_pre) each

    @property
    def size(self) -> int:
        return int(self.encoders.shape[1])


def factorings(trained: TrainedNetwork, dense: bool = False) -> tuple[Factoring, ...]:
    """Return what to try, one after the other, until a core fits; ``dense`` allows no factoring."""
    if dense:
        return (Factoring.NEVER,)
    faster, smaller = (worth_factoring(trained, f) for f in (Factoring.FASTER, Factoring.SMALLER))
    return (Factoring.FASTER, Factoring.SMALLER)[: 1 + (faster.keys() != smaller.keys())]


def worth_factoring(
    trained: TrainedNetwork, factoring: Factoring
) -> dict[str, tuple[Connection, ...]]:
    """Choose the ensembles whose connections are factored, and list those connections.

    They are all those that come through the encoders. Dense, a spike, or a bit of an input, costs
    a weight for each neuron of the ensemble, as far as that takes longer than to update the
    neurons once for each compartment. Factored, it costs a weight for each dimension, each bit of
    a dimension's value one for each neuron, and all compartments are one. What is kept in memory
    counts as ``factoring`` says.
    """
    if factoring is Factoring.NEVER:
        return {}
    ensembles = {ensemble.name: ensemble for ensemble in trained.ensembles}
    encoded: dict[str, list[Connection]] = {}
    for one in trained.connections:
        if one.post.name in ensembles and not one.post.neurons:
            encoded.setdefault(one.post.name, []).append(one)
    ends = _ends(trained)
    return {
        post: tuple(connections)
        for post, connections in encoded.items()
        if _is_cheaper(ensembles[post], connections, ends, factoring.value)
    }


def _ends(trained: TrainedNetwork) -> dict[str, Input | Ensemble]:
    parts: tuple[Input | Ensemble, ...] = (*trained.inputs, *trained.ensembles)
    return {part.name: part for part in parts}


def _is_cheaper(
    post: Ensemble,
    connections: Sequence[Connection],
    ends: Mapping[str, Input | Ensemble],
    kept: float,
) -> bool:
    """Compare the weights that are added in a step, or could be while neurons are updated.

    So many weights as ``kept`` in memory count as one.
    """
    assert post.encoders is not None
    sources = {(c.pre.name, c.synapse, c.delay) for c in connections}
    compartments = len({_compartment(ends[name], s, delay) for name, s, delay in sources})
    events = sum(_events(ends[name]) for name, *_ in sources)
    stored = sum(size_of(ends[name]) for name, *_ in sources) / kept
    neurons, dimensions = post.n_neurons, post.encoders.shape[1]
    dense = neurons * (max(PER_UPDATE * compartments, events) + stored)
    encoders = neurons * (SET_BITS + 1 / kept)
    added = neurons * PER_UPDATE + (events + stored + encoders) * dimensions
    return bool(added + RELAY_COST + COMPARTMENT_COST * compartments < dense)


def _compartment(source: Input | Ensemble, synapse: Synapse | None, delay: int) -> Hashable:
    """What connections must have in common to share a compartment; an input has its own."""
    is_value = isinstance(source, Input) and source.kind == "value"
    return (source.name if is_value else None, synapse, delay)


def _events(source: Input | Ensemble) -> float:
    """Spikes, or set bits, that a source sends in a step."""
    values = isinstance(source, Input) and source.kind == "value"
    return (SET_BITS if values else SPIKE_RATE) * size_of(source)


def factor(trained: TrainedNetwork, chosen: Mapping[str, Sequence[Connection]]) -> Factored:
    """Make gangs and relays of the connections into the ``chosen`` ensembles.

    Raises
    ------
    ModelError
        For a cycle of connections without delay, or a connection with too many weights.
    """
    ensembles = {ensemble.name: ensemble for ensemble in trained.ensembles}
    ends = _ends(trained)
    decoded = [_decode(ensembles[name], chosen[name], ends, trained.dt_s) for name in chosen]
    level = _levels(trained, chosen)
    gangs = [
        _gang(f"{GANGS}{k}", [d for d in decoded if level[RELAYS + d.post.name] == k])
        for k in sorted({level[RELAYS + name] for name in chosen})
    ]
    return Factored(
        tuple(population for gang in gangs for population in gang.populations),
        tuple(relay for gang in gangs for relay in gang.relays),
        tuple(connection for gang in gangs for connection in gang.connections),
    )


def _decode(
    post: Ensemble,
    connections: Iterable[Connection],
    ends: Mapping[str, Input | Ensemble],
    dt_s: float,
) -> _Decoded:
    assert post.encoders is not None
    parts: list[FoldedConnection] = []
    for one in connections:
        pre, size = ends[one.pre.name], post.encoders.shape[1]
        place = f"connections/{one.name}"
        check_weights(place, size, size_of(pre))
        matrix = transformed(place, one.decoders, one.transform, one.pre_slice, size_of(pre))
        weights = placed(matrix, one.post_slice, size)
        weights = weights * value_of_source(pre, dt_s)
        names = (one.name, pre.name, RELAYS + post.name)
        parts += filtered(*names, weights, one.synapse, one.delay, dt_s)
    encoders = post.gain[:, np.newaxis] * post.encoders / post.radius
    return _Decoded(post, locked(encoders), tuple(parts))


def _levels(trained: TrainedNetwork, chosen: Mapping[str, Sequence[Connection]]) -> dict[str, int]:
    """Level of each ensemble and relay, every relay on its own; gangs are of equal level."""
    names = [ensemble.name for ensemble in trained.ensembles]
    immediate = [c for c in trained.connections if c.delay == 0]
    update_order(names, [(c.pre.name, c.post.name) for c in immediate])
    passed = {c.name for connections in chosen.values() for c in connections}
    edges = [
        (c.pre.name, RELAYS * (c.name in passed) + c.post.name)
        for c in immediate
        if c.post.name in names
    ]
    edges += [(RELAYS + name, name) for name in chosen]
    return levels_of([*names, *(RELAYS + name for name in chosen)], edges)


def _gang(name: str, members: Sequence[_Decoded]) -> Factored:
    """Put the values of ``members`` into one population, one after the other."""
    firsts, size = slice_places([member.size for member in members])
    relays = tuple(
        FoldedRelay(RELAYS + m.post.name, name, first, m.size, m.post.radius)
        for m, first in zip(members, firsts, strict=True)
    )
    encoding = [
        FoldedConnection(relay.name, relay.name, m.post.name, m.encoders, None, 0)
        for m, relay in zip(members, relays, strict=True)
    ]
    population = FoldedPopulation(name, locked(np.zeros(size)), neurons=None)
    decoding = _summed(name, size, zip(members, firsts, strict=True))
    return Factored((population,), relays, (*decoding, *encoding))


def slice_places(sizes: Sequence[int]) -> tuple[list[int], int]:
    """Place slices in words of ``VALUES_PER_WORD`` values; return first values and total size.

    A small slice lies within one word, a larger one has its words for itself.
    """
    firsts, place = [], 0
    for size in sizes:
        left = -place % VALUES_PER_WORD
        if size > left:
            place += left
        firsts.append(place)
        place += size if size <= VALUES_PER_WORD else size + -size % VALUES_PER_WORD
    return firsts, place


def _summed(
    gang: str, size: int, members: Iterable[tuple[_Decoded, int]]
) -> tuple[FoldedConnection, ...]:
    """Sum the parts of all members by source, filter and delay, each at its place."""
    sums: dict[tuple[str, DiscreteFilter | None, int], FoldedConnection] = {}
    arrays: dict[tuple[str, DiscreteFilter | None, int], FloatArray] = {}
    names: dict[tuple[str, DiscreteFilter | None, int], list[str]] = {}
    for member, first in members:
        for part in member.parts:
            key = (part.pre, part.filter, part.delay)
            if key not in sums:
                sums[key], names[key] = part, []
                arrays[key] = np.zeros((size, part.weights.shape[1]))
            arrays[key][first : first + member.size] += part.weights
            names[key].append(part.name)
    return tuple(
        replace(part, name="+".join(names[key]), post=gang, weights=locked(arrays[key]))
        for key, part in sums.items()
    )
