"""The order within a step that connections without delay impose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nef2hw.errors import ModelError


def update_order(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Sort populations so that each comes after those that reach it within the step.

    Parameters
    ----------
    names : populations, in the order to keep where nothing else decides
    edges : (pre, post) of the connections without delay; ends outside ``names`` are ignored

    Raises
    ------
    ModelError
        When the edges form a cycle, which is named.
    """
    sources: dict[str, list[str]] = {name: [] for name in names}
    for pre, post in edges:
        if pre in sources and post in sources:
            sources[post].append(pre)
    done: dict[str, None] = {}
    while len(done) < len(sources):
        ready = [
            name
            for name in sources
            if name not in done and all(pre in done for pre in sources[name])
        ]
        if not ready:
            cycle = " -> ".join(_cycle(sources, done))
            raise ModelError(
                f"connections without delay form the cycle {cycle}, expected a delay of 1 on "
                "one of them (a synapse brings it, synapse = 0 brings nothing else)"
            )
        done.update(dict.fromkeys(ready))
    return tuple(done)


def _cycle(sources: dict[str, list[str]], done: Iterable[str]) -> list[str]:
    finished = set(done)
    path = [next(name for name in sources if name not in finished)]
    while path.count(path[-1]) < 2:
        path.append(next(pre for pre in sources[path[-1]] if pre not in finished))
    return path[path.index(path[-1]) :][::-1]
