"""Passthrough nodes, folded away: only sources and ensembles remain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo.links import Link, Parts, Path, Source, arriving
from nef2hw.model.synapses import Synapse


def relayed_paths(links: Sequence[Link], parts: Parts) -> dict[Any, tuple[Path, ...]]:
    """Return what each passthrough node holds, as sums over sources.

    Raises
    ------
    ModelError
        Passthrough nodes feed each other in a circle, which is named.
    """
    into: dict[Any, list[Link]] = {relay: [] for relay in parts.relays}
    for link in links:
        if link.post in into:
            into[link.post].append(link)
    graph = {
        relay: [link.pre for link in incoming if not isinstance(link.pre, Source)]
        for relay, incoming in into.items()
    }
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as problem:
        circle = " -> ".join(parts.names[relay] for relay in problem.args[1])
        raise ModelError(
            f"the passthrough nodes {circle} feed each other in a circle without neurons; put an "
            "ensemble in it"
        ) from problem
    relayed: dict[Any, tuple[Path, ...]] = {}
    for relay in order:
        found = (path for link in into[relay] for path in arriving(link, relayed, parts.names))
        relayed[relay] = _summed(found)
    return relayed


def _summed(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Add what comes from the same source through the same synapses."""
    sums: dict[tuple[Source, tuple[Synapse, ...]], Path] = {}
    for path in paths:
        key = path.source, path.synapses
        known = sums.get(key)
        block = path.block if known is None else known.block.plus(path.block)
        sums[key] = Path(path.source, block, path.synapses, known.via if known else path.via)
    return tuple(sums.values())
