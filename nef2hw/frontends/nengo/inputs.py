"""Inputs of the model, from nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.connections import Arrival
from nef2hw.frontends.nengo.links import Parts, Source
from nef2hw.frontends.nengo.nodes import Constant, Role, Stimulus
from nef2hw.frontends.nengo.notes import listing, values_text
from nef2hw.frontends.nengo.ranges import OBSERVED_STEPS, observed_range
from nef2hw.model.fields import suggestion
from nef2hw.model.network import Input, locked

Ranges = Mapping[str, tuple[float, float]]


def network_inputs(
    built: Built, roles: Iterable[Role], parts: Parts, moving: Iterable[Arrival], ranges: Ranges
) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """Make the inputs of the network, and say what was assumed of them.

    Every node with values that change is one; a constant is one where it is ``moving``, that is,
    passes a synapse or was given a range. Without any, one that leads nowhere is made.
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
            inputs.append(_constant_input(parts.sources[role.node], ranges))
            if name not in ranges:
                fixed.append(f"{name} at {values_text(role.value)}")
    notes = (
        *listing(
            f"the ranges of inputs are what their nodes gave in the first {OBSERVED_STEPS} steps, "
            "rounded up; others can be given as ranges",
            observed,
        ),
        *listing(
            "constant nodes that act through a synapse are inputs of that one value, which need "
            "not be given; with ranges they can have others",
            fixed,
        ),
    )
    if inputs:
        return tuple(inputs), notes
    *_, name = unique_names([*(e.name for e in parts.ensembles.values()), "x"], "x")
    unused = f"the network has no input, so it got one that leads nowhere and is always 0: {name}"
    return (_ranged_input(name, 1, (0.0, 0.0)),), (*notes, unused)


def check_ranges(ranges: Ranges, names: Sequence[str]) -> None:
    """Refuse ranges of what is no input; ``names`` are those that may be."""
    for name in ranges:
        if name not in names:
            raise ModelError(
                f"ranges has {name!r}, expected a node with values of its own: "
                f"{', '.join(names) or 'there is none'}{suggestion(name, names)}"
            )


def _stimulus_input(built: Built, role: Stimulus, name: str, ranges: Ranges) -> Input:
    if name in ranges:
        return _ranged_input(name, role.node.size_out, ranges[name])
    seed = built.model.seeds[role.node]
    return _ranged_input(name, role.node.size_out, observed_range(role.node, built.dt_s, seed))


def _constant_input(source: Source, ranges: Ranges) -> Input:
    """Make an input whose only value is that of the constant, unless it was given a range."""
    assert source.value is not None
    if source.name in ranges:
        return _ranged_input(source.name, source.size, ranges[source.name])
    value = locked(source.value)
    return Input(source.name, source.size, "value", value, value)


def _ranged_input(name: str, size: int, bounds: tuple[float, float]) -> Input:
    low, high = (locked(np.full(size, bound)) for bound in bounds)
    return Input(name, size, "value", low, high)
