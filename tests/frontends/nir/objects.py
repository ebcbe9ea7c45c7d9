"""Graphs as plain objects, like those of the package ``nir`` but without its checks."""

from types import SimpleNamespace

import numpy as np

DT = 1e-3
ONES = np.ones(3)
LIF = {"tau": 0.02 * ONES, "r": ONES, "v_leak": 0 * ONES, "v_threshold": ONES, "v_reset": 0 * ONES}
WEIGHT = np.arange(6.0).reshape(3, 2)
EDGES = (("input", "fc"), ("fc", "lif"), ("lif", "output"))


def node(kind, metadata=None, **values):
    """Return an object like those of the package ``nir``, without its checks."""
    made = type(kind, (), {})()
    vars(made).update(values, metadata=metadata or {})
    return made


def port(kind, shape):
    side = kind.lower()
    return node(kind, **{f"{side}_type": {side: shape}})


def graph(edges=EDGES, metadata=None, **nodes):
    """Return a graph of two values, weights and three LIF neurons; ``nodes`` replace or add."""
    usual = {
        "input": port("Input", np.array([2])),
        "fc": node("Linear", weight=WEIGHT),
        "lif": node("LIF", **LIF),
        "output": port("Output", np.array([3])),
    }
    return SimpleNamespace(
        nodes={name: n for name, n in (usual | nodes).items() if n is not None},
        edges=list(edges),
        metadata=metadata or {},
    )


def lif(without=(), **changed):
    values = {key: value for key, value in (LIF | changed).items() if key not in without}
    return node("LIF", **values)


def weights(network):
    """Return the weights into the neurons."""
    return network.connections[0].transform
