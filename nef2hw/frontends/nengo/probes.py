"""Nengo's probes: decoded values, spikes, and what passthrough nodes hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import nengo
import numpy as np

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nengo.blocks import compact, identity
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.connections import Arrival
from nef2hw.frontends.nengo.filters import read_synapse
from nef2hw.frontends.nengo.links import Parts, Path
from nef2hw.frontends.notes import listing
from nef2hw.model.network import PROBES, Endpoint, IndexArray, Probe, locked
from nef2hw.model.synapses import Synapse

#: What passthrough nodes hold.
Relayed = Mapping[Any, tuple[Path, ...]]

#: What Nengo calls decoded values and spikes; whatever else it probes stays inside the hardware.
_OUTPUTS = ("decoded_output", "output", "spikes")


class NotReported(Exception):
    """A probe sees what the hardware does not report; the text says what."""


@dataclass(frozen=True, eq=False)
class Readout:
    """A probe, and what leads to it if it is of a passthrough node."""

    probe: Probe
    arrivals: tuple[Arrival, ...] = ()


def read_readouts(
    built: Built, parts: Parts, relayed: Relayed, collect: Collector
) -> tuple[tuple[Readout, ...], tuple[str, ...]]:
    """Make the probes of the network, and say which are left out or sampled in Nengo."""
    listed = built.every("probes")
    names = unique_names((_proposed_name(probe, parts) for probe in listed), "probe")
    readouts: list[Readout] = []
    silent: list[str] = []
    sampled: list[str] = []
    for probe, name in zip(listed, names, strict=True):
        with collect:
            try:
                readouts += _read_readout(built, probe, name, parts, relayed)
                if probe.sample_every is not None:
                    sampled.append(f"{name} (in Nengo every {probe.sample_every:g} s)")
            except NotReported as reason:
                silent.append(f"{name} ({reason})")
    notes = (
        *listing("probes left out, as the hardware does not report what they see", silent),
        *listing("probes that the hardware reports in every step", sampled),
    )
    return tuple(readouts), notes


def with_constants(probe: Probe, constants: Sequence[Arrival]) -> Probe:
    """Let constants that arrive at a probe without synapse be its bias."""
    if not constants:
        return probe
    return replace(probe, bias=locked(sum(arrival.path.of_constant() for arrival in constants)))


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
) -> list[Readout]:
    """Read a probe; nothing if it is of a part that was refused."""
    target = probe.obj
    if target not in parts.names and not isinstance(target, nengo.ensemble.Neurons):
        raise NotReported(f"{probe.attr} of a connection")
    if probe.attr not in _OUTPUTS:
        raise NotReported(f"{probe.attr} of {parts.name(target)}")
    if target not in parts:
        return []
    place = f"probe {name!r} of {parts.name(target)!r}"
    try:
        synapse = read_synapse(probe.synapse, built.dt_s)
    except ModelError as problem:
        raise ModelError(f"{place}: {problem}") from problem
    if target in parts.relays:
        return [_of_relay(probe, name, place, relayed[target], synapse, parts.names[target])]
    if target in parts.ensembles:
        decoders = built.probe_weights(probe)
        direct = Probe(name, Endpoint(parts.names[target]), len(decoders), locked(decoders))
    elif isinstance(target, nengo.ensemble.Neurons):
        direct = _of_neurons(probe, name, parts.names[target.ensemble])
    else:
        raise NotReported(f"the node {parts.names[target]}, given from outside")
    return [Readout(replace(direct, synapse=synapse, delay=0 if synapse is None else 1))]


def _of_neurons(probe: Any, name: str, ensemble: str) -> Probe:
    taken = identity(probe.obj.size_out).take(_indices(probe)).matrix
    transform = compact(taken)
    return Probe(
        name=name,
        target=Endpoint(ensemble, neurons=True),
        size=len(taken),
        transform=None if transform is None else locked(transform),
    )


def _of_relay(
    probe: Any, name: str, place: str, paths: Iterable[Path], synapse: Synapse | None, relay: str
) -> Readout:
    own = (synapse,) if synapse else ()
    seen = [
        replace(
            path,
            block=path.block.take(_indices(probe)),
            synapses=path.synapses + own,
            via=(*path.via, relay),
        )
        for path in paths
    ]
    arriving = [path for path in seen if len(path.block.rows)]
    if not any(path.source.is_ensemble for path in arriving):
        nodes = dict.fromkeys(path.source.name for path in arriving)
        raise NotReported(f"only of {', '.join(nodes)}" if nodes else "nothing leads to it")
    post = Endpoint(PROBES + name)
    return Readout(
        Probe(name, None, probe.size_in),
        tuple(Arrival(place, None, path, post) for path in arriving),
    )


def _indices(probe: Any) -> IndexArray:
    return np.arange(probe.obj.size_out)[slice(None) if probe.slice is None else probe.slice]
