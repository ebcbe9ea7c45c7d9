"""From a Nengo network to a TrainedNetwork: what is read in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nef2hw.frontends.nengo.build import Built, build
from nef2hw.frontends.nengo.connections import (
    Arrival,
    arrivals_of,
    read_connection,
    with_bias,
    with_unique_names,
)
from nef2hw.frontends.nengo.ensembles import read_ensemble
from nef2hw.frontends.nengo.inputs import Ranges, check_ranges, network_inputs
from nef2hw.frontends.nengo.labels import part_names
from nef2hw.frontends.nengo.links import Link, Parts, Source, arriving, read_link
from nef2hw.frontends.nengo.nodes import Constant, Relay, Role, Stimulus, role_of
from nef2hw.frontends.nengo.notes import listing
from nef2hw.frontends.nengo.probes import network_probes
from nef2hw.frontends.nengo.problems import Problems
from nef2hw.frontends.nengo.relays import relayed_paths
from nef2hw.model.network import Connection, Ensemble, TrainedNetwork
from nef2hw.model.npz import model_arrays
from nef2hw.model.parse import parse_model


def convert(source: Any, dt_s: float | None, seed: int | None, ranges: Ranges) -> TrainedNetwork:
    """Build and convert ``source``; see `nef2hw.frontends.nengo.from_nengo`."""
    built = build(source, dt_s, seed)
    problems = Problems()
    names = part_names(built.network)
    roles = _read_roles(built, names, problems)
    parts = _read_parts(built, names, roles, problems)
    problems.read(check_ranges, ranges, [s.name for s in parts.sources.values() if not s.neurons])
    links = _read_links(built, parts, problems)
    relayed = problems.read(relayed_paths, links, parts)
    if relayed is None:
        raise problems.error()
    arrivals = [
        arrival
        for link in links
        if link.post not in parts.relays
        for arrival in arrivals_of(link, arriving(link, relayed, names), names)
    ]
    constants = [arrival for arrival in arrivals if arrival.is_bias(ranges.keys())]
    moving = [arrival for arrival in arrivals if not arrival.is_bias(ranges.keys())]
    connections = _read_connections(moving, built.dt_s, problems)
    inputs, input_notes = network_inputs(built, roles, parts, moving, ranges)
    probes, probe_notes = network_probes(built, parts, relayed, problems)
    network = TrainedNetwork(
        dt_s=built.dt_s,
        inputs=inputs,
        ensembles=_biased(parts, constants),
        connections=connections,
        probes=probes,
        notes=(*_seed_notes(built, source), *input_notes, *_bias_notes(constants), *probe_notes),
    )
    if not problems.found:
        problems.read(parse_model, model_arrays(network))
    if problems.found:
        raise problems.error()
    return network


def _read_roles(built: Built, names: Mapping[Any, str], problems: Problems) -> list[Role]:
    roles = (problems.read(role_of, node, names[node]) for node in built.every("nodes"))
    return [role for role in roles if role is not None]


def _read_parts(
    built: Built, names: Mapping[Any, str], roles: Iterable[Role], problems: Problems
) -> Parts:
    ensembles: dict[Any, Ensemble] = {}
    sources: dict[Any, Source] = {}
    for part in built.every("ensembles"):
        ensemble = problems.read(read_ensemble, built, part, names[part])
        if ensemble is not None:
            ensembles[part] = ensemble
            sources[part.neurons] = Source(ensemble.name, ensemble.n_neurons, neurons=True)
    for role in roles:
        if isinstance(role, Stimulus | Constant):
            value = role.value if isinstance(role, Constant) else None
            sources[role.node] = Source(names[role.node], role.node.size_out, value=value)
    relays = frozenset(role.node for role in roles if isinstance(role, Relay))
    return Parts(names, ensembles, sources, relays)


def _read_links(built: Built, parts: Parts, problems: Problems) -> list[Link]:
    connections = built.every("connections")
    links = (problems.read(read_link, built, connection, parts) for connection in connections)
    return [link for link in links if link is not None]


def _biased(parts: Parts, constants: Sequence[Arrival]) -> tuple[Ensemble, ...]:
    return tuple(
        with_bias(ensemble, [a for a in constants if a.post.name == ensemble.name])
        for ensemble in parts.ensembles.values()
    )


def _read_connections(
    arrivals: Iterable[Arrival], dt_s: float, problems: Problems
) -> tuple[Connection, ...]:
    found = (problems.read(read_connection, arrival, dt_s) for arrival in arrivals)
    return with_unique_names([connection for connection in found if connection is not None])


def _seed_notes(built: Built, source: Any) -> tuple[str, ...]:
    if source is not built.network or built.is_seeded():
        return ()
    return (
        "the network has no seed, so that another build draws other neurons; to have these again, "
        "give nengo.Network or from_nengo a seed",
    )


def _bias_notes(constants: Iterable[Arrival]) -> tuple[str, ...]:
    found = dict.fromkeys(f"{a.path.source.name} in {a.post.name}" for a in constants)
    return listing("constant nodes that became part of a bias", found)
