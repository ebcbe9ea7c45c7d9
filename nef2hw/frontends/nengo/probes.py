"""Nengo's probes: decoded values, spikes, and what passthrough nodes hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nengo.blocks import compact, identity
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.connections import series_of
from nef2hw.frontends.nengo.filters import read_synapse
from nef2hw.frontends.nengo.links import Parts, Path, Source
from nef2hw.frontends.nengo.notes import listing
from nef2hw.frontends.nengo.problems import Problems
from nef2hw.model.network import Endpoint, FloatArray, Probe, locked
from nef2hw.model.synapses import Synapse

Relayed = Mapping[Any, tuple[Path, ...]]
#: Where a part of a probe comes from: name of an ensemble, whether its spikes, synapse.
PartKey = tuple[str, bool, Synapse | None]

#: What Nengo calls decoded values and spikes; whatever else it probes stays inside the hardware.
_OUTPUTS = ("decoded_output", "output", "spikes")


class NotReported(Exception):
    """A probe sees what the hardware does not report; the text says what."""


@dataclass(frozen=True, eq=False)
class Readout:
    """What a probe sees."""

    name: str
    place: str  #: what to call it in messages
    size: int
    paths: tuple[Path, ...]


def network_probes(
    built: Built, parts: Parts, relayed: Relayed, problems: Problems
) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    """Make the probes of the network, and say which are left out or divided."""
    listed = built.every("probes")
    names = unique_names((_proposed_name(probe, parts) for probe in listed), "probe")
    made: dict[str, list[Probe]] = {}
    silent: list[str] = []
    for probe, name in zip(listed, names, strict=True):
        try:
            readout = problems.read(_read_readout, built, probe, name, parts, relayed)
            found = None if readout is None else problems.read(_read_parts, readout, built.dt_s)
            made[name] = found or []
        except NotReported as reason:
            silent.append(f"{name} ({reason})")
    made = _with_unique_names(made)
    divided = [
        f"{name} = {' + '.join(part.name for part in found)}"
        for name, found in made.items()
        if len(found) > 1
    ]
    sampled = [
        f"{name} (in Nengo every {probe.sample_every:g} s)"
        for probe, name in zip(listed, names, strict=True)
        if probe.sample_every is not None and name in made
    ]
    notes = (
        *listing("probes left out, as the hardware does not report what they see", silent),
        *listing("probes of several ensembles, one for each, to be added", divided),
        *listing("probes that the hardware reports in every step", sampled),
    )
    return tuple(part for found in made.values() for part in found), notes


def _proposed_name(probe: Any, parts: Parts) -> str:
    if probe.label:
        return str(probe.label)
    target = probe.obj
    if isinstance(target, nengo.ensemble.Neurons):
        what = "spikes" if probe.attr in _OUTPUTS else probe.attr
        return f"{parts.names[target.ensemble]}_{what}"
    if target not in parts.names:
        return f"probe_{probe.attr}"
    return parts.names[target] if probe.attr in _OUTPUTS else f"{parts.names[target]}_{probe.attr}"


def _read_readout(
    built: Built, probe: Any, name: str, parts: Parts, relayed: Relayed
) -> Readout | None:
    """Say what a probe sees; None if it is a part that was refused."""
    target = probe.obj
    if target not in parts.names and not isinstance(target, nengo.ensemble.Neurons):
        raise NotReported(f"{probe.attr} of a connection")
    if probe.attr not in _OUTPUTS:
        raise NotReported(f"{probe.attr} of {parts.name(target)}")
    if target not in parts:
        return None
    place = f"probe {name!r} of {parts.name(target)!r}"
    try:
        synapse = read_synapse(probe.synapse, built.dt_s)
    except ModelError as problem:
        raise ModelError(f"{place}: {problem}") from problem
    if target in parts.ensembles:
        weights = built.probe_weights(probe)
        decoded = Source(parts.names[target], len(weights), decoders=weights)
        seen: tuple[Path, ...] = (Path(decoded, identity(len(weights))),)
    else:
        seen = _sliced(probe, _seen(target, parts, relayed))
    own = (synapse,) if synapse else ()
    paths = tuple(
        replace(path, synapses=path.synapses + own) for path in seen if len(path.block.rows)
    )
    return Readout(name, place, probe.size_in, paths)


def _seen(target: Any, parts: Parts, relayed: Relayed) -> tuple[Path, ...]:
    if target in parts.relays:
        here = parts.names[target]
        return tuple(replace(path, via=(*path.via, here)) for path in relayed[target])
    source = parts.sources[target]
    return (Path(source, identity(source.size)),)


def _sliced(probe: Any, paths: Iterable[Path]) -> tuple[Path, ...]:
    if probe.slice is None:
        return tuple(paths)
    indices = np.arange(probe.obj.size_out)[probe.slice]
    return tuple(replace(path, block=path.block.take(indices)) for path in paths)


def _read_parts(readout: Readout, dt_s: float) -> list[Probe]:
    """Write what a probe sees as one probe for each ensemble and synapse; they add up to it."""
    decoded = [path for path in readout.paths if path.source.is_ensemble]
    given = [path for path in readout.paths if not path.source.is_ensemble]
    moving = dict.fromkeys(
        path.source.name for path in given if path.source.value is None or path.synapses
    )
    if moving:
        raise NotReported(f"{', '.join(moving)}, given from outside")
    if not decoded:
        raise NotReported("a constant" if given else "a node that nothing leads to")
    weights: dict[PartKey, FloatArray] = {}
    for path in decoded:
        key = path.source.name, path.source.neurons, series_of(path, readout.place, dt_s)
        matrix = path.block.matrix
        if path.source.decoders is not None:
            matrix = matrix @ path.source.decoders
        whole = weights.setdefault(key, np.zeros((readout.size, matrix.shape[1])))
        whole[path.block.rows] += matrix
    first, *others = (_part(readout.name, key, matrix) for key, matrix in weights.items())
    bias = sum((path.of_constant() for path in given), np.zeros(readout.size))
    return [replace(first, bias=locked(bias) if bias.any() else None), *others]


def _with_unique_names(made: Mapping[str, list[Probe]]) -> dict[str, list[Probe]]:
    """Call the parts of a probe as their ensembles."""
    proposed = (
        name if len(parts) == 1 else f"{name}_{part.target.name}"
        for name, parts in made.items()
        for part in parts
    )
    names = iter(unique_names(proposed, "probe"))
    return {
        name: [replace(part, name=next(names)) for part in parts] for name, parts in made.items()
    }


def _part(name: str, key: PartKey, matrix: FloatArray) -> Probe:
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
