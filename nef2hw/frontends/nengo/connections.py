"""Connections and constants of the model, from what arrives at the ensembles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nengo.blocks import compact
from nef2hw.frontends.nengo.filters import in_series
from nef2hw.frontends.nengo.links import Link, Path, Source
from nef2hw.model.network import PROBES, Connection, Endpoint, Ensemble, IndexArray, locked
from nef2hw.model.synapses import Synapse


@dataclass(frozen=True, eq=False)
class Arrival:
    """What comes over one path to an ensemble, its neurons, or a probe."""

    place: str  #: what to call its last connection in messages
    label: str | None  #: of a direct connection
    path: Path
    post: Endpoint

    def is_bias(self, inputs: Set[str]) -> bool:
        """Whether it is a value that never changes; ``inputs`` are not constant."""
        source = self.path.source
        return source.value is not None and not self.path.synapses and source.name not in inputs


def arrivals_of(link: Link, paths: Sequence[Path], names: Mapping[Any, str]) -> list[Arrival]:
    """Return what arrives at the ensemble that ``link`` leads to."""
    into_neurons = isinstance(link.post, nengo.ensemble.Neurons)
    ensemble = link.post.ensemble if into_neurons else link.post
    post = Endpoint(names[ensemble], into_neurons)
    label = link.label if isinstance(link.pre, Source) else None
    return [Arrival(link.place, label, path, post) for path in paths if len(path.block.rows)]


def with_bias(ensemble: Ensemble, constants: Sequence[Arrival]) -> Ensemble:
    """Add constants that arrive without synapse to the bias."""
    bias = ensemble.bias.copy()
    for arrival in constants:
        arrived = arrival.path.of_constant()
        if arrival.post.neurons:
            bias += ensemble.gain * arrived
        else:
            assert ensemble.encoders is not None
            scaled = ensemble.encoders * (ensemble.gain / ensemble.radius)[:, np.newaxis]
            bias += scaled @ arrived
    return replace(ensemble, bias=locked(bias))


def read_connection(arrival: Arrival, dt_s: float) -> Connection:
    """Write what arrives as a connection; its name is a proposal.

    Raises
    ------
    ModelError
        It passes more synapses than one can stand for.
    """
    path, source = arrival.path, arrival.path.source
    columns = np.flatnonzero(path.block.matrix.any(axis=0))
    decoders = None if source.decoders is None else locked(source.decoders[columns])
    transform = compact(path.block.matrix[:, columns])
    synapse = _in_series(path, arrival.place, dt_s)
    return Connection(
        name=arrival.label or f"{source.name}_to_{arrival.post.name.removeprefix(PROBES)}",
        pre=Endpoint(source.name, source.neurons),
        post=arrival.post,
        decoders=decoders,
        transform=None if transform is None else locked(transform),
        pre_slice=None if source.decoders is not None else _slice(columns, source.size),
        post_slice=_slice(path.block.rows, path.block.size),
        synapse=synapse,
        delay=0 if synapse is None else 1,
    )


def _in_series(path: Path, place: str, dt_s: float) -> Synapse | None:
    try:
        return in_series(path.synapses, dt_s)
    except ModelError as problem:
        raise ModelError(
            f"{place}: what comes from {path.source.name!r} through "
            f"{', '.join(map(repr, path.via))} passes {problem}; set synapse=None on one of the "
            "connections"
        ) from problem


def with_unique_names(connections: Sequence[Connection]) -> tuple[Connection, ...]:
    """Tell connections of the same name apart."""
    names = unique_names((connection.name for connection in connections), "connection")
    return tuple(
        replace(connection, name=name) for connection, name in zip(connections, names, strict=True)
    )


def _slice(indices: IndexArray, size: int) -> IndexArray | None:
    whole = len(indices) == size and (indices == np.arange(size)).all()
    return None if whole else locked(indices, np.int64)
