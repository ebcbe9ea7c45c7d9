"""Nengo's connections: from which source, through what, to which target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo.blocks import Block, identity
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.filters import read_synapse
from nef2hw.frontends.nengo.transforms import read_transform
from nef2hw.model.network import Ensemble, FloatArray, IndexArray
from nef2hw.model.synapses import Synapse


@dataclass(frozen=True, eq=False)
class Source:
    """Where values or spikes arise; compared by identity."""

    name: str  #: of the input or ensemble
    size: int
    decoders: FloatArray | None = None  #: (size, n), of an ensemble's decoded value
    neurons: bool = False  #: the spikes of an ensemble
    value: FloatArray | None = None  #: (size,), of a constant

    @property
    def is_ensemble(self) -> bool:
        """Whether neurons make it."""
        return self.neurons or self.decoders is not None


@dataclass(frozen=True, eq=False)
class Parts:
    """What of a network can be joined; parts that were refused are missing."""

    names: Mapping[Any, str]  #: of all ensembles and nodes
    ensembles: Mapping[Any, Ensemble]
    sources: Mapping[Any, Source]  #: of stimuli, constants and neurons
    relays: frozenset[Any]  #: passthrough nodes

    def name(self, part: Any) -> str:
        """Return how to call an ensemble, its neurons, or a node."""
        if isinstance(part, nengo.ensemble.Neurons):
            return f"{self.names[part.ensemble]}.neurons"
        return self.names[part]

    def __contains__(self, part: Any) -> bool:
        return part in self.ensembles or part in self.sources or part in self.relays


@dataclass(frozen=True, eq=False)
class Link:
    """A connection: take -> transform -> synapse -> put."""

    place: str  #: what to call it in messages
    label: str | None
    pre: Source | Any  #: a source, or the passthrough node that it comes from
    post: Any  #: ensemble, neurons or passthrough node
    take: IndexArray | None  #: what of ``pre``, None is all
    transform: FloatArray  #: (), (k,) diagonal or (out, in)
    synapse: Synapse | None
    put: IndexArray  #: where in ``post``
    size: int  #: of ``post``


@dataclass(frozen=True, eq=False)
class Path:
    """What of a source arrives somewhere, and through which synapses."""

    source: Source
    block: Block  #: (size of the target, size of the source)
    synapses: tuple[Synapse, ...] = ()
    via: tuple[str, ...] = ()  #: passthrough nodes

    def of_constant(self) -> FloatArray:
        """Return what a constant adds to the target, (size of the target,)."""
        assert self.source.value is not None
        arrived = np.zeros(self.block.size)
        arrived[self.block.rows] = self.block.matrix @ self.source.value
        return arrived


def read_link(built: Built, connection: Any, parts: Parts) -> Link | None:
    """Read a connection; None if it belongs to a part that was refused.

    Raises
    ------
    ModelError
        The connection learns, or something on it cannot be done in hardware.
    """
    pre, post = connection.pre_obj, connection.post_obj
    if isinstance(post, nengo.connection.LearningRule):
        return None
    place = f"connection from {parts.name(pre)!r} to {parts.name(post)!r}"
    try:
        _check_fixed(connection)
        return _read(built, connection, parts, place) if pre in parts and post in parts else None
    except ModelError as problem:
        raise ModelError(f"{place}: {problem}") from problem


def _check_fixed(connection: Any) -> None:
    rules = connection.learning_rule_type
    rules = rules.values() if isinstance(rules, dict) else np.atleast_1d(rules)
    found = [rule for rule in rules if rule is not None]
    if found:
        kinds = ", ".join(type(rule).__name__ for rule in found)
        cures = dict.fromkeys(_learned(connection, rule) for rule in found)
        raise ModelError(
            f"it learns ({kinds}), which the hardware does not; let Nengo learn, then give it what "
            f"it learned, with {'; and '.join(cures)}, and no learning_rule_type"
        )


def _learned(connection: Any, rule: Any) -> str:
    """How a connection, or the ensemble after it, gets what a rule has learned."""
    weights = "weights being the last that a probe of its 'weights' saw"
    if rule.modifies == "encoders":
        return (
            "encoders=scaled * radius / gain[:, None], normalize_encoders=False, gain and bias of "
            "the ensemble that it leads to, scaled being the last that a probe of that ensemble's "
            "'scaled_encoders' saw, gain and bias those of the simulator's data[ensemble]"
        )
    if not isinstance(connection.pre_obj, nengo.Ensemble):
        return f"transform=weights, {weights}"
    if connection.solver.weights:
        return (
            "a connection between the neurons of both ensembles, transform=weights / "
            f"gain[:, None], {weights}, gain the simulator's data[ensemble].gain of the second"
        )
    size = connection.size_out
    return (
        f"solver=nengo.solvers.NoSolver(weights.T), function=lambda x: np.zeros({size}) and no "
        f"transform, {weights}"
    )


def _read(built: Built, connection: Any, parts: Parts, place: str) -> Link:
    pre, post = connection.pre_obj, connection.post_obj
    synapse = read_synapse(connection.synapse, built.dt_s)
    weights = built.model.params[connection].weights
    put = np.arange(post.size_in)[connection.post_slice]
    if pre not in parts.ensembles:
        if connection.function is not None:
            raise ModelError(
                "a function is computed of a node's values, without neurons; let the node itself "
                "give what the function returns"
            )
        start = parts.sources.get(pre, pre)
        take = np.arange(pre.size_out)[connection.pre_slice]
        transform = read_transform(connection.transform, weights)
        label = connection.label
        return Link(place, label, start, post, take, transform, synapse, put, post.size_in)
    if connection.solver.weights and isinstance(post, nengo.Ensemble):
        start, post = parts.sources[pre.neurons], post.neurons
        transform = _without_gain(weights, parts.ensembles[post.ensemble])
        put = np.arange(post.size_in)
    else:
        start = Source(parts.names[pre], len(weights), decoders=np.asarray(weights))
        transform = np.ones(())
    return Link(place, connection.label, start, post, None, transform, synapse, put, post.size_in)


def _without_gain(weights: FloatArray, post: Ensemble) -> FloatArray:
    """Turn currents into what is to be multiplied by the gain of ``post``."""
    still = post.gain == 0
    if weights[still].any():
        raise ModelError(
            f"full weights lead to the neuron {np.flatnonzero(still)[0]} of {post.name!r}, whose "
            "gain is 0; give it another gain"
        )
    return np.asarray(weights / np.where(still, 1.0, post.gain)[:, np.newaxis])


def arriving(
    link: Link, relayed: Mapping[Any, tuple[Path, ...]], names: Mapping[Any, str]
) -> list[Path]:
    """Return what ``link`` brings to its target; ``relayed`` is what passthrough nodes hold."""
    if isinstance(link.pre, Source):
        paths: Iterable[Path] = (Path(link.pre, identity(link.pre.size)),)
        via: tuple[str, ...] = ()
    else:
        paths, via = relayed[link.pre], (names[link.pre],)
    return [
        Path(
            source=path.source,
            block=_through(link, path.block),
            synapses=path.synapses + ((link.synapse,) if link.synapse else ()),
            via=path.via + via,
        )
        for path in paths
    ]


def _through(link: Link, block: Block) -> Block:
    taken = block if link.take is None else block.take(link.take)
    return taken.transformed(link.transform).placed(link.put, link.size).trimmed()
