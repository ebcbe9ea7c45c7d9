"""Inputs of the model, from nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.connections import Arrival
from nef2hw.frontends.nengo.links import Parts, Source
from nef2hw.frontends.nengo.nodes import Constant, Role, Stimulus
from nef2hw.frontends.nengo.ranges import OBSERVED_STEPS, observed_range, range_around
from nef2hw.frontends.notes import listing, values_text
from nef2hw.model.fields import suggestion
from nef2hw.model.network import Input, locked

Ranges = Mapping[str, tuple[float, float]]


def network_inputs(
    built: Built, roles: Iterable[Role], parts: Parts, moving: Iterable[Arrival], ranges: Ranges
) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """Make the inputs of the network, and say what was assumed of them.

    Every node with values that change is one; a constant is one where it is ``moving``, that is,
    not part of a bias. Without any, one that leads nowhere is made.
    """
    needed = {arrival.path.source for arrival in moving}
    inputs: list[Input] = []
    observed: list[str] = []
    fixed: list[str] = []
    for role in roles:
        name = parts.names[role.node]
        if isinstance(role, Stimulus):
            inputs.append(_stimulus_input(built, role, name, ranges))
            if name not in ranges:
                observed.append(f"{name} {inputs[-1].low[0]:g} to {inputs[-1].high[0]:g}")
        elif isinstance(role, Constant) and parts.sources[role.node] in needed:
            own = role.node in built.network.nodes
            inputs.append(_constant_input(parts.sources[role.node], own, ranges))
            fixed.append(f"{name} at {values_text(role.value)}")
    notes = (
        *listing(
            f"the ranges of inputs are what their nodes gave in the first {OBSERVED_STEPS} steps, "
            "rounded up; others can be given as ranges",
            observed,
        ),
        *listing(
            "constant nodes are inputs that have their value where no other is given; their ranges "
            "can be given as ranges",
            fixed,
        ),
    )
    if inputs:
        return tuple(inputs), notes
    *_, name = unique_names([*(e.name for e in parts.ensembles.values()), "x"], "x")
    unused = f"the network has no input, so it got one that leads nowhere and is always 0: {name}"
    nothing = locked(np.zeros(1))
    return (Input(name, 1, "value", nothing, nothing, nothing),), (*notes, unused)


def check_ranges(ranges: Ranges, names: Sequence[str]) -> None:
    """Refuse ranges of what is no input; ``names`` are those that may be."""
    for name in ranges:
        if name not in names:
            raise ModelError(
                f"ranges has {name!r}, expected a node with values of its own: "
                f"{', '.join(names) or 'there is none'}{suggestion(name, names)}"
            )


def check_bounds(ranges: Ranges) -> None:
    """Refuse ranges that are not two numbers in order."""
    for name, bounds in ranges.items():
        try:
            low, high = map(float, bounds)
        except (TypeError, ValueError) as problem:
            raise ModelError(
                f"ranges of {name!r} is {bounds!r}, expected two numbers, low and high"
            ) from problem
        if not low <= high:
            raise ModelError(
                f"ranges of {name!r} is {bounds!r}, expected low and high in that order"
            )


def _stimulus_input(built: Built, role: Stimulus, name: str, ranges: Ranges) -> Input:
    if name in ranges:
        return _ranged_input(name, role.node.size_out, ranges[name])
    seed = built.model.seeds[role.node]
    return _ranged_input(name, role.node.size_out, observed_range(role.node, built.dt_s, seed))


def _constant_input(source: Source, own: bool, ranges: Ranges) -> Input:
    """Make an input that has the value of a constant where no other is given.

    A node of the network's ``own``, not of a network in it, is likely to get others.
    """
    assert source.value is not None
    value = locked(source.value)
    if not own and source.name not in ranges:
        return Input(source.name, source.size, "value", value, value, value)
    bounds = ranges.get(source.name) or range_around(source.value)
    default = None if (value < bounds[0]).any() or (value > bounds[1]).any() else value
    return replace(_ranged_input(source.name, source.size, bounds), default=default)


def _ranged_input(name: str, size: int, bounds: tuple[float, float]) -> Input:
    low, high = (locked(np.full(size, bound)) for bound in bounds)
    return Input(name, size, "value", low, high)
