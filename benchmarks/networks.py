"""The networks that are measured, and what they are fed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

import nef2hw
from nef2hw.compiler.filters import discretize
from nef2hw.compiler.fold import fold
from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.model.network import LifNeurons
from nef2hw.model.synapses import Lowpass
from nef2hw.stimulus import Stimulus

EXAMPLES = Path(__file__).parent.parent / "examples"
DT_S = 0.001
#: Steps that a row of values is held, and share of spike inputs that spike in a step.
HOLD_STEPS = 100
INPUT_SPIKES = 0.1
#: Filter of the recurrent connections.
TAU_S = 0.01


def digits() -> FoldedNetwork:
    """Return the example classifier, 64-128-10."""
    return fold(nef2hw.load(EXAMPLES / "digits" / "model.npz"))


def nef_channel() -> FoldedNetwork:
    """Return the example channel of 100 neurons."""
    return fold(nef2hw.load(EXAMPLES / "nef_channel" / "model.npz"))


def classifier() -> FoldedNetwork:
    """Return 784-128-10 spiking neurons with random weights, joined without filters."""
    rng = np.random.default_rng(0)
    return FoldedNetwork(
        DT_S,
        (FoldedInput("x", 784, "spike", np.zeros(784), np.ones(784)),),
        (_neurons("hidden", np.zeros(128)), _neurons("out", np.zeros(10))),
        (
            FoldedConnection("x-hidden", "x", "hidden", rng.normal(0.0, 0.5, (128, 784)), None, 0),
            FoldedConnection(
                "hidden-out", "hidden", "out", rng.normal(1.0, 2.0, (10, 128)), None, 0
            ),
        ),
        (FoldedProbe("out", "spikes", "out", 1 / DT_S),),
    )


def recurrent() -> FoldedNetwork:
    """Return two populations of 500, everyone connected with everyone."""
    rng = np.random.default_rng(1)
    names = ("a", "b")
    lowpass = discretize(Lowpass(TAU_S), DT_S)[0]
    return FoldedNetwork(
        DT_S,
        (FoldedInput("x", 2, "value", np.full(2, -1.0), np.ones(2)),),
        tuple(_neurons(name, rng.uniform(0, 1.5, 500)) for name in names),
        (
            *(
                FoldedConnection(
                    f"{pre}-{post}", pre, post, rng.normal(0, 1.0, (500, 500)), lowpass, 1
                )
                for pre in names
                for post in names
            ),
            FoldedConnection("x-a", "x", "a", rng.normal(0, 1, (500, 2)), lowpass, 1),
        ),
        tuple(FoldedProbe(name, "spikes", name, 1 / DT_S) for name in names),
    )


def _neurons(name: str, bias: np.ndarray) -> FoldedPopulation:
    return FoldedPopulation(name, bias, LifNeurons(0.02, 0.002, min_voltage=0.0))


NETWORKS: dict[str, Callable[[], FoldedNetwork]] = {
    "digits": digits,
    "nef_channel": nef_channel,
    "784-128-10": classifier,
    "2x500 recurrent": recurrent,
}


def stimulus_for(folded: FoldedNetwork, steps: int) -> Stimulus:
    """Return held random values and random spikes, (steps, size) for each input."""
    rng = np.random.default_rng(0)
    stimulus = {}
    for source in folded.inputs:
        if source.kind == "spike":
            stimulus[source.name] = (rng.random((steps, source.size)) < INPUT_SPIKES).astype(float)
        else:
            rows = rng.uniform(source.low, source.high, (-(-steps // HOLD_STEPS), source.size))
            stimulus[source.name] = np.repeat(rows, HOLD_STEPS, axis=0)[:steps]
    return stimulus
