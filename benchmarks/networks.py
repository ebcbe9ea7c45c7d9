"""The networks that are measured, and what they are fed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

import nef2hw
from nef2hw.model.network import (
    Connection,
    Endpoint,
    Ensemble,
    Input,
    LifNeurons,
    Probe,
    TrainedNetwork,
)
from nef2hw.model.synapses import Lowpass
from nef2hw.stimulus import Stimulus

EXAMPLES = Path(__file__).parent.parent / "examples"
DT_S = 0.001
#: Steps that a row of values is held, and share of spike inputs that spike in a step.
HOLD_STEPS = 100
INPUT_SPIKES = 0.1


def digits() -> TrainedNetwork:
    """Return the example classifier, 64-128-10."""
    return nef2hw.load(EXAMPLES / "digits" / "model.npz")


def nef_channel() -> TrainedNetwork:
    """Return the example channel of 100 neurons."""
    return nef2hw.load(EXAMPLES / "nef_channel" / "model.npz")


def classifier(tau_s: float | None = None) -> TrainedNetwork:
    """Return 784-128-10 spiking neurons with random weights, filtered or not."""
    rng = np.random.default_rng(0)
    synapse = None if tau_s is None else Lowpass(tau_s)
    source = Input("x", 784, "spike", np.zeros(784), np.ones(784))
    return TrainedNetwork(
        DT_S,
        (source,),
        (_neurons("hidden", np.zeros(128)), _neurons("out", np.zeros(10))),
        (
            _joined("x", "hidden", rng.normal(0.0, 0.5, (128, 784)), synapse),
            _joined("hidden", "out", rng.normal(1.0, 2.0, (10, 128)), synapse),
        ),
        (_spikes("out", 10),),
    )


def filtered_classifier() -> TrainedNetwork:
    """Return 784-128-10 joined by lowpass synapses."""
    return classifier(0.005)


def recurrent() -> TrainedNetwork:
    """Return two populations of 500, everyone connected with everyone."""
    rng = np.random.default_rng(1)
    names, synapse = ("a", "b"), Lowpass(0.01)
    return TrainedNetwork(
        DT_S,
        (Input("x", 2, "value", np.full(2, -1.0), np.ones(2)),),
        tuple(_neurons(name, rng.uniform(0, 1.5, 500)) for name in names),
        (
            *(
                _joined(pre, post, rng.normal(0, 1.0, (500, 500)), synapse)
                for pre in names
                for post in names
            ),
            Connection(
                "x-a",
                Endpoint("x"),
                Endpoint("a", neurons=True),
                transform=rng.normal(0, 1, (500, 2)),
                synapse=synapse,
            ),
        ),
        tuple(_spikes(name, 500) for name in names),
    )


def oscillator() -> TrainedNetwork:
    """Return an ensemble of 1000 neurons that turns in two dimensions; needs Nengo."""
    import nengo

    tau_s, turns_per_s = 0.1, 1.0
    turn = 2 * np.pi * turns_per_s * tau_s
    with nengo.Network(seed=0) as network:
        kick = nengo.Node(np.zeros(2), label="kick")
        oscillating = nengo.Ensemble(1000, 2, seed=1, label="oscillating")
        nengo.Connection(kick, oscillating, synapse=tau_s)
        nengo.Connection(oscillating, oscillating, transform=[[1, turn], [-turn, 1]], synapse=tau_s)
        nengo.Probe(oscillating, synapse=0.01, label="decoded")
    return nef2hw.from_nengo(network, dt=DT_S)


def _neurons(name: str, bias: np.ndarray) -> Ensemble:
    return Ensemble(name, np.ones(len(bias)), bias, LifNeurons(0.02, 0.002))


def _joined(pre: str, post: str, weights: np.ndarray, synapse: Lowpass | None) -> Connection:
    """Join all to all; a spike is worth its weight, whatever the step."""
    return Connection(
        f"{pre}-{post}",
        Endpoint(pre, neurons=pre != "x"),
        Endpoint(post, neurons=True),
        transform=weights * DT_S,
        synapse=synapse,
        delay=int(synapse is not None),
    )


def _spikes(name: str, size: int) -> Probe:
    return Probe(name, Endpoint(name, neurons=True), size)


NETWORKS: dict[str, Callable[[], TrainedNetwork]] = {
    "784-128-10": classifier,
    "784-128-10 lowpass": filtered_classifier,
    "digits": digits,
    "nef_channel": nef_channel,
    "2x500 recurrent": recurrent,
    "1000x2-D oscillator": oscillator,
}


network_option = click.option(
    "--network",
    "networks",
    multiple=True,
    type=click.Choice(list(NETWORKS)),
    default=tuple(NETWORKS),
    show_default=True,
)


def stimulus_for(trained: TrainedNetwork, steps: int) -> Stimulus:
    """Return held random values and random spikes, (steps, size) for each input."""
    rng = np.random.default_rng(0)
    stimulus = {}
    for source in trained.inputs:
        if source.kind == "spike":
            stimulus[source.name] = (rng.random((steps, source.size)) < INPUT_SPIKES).astype(float)
        else:
            rows = rng.uniform(source.low, source.high, (-(-steps // HOLD_STEPS), source.size))
            stimulus[source.name] = np.repeat(rows, HOLD_STEPS, axis=0)[:steps]
    return stimulus
