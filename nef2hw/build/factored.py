"""Which connections of a network are factored, and what that saves."""

from __future__ import annotations

from typing import Any

from nef2hw.program.network import Population, Projection, QuantizedNetwork, Relay


def describe_factored(network: QuantizedNetwork) -> dict[str, Any]:
    """Say for each ensemble that takes relayed values where they come from.

    ``weights_if_dense`` is what the same connections would have with a weight for each pair
    of neurons.
    """
    return {
        post.name: _relay(relay, post, network)
        for relay in network.relays
        for post in network.populations
        if any(p.pre == relay.name for p in _projections(post))
    }


def _relay(relay: Relay, post: Population, network: QuantizedNetwork) -> dict[str, Any]:
    part = slice(relay.first, relay.first + relay.size)
    gang = network.population(relay.population)
    sources = {
        (projection.pre, compartment.leak_code, compartment.delay): len(projection.weight_code)
        for compartment in gang.compartments
        for projection in compartment.projections
        if projection.weight_code[:, part].any()
    }
    rows = [p for p in _projections(gang) if p.weight_code[:, part].any()]
    stored = sum(len(projection.weight_code) for projection in rows)
    return {
        "pre": list(dict.fromkeys(pre for pre, *_ in sources)),
        "dimensions": relay.size,
        "weights": (stored + post.size) * relay.size,
        "weights_if_dense": sum(sources.values()) * post.size,
    }


def _projections(population: Population) -> list[Projection]:
    return [p for compartment in population.compartments for p in compartment.projections]
