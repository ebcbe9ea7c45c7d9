"""Inputs of the model, from nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.nengo.links import Source
from nef2hw.frontends.nengo.nodes import Stimulus
from nef2hw.frontends.nengo.ranges import DEFAULT_RANGE, observed_range
from nef2hw.model.fields import suggestion
from nef2hw.model.network import Input, locked

Ranges = Mapping[str, tuple[float, float]]


def stimulus_input(built: Built, role: Stimulus, name: str, ranges: Ranges) -> Input:
    """Make an input of a node that gives changing values."""
    if name in ranges:
        return ranged_input(name, role.node.size_out, ranges[name])
    seed = built.model.seeds[role.node]
    return ranged_input(name, role.node.size_out, observed_range(role.node, built.dt_s, seed))


def constant_input(source: Source, ranges: Ranges) -> Input:
    """Make an input of a constant, whose range is its value; of a zero, `DEFAULT_RANGE`."""
    assert source.value is not None
    if source.name in ranges:
        return ranged_input(source.name, source.size, ranges[source.name])
    if not source.value.any():
        return ranged_input(source.name, source.size, DEFAULT_RANGE)
    value = locked(source.value)
    return Input(source.name, source.size, "value", value, value)


def ranged_input(name: str, size: int, bounds: tuple[float, float]) -> Input:
    """Make an input whose values have the same range."""
    low, high = (locked(np.full(size, bound)) for bound in bounds)
    return Input(name, size, "value", low, high)


def check_ranges(ranges: Ranges, names: Sequence[str]) -> None:
    """Refuse ranges of what is no input; ``names`` are those that may be."""
    for name in ranges:
        if name not in names:
            raise ModelError(
                f"ranges has {name!r}, expected a node with values of its own: "
                f"{', '.join(names) or 'there is none'}{suggestion(name, names)}"
            )
