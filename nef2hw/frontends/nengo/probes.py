"""Nengo's probes: decoded values, spikes, and what passthrough nodes hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo.blocks import compact, identity
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.connections import series_of
from nef2hw.frontends.nengo.filters import read_synapse
from nef2hw.frontends.nengo.links import Parts, Path, Source
from nef2hw.model.network import Endpoint, FloatArray, Probe, locked
from nef2hw.model.synapses import Synapse

#: What is decoded or counted; everything else that Nengo probes stays inside the hardware.
_OUTPUTS = ("decoded_output", "output", "spikes")

_Key = tuple[str, bool, Synapse | None]  # ensemble, whether its spikes, synapse


@dataclass(frozen=True, eq=False)
class Readout:
    """What a probe sees."""

    name: str
    place: str
    size: int
    paths: tuple[Path, ...]


class NotReported(Exception):
    """A probe sees what the hardware does not report; the text says what."""


def probe_name(probe: Any, parts: Parts) -> str:
    """Return the label of a probe, or what it is the probe of."""
    if probe.label:
        return str(probe.label)
    target = probe.obj
    if isinstance(target, nengo.ensemble.Neurons):
        return (
            f"{parts.names[target.ensemble]}_{'spikes' if probe.attr == 'output' else probe.attr}"
        )
    if target not in parts.names:
        return "probe"
    return parts.names[target] if probe.attr in _OUTPUTS else f"{parts.names[target]}_{probe.attr}"


def read_readout(
    built: Built, probe: Any, name: str, parts: Parts, relayed: Mapping[Any, tuple[Path, ...]]
) -> Readout | None:
    """Say which sources a probe sees; None if it sees a part that was refused.

    Raises
    ------
    NotReported
        It sees something that the hardware has no output for.
    ModelError
        Its synapse is none that hardware has.
    """
    target = probe.obj
    if probe.attr not in _OUTPUTS or isinstance(target, nengo.Connection):
        raise NotReported(f"{probe.attr!r} of {_what(target, parts)}")
    if target not in parts:
        return None
    place = f"probe {name!r} of {parts.name(target)!r}"
    try:
        synapse = read_synapse(probe.synapse, built.dt_s)
    except ModelError as problem:
        raise ModelError(f"{place}: {problem}") from problem
    if target in parts.ensembles:
        weights = built.probe_weights(probe)
        decoded = Source(parts.names[target], len(weights), decoders=np.asarray(weights))
        seen: tuple[Path, ...] = (Path(decoded, identity(len(weights))),)
    else:
        seen = _sliced(probe, _seen(target, parts, relayed))
    own = (synapse,) if synapse else ()
    paths = tuple(
        Path(path.source, path.block, path.synapses + own, path.via)
        for path in seen
        if len(path.block.rows)
    )
    return Readout(name, place, probe.size_in, paths)


def _what(target: Any, parts: Parts) -> str:
    return "a connection" if isinstance(target, nengo.Connection) else repr(parts.name(target))


def _seen(target: Any, parts: Parts, relayed: Mapping[Any, tuple[Path, ...]]) -> tuple[Path, ...]:
    if target in parts.relays:
        return tuple(
            Path(path.source, path.block, path.synapses, (*path.via, parts.names[target]))
            for path in relayed[target]
        )
    source = parts.sources[target]
    return (Path(source, identity(source.size)),)


def _sliced(probe: Any, paths: Iterable[Path]) -> tuple[Path, ...]:
    if probe.slice is None:
        return tuple(paths)
    indices = np.arange(probe.obj.size_out)[probe.slice]
    return tuple(
        Path(path.source, path.block.take(indices), path.synapses, path.via) for path in paths
    )


def read_probes(readout: Readout, dt_s: float) -> list[Probe]:
    """Write what a probe sees as probes of one ensemble each, which add up to it.

    Raises
    ------
    NotReported
        Part of it does not come from neurons, or all of it is constant.
    ModelError
        It passes more synapses than one can stand for.
    """
    made = [path for path in readout.paths if path.source.is_ensemble]
    given = [path for path in readout.paths if not path.source.is_ensemble]
    moving = [path.source.name for path in given if path.source.value is None or path.synapses]
    if moving:
        also = " besides neurons" if made else ""
        raise NotReported(f"{', '.join(map(repr, dict.fromkeys(moving)))}{also}, which you feed")
    if not made:
        raise NotReported("a constant" if given else "a node that nothing leads to")
    bias = sum((path.of_constant() for path in given), np.zeros(readout.size))
    groups: dict[_Key, FloatArray] = {}
    for path in made:
        key = path.source.name, path.source.neurons, series_of(path, readout.place, dt_s)
        groups.setdefault(key, np.zeros((readout.size, _n_neurons(path.source))))
        matrix, decoders = path.block.matrix, path.source.decoders
        groups[key][path.block.rows] += matrix if decoders is None else matrix @ decoders
    first, *others = [_probe(readout.name, key, matrix) for key, matrix in groups.items()]
    if bias.any():
        first = replace(first, bias=locked(bias))
    if not others:
        return [first]
    return [replace(probe, name=f"{probe.name}_{probe.target.name}") for probe in (first, *others)]


def _n_neurons(source: Source) -> int:
    return source.size if source.decoders is None else source.decoders.shape[1]


def _probe(name: str, key: _Key, matrix: FloatArray) -> Probe:
    target, neurons, synapse = key
    transform = compact(matrix) if neurons else None
    return Probe(
        name=name,
        target=Endpoint(target, neurons),
        size=len(matrix),
        decoders=None if neurons else locked(matrix),
        transform=None if transform is None else locked(transform),
        synapse=synapse,
        delay=0 if synapse is None else 1,
    )
