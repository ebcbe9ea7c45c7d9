"""What a graph holds, evaluated: the middle between reading and building."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nef2hw.frontends.nir.membranes import Spiking
from nef2hw.frontends.nir.signals import Signal, Term
from nef2hw.model.network import FloatArray, Input


@dataclass(frozen=True, eq=False)
class Content:
    """Inputs, spiking nodes and outputs, and the signals between, by the names of the nodes."""

    dt_s: float
    inputs: Mapping[str, Input]
    spiking: Mapping[str, Spiking]
    currents: Mapping[str, Signal]  #: I of the spiking nodes
    outputs: Mapping[str, Signal]

    @property
    def has_moving_constant(self) -> bool:
        """Whether a constant passes a filter or delay, so that it is none at first."""
        return any(
            term.source is None and not is_bias(term)
            for signal in (*self.currents.values(), *self.outputs.values())
            for term in signal
        )

    @staticmethod
    def bias_of(signal: Signal, size: int) -> FloatArray:
        """Return what a signal of ``size`` values always holds."""
        return sum((term.matrix[:, 0] for term in signal if is_bias(term)), np.zeros(size))


def is_bias(term: Term) -> bool:
    """Whether a term is the same from the first step on."""
    return term.source is None and not term.taus_s and not term.delay
