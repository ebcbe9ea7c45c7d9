"""From a Nengo network to a TrainedNetwork: what is read in which order, and what is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nengo.build import Built, build
from nef2hw.frontends.nengo.connections import (
    Arrival,
    arrivals_of,
    read_connection,
    with_bias,
    with_unique_names,
)
from nef2hw.frontends.nengo.ensembles import read_ensemble
from nef2hw.frontends.nengo.inputs import (
    Ranges,
    check_ranges,
    constant_input,
    ranged_input,
    stimulus_input,
)
from nef2hw.frontends.nengo.labels import part_names
from nef2hw.frontends.nengo.links import Link, Parts, Path, Source, arriving, read_link
from nef2hw.frontends.nengo.nodes import Constant, Relay, Role, Stimulus, role_of
from nef2hw.frontends.nengo.notes import listing, values_text
from nef2hw.frontends.nengo.probes import NotReported, probe_name, read_probes, read_readout
from nef2hw.frontends.nengo.problems import Problems
from nef2hw.frontends.nengo.ranges import DEFAULT_RANGE, OBSERVED_STEPS
from nef2hw.frontends.nengo.relays import relayed_paths
from nef2hw.model.network import Connection, Ensemble, Input, Probe, TrainedNetwork
from nef2hw.model.npz import model_arrays
from nef2hw.model.parse import model_problems

Notes = tuple[str, ...]


def convert(source: Any, dt_s: float | None, seed: int | None, ranges: Ranges) -> TrainedNetwork:
    """Build and convert ``source``; see `nef2hw.frontends.nengo.from_nengo`."""
    built = build(source, dt_s, seed)
    problems = Problems()
    names = part_names(built.network)
    roles = _roles(built, names, problems)
    problems.read(check_ranges, ranges, [names[r.node] for r in roles if _has_values(r)])
    parts = _parts(built, names, roles, problems)
    links = _links(built, parts, problems)
    relayed = problems.read(relayed_paths, links, parts)
    if relayed is None:
        raise problems.error()
    arrivals = [a for link in links for a in _arrivals(link, relayed, parts)]
    constants = [a for a in arrivals if a.is_bias(ranges.keys())]
    moving = [a for a in arrivals if not a.is_bias(ranges.keys())]
    inputs, input_notes = _inputs(built, roles, parts, moving, ranges)
    probes, probe_notes = _probes(built, parts, relayed, problems)
    network = TrainedNetwork(
        dt_s=built.dt_s,
        inputs=inputs,
        ensembles=_biased(parts, constants),
        connections=_connections(moving, built.dt_s, problems),
        probes=probes,
        notes=(*_seed_notes(built, source), *input_notes, *_bias_notes(constants), *probe_notes),
    )
    if not problems.found:
        problems.found.extend(model_problems(model_arrays(network)))
    if problems.found:
        raise problems.error()
    return network


def _has_values(role: Role) -> bool:
    return isinstance(role, Stimulus | Constant)


def _roles(built: Built, names: Mapping[Any, str], problems: Problems) -> tuple[Role, ...]:
    nodes = (node for node in names if node in set(built.network.all_nodes))
    roles = (problems.read(role_of, node, names[node]) for node in nodes)
    return tuple(role for role in roles if role is not None)


def _parts(
    built: Built, names: Mapping[Any, str], roles: Iterable[Role], problems: Problems
) -> Parts:
    ensembles: dict[Any, Ensemble] = {}
    sources: dict[Any, Source] = {}
    for part in built.network.all_ensembles:
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


def _links(built: Built, parts: Parts, problems: Problems) -> list[Link]:
    found = (
        problems.read(read_link, built, connection, parts)
        for connection in built.network.all_connections
    )
    return [link for link in found if link is not None]


def _arrivals(
    link: Link, relayed: Mapping[Any, tuple[Path, ...]], parts: Parts
) -> Sequence[Arrival]:
    if link.post in parts.relays:
        return ()
    return arrivals_of(link, arriving(link, relayed, parts.names), parts.names)


def _biased(parts: Parts, constants: Sequence[Arrival]) -> tuple[Ensemble, ...]:
    return tuple(
        with_bias(ensemble, [a for a in constants if a.post.name == ensemble.name])
        for ensemble in parts.ensembles.values()
    )


def _connections(
    arrivals: Iterable[Arrival], dt_s: float, problems: Problems
) -> tuple[Connection, ...]:
    found = (problems.read(read_connection, arrival, dt_s) for arrival in arrivals)
    return with_unique_names([connection for connection in found if connection is not None])


def _inputs(
    built: Built, roles: Iterable[Role], parts: Parts, moving: Iterable[Arrival], ranges: Ranges
) -> tuple[tuple[Input, ...], Notes]:
    needed = {a.path.source for a in moving if a.path.source.value is not None}
    observed, held, inputs = [], [], []
    for role in roles:
        if isinstance(role, Stimulus):
            made = stimulus_input(built, role, parts.names[role.node], ranges)
            observed.append(made)
        elif isinstance(role, Constant) and (source := parts.sources[role.node]) in needed:
            made = constant_input(source, ranges)
            held.append(f"{made.name} at {values_text(role.value)}")
        else:
            continue
        inputs.append(made)
    seen = [f"{i.name} {i.low[0]:g} to {i.high[0]:g}" for i in observed if i.name not in ranges]
    notes = (
        *listing(
            f"input ranges, from what the nodes gave in their first {OBSERVED_STEPS} steps", seen
        ),
        *listing("inputs that are constant in Nengo, to be held (a synapse follows)", held),
    )
    if inputs:
        return tuple(inputs), notes
    (name,) = unique_names(["x"], "x")
    taken = [ensemble.name for ensemble in parts.ensembles.values()]
    *_, name = unique_names([*taken, "x"], "x")
    unused = f"the network has no input; {name!r} is one that leads nowhere"
    return (ranged_input(name, 1, DEFAULT_RANGE),), (*notes, unused)


def _probes(
    built: Built, parts: Parts, relayed: Mapping[Any, tuple[Path, ...]], problems: Problems
) -> tuple[tuple[Probe, ...], Notes]:
    listed = built.network.all_probes
    names = unique_names((probe_name(probe, parts) for probe in listed), "probe")
    probes: list[Probe] = []
    silent, sums, sampled = [], [], []
    for probe, name in zip(listed, names, strict=True):
        try:
            readout = problems.read(read_readout, built, probe, name, parts, relayed)
            found = None if readout is None else problems.read(read_probes, readout, built.dt_s)
        except NotReported as reason:
            silent.append(f"{name} ({reason})")
            continue
        probes += found or []
        if found and len(found) > 1:
            sums.append(f"{name} = {' + '.join(part.name for part in found)}")
        if probe.sample_every is not None:
            sampled.append(f"{name} (in Nengo every {probe.sample_every:g} s)")
    notes = (
        *listing("probes left out, as the hardware does not report what they see", silent),
        *listing("probes of several ensembles, one for each, to be added", sums),
        *listing("probes that the hardware reports in every step", sampled),
    )
    unique = unique_names((probe.name for probe in probes), "probe")
    renamed = zip(probes, unique, strict=True)
    return tuple(replace(probe, name=name) for probe, name in renamed), notes


def _seed_notes(built: Built, source: Any) -> Notes:
    if source is not built.network or built.is_seeded():
        return ()
    return (
        "the network has no seed, so another build draws other neurons; to have the same again, "
        "give nengo.Network a seed, or from_nengo(..., seed=...)",
    )


def _bias_notes(constants: Iterable[Arrival]) -> Notes:
    found = dict.fromkeys(f"{a.path.source.name} in {a.post.name}" for a in constants)
    return listing("constant nodes that became part of a bias", found)
