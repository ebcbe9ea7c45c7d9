"""Nengo's nodes: which are inputs, which constants, and which only pass values on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.notes import one_line
from nef2hw.model.network import FloatArray


@dataclass(frozen=True)
class Stimulus:
    """A node that gives values of its own; they come from outside."""

    node: Any


@dataclass(frozen=True, eq=False)
class Constant:
    """A node that gives the same values in every step."""

    node: Any
    value: FloatArray  #: (size,)


@dataclass(frozen=True)
class Relay:
    """A node that passes on what it gets, in the same step."""

    node: Any


@dataclass(frozen=True)
class Silent:
    """A node that gives nothing, and gets nothing."""

    node: Any


Role = Stimulus | Constant | Relay | Silent


def role_of(node: Any, name: str) -> Role:
    """Say what ``node`` is to the hardware.

    Raises
    ------
    ModelError
        It computes something of what it gets, in Python.
    """
    output = node.output
    if output is None:
        return Relay(node)
    if isinstance(output, np.ndarray):
        return Constant(node, np.asarray(output, dtype=np.float64))
    if node.size_in == 0:
        return Stimulus(node) if node.size_out else Silent(node)
    if isinstance(output, nengo.synapses.Synapse):
        raise ModelError(
            f"node {name!r} is the synapse {one_line(output)}, which hardware has on connections "
            "only; give it to a connection"
        )
    raise ModelError(
        f"node {name!r} computes in Python with what it gets, which hardware cannot; probe what "
        "leads to it, and let a node without size_in stand for what it gives: an output and an "
        "input, with your program between them"
    )
