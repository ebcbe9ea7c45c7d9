"""From a Nengo network to a TrainedNetwork: what is read in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nef2hw.errors import Collector
from nef2hw.frontends.nengo.build import Built, build
from nef2hw.frontends.nengo.connections import (
    Arrival,
    arrivals_of,
    read_connection,
    with_bias,
    with_unique_names,
)
from nef2hw.frontends.nengo.ensembles import read_ensemble
from nef2hw.frontends.nengo.inputs import Ranges, check_bounds, check_ranges, network_inputs
from nef2hw.frontends.nengo.labels import part_names
from nef2hw.frontends.nengo.links import Link, Parts, Source, arriving, read_link
from nef2hw.frontends.nengo.nodes import Constant, Relay, Role, Stimulus, role_of
from nef2hw.frontends.nengo.probes import Relayed, read_readouts, with_constants
from nef2hw.frontends.nengo.relays import relayed_paths
from nef2hw.frontends.nengo.unchanged import check_unchanged
from nef2hw.frontends.notes import listing
from nef2hw.model.network import Ensemble, TrainedNetwork
from nef2hw.model.npz import model_arrays
from nef2hw.model.parse import parse_model


def convert(source: Any, dt_s: float | None, seed: int | None, ranges: Ranges) -> TrainedNetwork:
    """Build and convert ``source``; see `nef2hw.frontends.nengo.from_nengo`."""
    check_bounds(ranges)
    built = build(source, dt_s, seed)
    if source is built.network:
        seed_notes = _seed_notes(built)
    else:
        check_unchanged(built)
        seed_notes = ()
    collect = Collector()
    with collect:
        network = _read_network(built, ranges, seed_notes, collect)
    collect.check()
    parse_model(model_arrays(network))
    return network


def _read_network(
    built: Built, ranges: Ranges, notes: Iterable[str], collect: Collector
) -> TrainedNetwork:
    names = part_names(built.network)
    roles = collect.each(built.every("nodes"), lambda node: role_of(node, names[node]))
    parts = _read_parts(built, names, roles, collect)
    with collect:
        check_ranges(ranges, [s.name for s in parts.sources.values() if not s.neurons])
    links = [
        link
        for link in collect.each(
            built.every("connections"), lambda connection: read_link(built, connection, parts)
        )
        if link is not None
    ]
    relayed = relayed_paths(links, parts)
    readouts, probe_notes = read_readouts(built, parts, relayed, collect)
    arrivals = [
        *(arrival for link in links for arrival in _arrivals(link, relayed, parts)),
        *(arrival for readout in readouts for arrival in readout.arrivals),
    ]
    given = {*ranges, *(names[node] for node in built.network.nodes)}
    moving = [arrival for arrival in arrivals if not arrival.is_bias(given)]
    constants = [arrival for arrival in arrivals if arrival.is_bias(given)]
    connections = collect.each(moving, lambda arrival: read_connection(arrival, built.dt_s))
    inputs, input_notes = network_inputs(built, roles, parts, moving, ranges)
    return TrainedNetwork(
        dt_s=built.dt_s,
        inputs=inputs,
        ensembles=tuple(
            with_bias(ensemble, [a for a in constants if a.post.name == ensemble.name])
            for ensemble in parts.ensembles.values()
        ),
        connections=with_unique_names(connections),
        probes=tuple(
            with_constants(r.probe, [a for a in constants if a in r.arrivals]) for r in readouts
        ),
        notes=(*notes, *input_notes, *_bias_notes(constants), *probe_notes),
    )


def _read_parts(
    built: Built, names: Mapping[Any, str], roles: Iterable[Role], collect: Collector
) -> Parts:
    ensembles: dict[Any, Ensemble] = {}
    sources: dict[Any, Source] = {}
    for part in built.every("ensembles"):
        with collect:
            ensembles[part] = ensemble = read_ensemble(built, part, names[part])
            sources[part.neurons] = Source(ensemble.name, ensemble.n_neurons, neurons=True)
    for role in roles:
        if isinstance(role, Stimulus | Constant):
            value = role.value if isinstance(role, Constant) else None
            sources[role.node] = Source(names[role.node], role.node.size_out, value=value)
    relays = frozenset(role.node for role in roles if isinstance(role, Relay))
    return Parts(names, ensembles, sources, relays)


def _arrivals(link: Link, relayed: Relayed, parts: Parts) -> list[Arrival]:
    if link.post in parts.relays:
        return []
    return arrivals_of(link, arriving(link, relayed, parts.names), parts.names)


def _seed_notes(built: Built) -> tuple[str, ...]:
    if built.is_seeded():
        return ()
    return (
        "the network has no seed, so that another build draws other neurons; to have these again, "
        "give nengo.Network or from_nengo a seed",
    )


def _bias_notes(constants: Iterable[Arrival]) -> tuple[str, ...]:
    found = dict.fromkeys(f"{a.path.source.name} in {a.post.name}" for a in constants)
    return listing("constant nodes that became part of a bias", found)
