"""Which spikes arrive a step late: within a step, no signal goes round in circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Edge = tuple[str, str]


def late_edges(neurons: Iterable[str], inputs: Iterable[str], edges: Iterable[Edge]) -> set[Edge]:
    """Choose edges between spiking nodes so that without them nothing goes in circles.

    Late are, among nodes that reach each other, the edges that lead to a node no farther from the
    inputs; of nodes equally far, the one whose name sorts first counts as nearer.

    Parameters
    ----------
    neurons, inputs : names of the spiking nodes, and of the inputs
    edges : (pre, post), whose signals pass within a step
    """
    joined = tuple(edges)
    after: dict[str, set[str]] = {name: set() for name in (*neurons, *inputs)}
    for pre, post in joined:
        after[pre].add(post)
    far = _distances(inputs, after)
    # Those that no input reaches are in no circle with those that one does.
    place = {name: (far.get(name, 0), name) for name in after}
    reached = {name: _reach(name, after) for name in after}
    return {
        (pre, post)
        for pre, post in joined
        if pre in reached[post] | {post} and place[pre] >= place[post]
    }


def _distances(starts: Iterable[str], after: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how many edges lead to each node that can be reached."""
    far = dict.fromkeys(starts, 0)
    front = set(far)
    while front:
        front = {post for pre in front for post in after[pre]} - set(far)
        step = max(far.values()) + 1
        far |= dict.fromkeys(front, step)
    return far


def _reach(start: str, after: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    front = {start}
    while front:
        front = {post for pre in front for post in after[pre]} - reached
        reached |= front
    return reached
