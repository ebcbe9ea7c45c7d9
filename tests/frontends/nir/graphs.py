"""Small NIR graphs for tests."""

from __future__ import annotations

import nir
import numpy as np


def lif(n, tau=0.02, **values):
    """Return LIF neurons; ``values`` replace the usual ones."""
    usual = {"r": 10.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0} | values
    return nir.LIF(tau=np.full(n, tau), **{key: np.full(n, value) for key, value in usual.items()})


def linear(n_out, n_in, seed=7, bias=False):
    """Return random weights whose sum is mostly positive."""
    rng = np.random.default_rng(seed)
    weight = rng.normal(0.4, 1.0, (n_out, n_in))
    return nir.Affine(weight, rng.normal(0, 0.3, n_out)) if bias else nir.Linear(weight)


def graph(nodes, edges, n_in=4, n_out=None):
    """Return a graph with an input and an output; edges are as "input a, a output"."""
    size = n_in if n_out is None else n_out
    ends = {"input": nir.Input(np.array([n_in])), "output": nir.Output(np.array([size]))}
    pairs = [tuple(edge.split()) for edge in edges.split(", ")]
    return nir.NIRGraph({**ends, **nodes}, pairs, type_check=False)
