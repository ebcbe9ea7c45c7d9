"""Models as a user would write them by hand."""

import numpy as np


def small_model():
    """Four arrays and a connection: the least a user writes by hand."""
    return {
        "format": "nef2hw-model-1",
        "dt": 0.001,
        "inputs/x/size": 1,
        "ensembles/a/gain": np.ones(4),
        "ensembles/a/bias": np.zeros(4),
        "connections/c/pre": "x",
        "connections/c/post": "a.neurons",
        "connections/c/transform": np.ones((4, 1)),
    }


def full_model():
    """A model with every supported key."""
    rng = np.random.default_rng(1)
    return small_model() | {
        "inputs/x/low": -2.0,
        "inputs/x/high": np.array([2.0]),
        "inputs/x/kind": "value",
        "inputs/s/size": np.int32(3),
        "inputs/s/kind": "spike",
        "ensembles/a/neuron_type": "LIF",
        "ensembles/a/encoders": rng.normal(size=(4, 2)).astype(np.float32),
        "ensembles/a/radius": 1.5,
        "ensembles/a/tau_rc": 0.03,
        "ensembles/a/tau_ref": 0.0015,
        "ensembles/a/amplitude": 0.5,
        "ensembles/a/min_voltage": -1,
        "ensembles/a/voltage_init": [0, 0.5, 1, -1],
        "ensembles/a/refractory_init": [0, 0.001, 0.002, 0.0025],
        "ensembles/a/discretization": "exact",
        "ensembles/a/reset": "zero",
        "connections/r/pre": "a",
        "connections/r/post": "a",
        "connections/r/decoders": rng.normal(size=(2, 4)),
        "connections/r/transform": [0.5, 2.0],
        "connections/r/synapse": 0.1,
        "connections/r/synapse_type": "lowpass",
        "connections/r/delay": 1,
        "connections/n/pre": "s",
        "connections/n/pre_slice": [2, 2],
        "connections/n/post": "a.neurons",
        "connections/n/post_slice": np.array([3, 0], np.uint8),
        "connections/n/delay": 0,
        "probes/out/target": "a",
        "probes/out/decoders": rng.normal(size=(2, 4)),
        "probes/out/transform": rng.normal(size=(3, 2)),
        "probes/out/bias": [1.0, 2.0, 3.0],
        "probes/out/synapse": 0,
        "probes/spikes/target": "a.neurons",
    }
