"""The order that unfiltered connections impose within a step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nef2hw.compiler.folded import FoldedNetwork


def levels(network: FoldedNetwork) -> dict[str, int]:
    """Return the level of each population.

    A population fed without delay by another stands one level above it; levels
    are updated in ascending order. The network must be free of cycles of such
    connections, which ``fold`` has checked.
    """
    return levels_of([p.name for p in network.populations], network.immediate())


def levels_of(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return the level of each of ``names``, which ``edges`` join without delay and cycle."""
    level = dict.fromkeys(names, 0)
    immediate = [(pre, post) for pre, post in edges if pre in level]
    for _ in level:
        for pre, post in immediate:
            level[post] = max(level[post], level[pre] + 1)
    return level
