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
    sources = [
        projection
        for projection in _projections(network.population(relay.population))
        if projection.weight_code[:, part].any()
    ]
    spiking = sum(len(source.weight_code) for source in sources)
    return {
        "pre": list(dict.fromkeys(source.pre for source in sources)),
        "dimensions": relay.size,
        "weights": (spiking + post.size) * relay.size,
        "weights_if_dense": spiking * post.size,
    }


def _projections(population: Population) -> list[Projection]:
    return [p for compartment in population.compartments for p in compartment.projections]
