"""Calling the command line, and a model small enough to simulate."""

import numpy as np
from click.testing import CliRunner

from nef2hw.cli.main import main


def invoke(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def two_ensembles():
    """Return the arrays of a hand-written model: two ensembles, the second recurrent."""
    rng = np.random.default_rng(3)
    encoders = rng.choice([-1.0, 1.0], (12, 1))
    ensemble = {
        "neuron_type": "LIF",
        "gain": rng.uniform(1, 3, 12),
        "bias": rng.uniform(0, 2, 12),
        "encoders": encoders,
    }
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "inputs/u/size": 1}
    for name in ("a", "b"):
        arrays |= {f"ensembles/{name}/{key}": value for key, value in ensemble.items()}
    arrays |= {
        "connections/in/pre": "u",
        "connections/in/post": "a",
        "connections/forward/pre": "a",
        "connections/forward/post": "b",
        "connections/forward/decoders": encoders.T / 500,
        "connections/forward/synapse": 0.01,
        "connections/recurrent/pre": "b",
        "connections/recurrent/post": "b",
        "connections/recurrent/decoders": encoders.T / 800,
        "connections/recurrent/synapse": 0.1,
        "probes/value/target": "b",
        "probes/value/decoders": encoders.T / 500,
        "probes/value/synapse": 0.02,
        "probes/spikes/target": "a.neurons",
    }
    return arrays
