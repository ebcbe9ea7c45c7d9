"""The order that unfiltered connections impose within a step."""

from __future__ import annotations

from nef2hw.compiler.fold import FoldedNetwork


def levels(network: FoldedNetwork) -> dict[str, int]:
    """Return the level of each population.

    A population fed without delay by another stands one level above it; levels
    are updated in ascending order. The network must be free of cycles of such
    connections, which ``fold`` has checked.
    """
    level = {p.name: 0 for p in network.populations}
    immediate = [(c.pre, c.post) for c in network.connections if c.delay == 0 and c.pre in level]
    for _ in level:
        for pre, post in immediate:
            level[post] = max(level[post], level[pre] + 1)
    return level
