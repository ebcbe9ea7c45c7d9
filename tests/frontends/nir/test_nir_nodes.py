"""Every kind of NIR node does in the float reference what a loop in its own units does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.frontends.nir import from_nir
from nef2hw.sim.reference import simulate_reference
from tests.frontends.nir.loop import Loop

nir = pytest.importorskip("nir")

DT = 1e-3
STEPS = 300


def rng(seed=0):
    return np.random.default_rng(seed)


def near(value, n, spread=0.2, seed=1):
    return value * rng(seed).uniform(1 - spread, 1 + spread, n)


def lif(n, tau=0.02, **values):
    return nir.LIF(
        tau=np.full(n, tau),
        r=near(values.get("r", 10.0), n),
        v_leak=np.full(n, values.get("v_leak", 0.0)),
        v_threshold=near(values.get("v_threshold", 1.0), n, 0.02, 2),
        v_reset=np.full(n, values.get("v_reset", 0.0)),
    )


def cuba(n, tau_syn=0.005, **values):
    return nir.CubaLIF(
        tau_mem=np.full(n, 0.02),
        tau_syn=np.full(n, tau_syn) * values.get("spread", np.ones(n)),
        r=near(8.0, n),
        v_leak=np.full(n, values.get("v_leak", 0.0)),
        v_threshold=near(1.0, n, 0.1, 2),
        w_in=near(2.0, n, 0.2, 3),
    )


def if_(n):
    return nir.IF(r=near(400.0, n), v_threshold=near(2.0, n, 0.2, 2), v_reset=np.full(n, -0.5))


def li(n, tau=0.03):
    return nir.LI(tau=np.full(n, tau), r=near(2.0, n), v_leak=np.full(n, 0.25))


def affine(n_out, n_in, seed=5):
    weight = rng(seed).normal(0.4, 1.0, (n_out, n_in))
    return nir.Affine(weight, rng(seed + 1).normal(0, 0.3, n_out))


def linear(n_out, n_in, seed=7):
    return nir.Linear(rng(seed).normal(0.4, 1.0, (n_out, n_in)))


def chain(*nodes, size=4):
    """Return a graph of nodes in a row, and the order of their names."""
    named = {"input": nir.Input(np.array([size]))}
    named |= {f"{type(node).__name__.lower()}{k}": node for k, node in enumerate(nodes)}
    (shape,) = nodes[-1].output_type.values()
    named["output"] = nir.Output(np.array([np.prod(shape)]))
    order = list(named)
    return nir.NIRGraph(named, list(pairwise(order))), order


def values(size=4, steps=STEPS, seed=9):
    return rng(seed).uniform(-1, 1, (steps, size)) + 0.5


def assert_alike(graph, order, late=(), reset=None, x=None, least=20, **options):
    """Compare spikes and outputs of front end and reference with those of a loop, every step."""
    x = values() if x is None else x
    euler = options.get("discretization") == "euler"
    expected = Loop(graph, order, DT, euler, late, reset or "zero").run(x)
    network = from_nir(graph, dt=DT, reset=reset, **options)
    inputs = {network.inputs[0].name: x}
    trace = simulate_reference(fold(network), inputs)
    for name, spikes in expected.items():
        if name in trace.spikes:
            assert spikes.sum() >= least
            np.testing.assert_array_equal(trace.spikes[name], spikes, err_msg=name)
    np.testing.assert_allclose(trace.probes["output"], expected["output"], atol=1e-9, rtol=1e-9)
    return network


CHAINS = {
    "LIF": (lif(4),),
    "Affine and LIF": (affine(6, 4), lif(6)),
    "two layers": (affine(6, 4), lif(6), linear(3, 6), lif(3, r=40.0)),
    "leak and reset": (
        affine(6, 4),
        lif(6, v_leak=-0.06, v_reset=-0.07, v_threshold=-0.05, r=0.05),
    ),
    "leak above threshold": (linear(6, 4), lif(6, v_leak=1.2)),
    "reset above leak": (linear(6, 4), lif(6, v_leak=-0.3, v_reset=0.4, r=20.0)),
    "CubaLIF": (linear(6, 4), cuba(6)),
    "bias through a synapse": (affine(6, 4), cuba(6, v_leak=0.1), affine(3, 6), cuba(3)),
    "several tau_syn": (affine(6, 4), cuba(6, spread=np.array([1, 2, 1, 4, 2, 1]))),
    "IF": (affine(6, 4), if_(6), linear(3, 6), if_(3)),
    "LI last": (affine(6, 4), lif(6), affine(3, 6), li(3)),
    "CubaLI last": (
        linear(6, 4),
        lif(6),
        linear(3, 6),
        nir.CubaLI(*(np.full(3, v) for v in (0.004, 0.02, 1.5, 0.2, 3.0))),
    ),
    "LI between": (affine(6, 4), li(6), linear(5, 6), lif(5)),
    "LI and a synapse": (affine(6, 4), li(6), affine(5, 6), cuba(5)),
    "LI of several tau between": (
        affine(6, 4),
        nir.LI(np.array([1, 2, 1, 3, 3, 2]) * 0.01, np.ones(6), np.zeros(6)),
        linear(5, 6),
        lif(5),
    ),
    "LI of several tau last": (
        linear(6, 4),
        lif(6),
        nir.LI(np.array([1, 2, 1, 3, 3, 2]) * 0.01, np.ones(6), np.arange(6.0)),
    ),
    "Affine last": (affine(6, 4), lif(6), affine(3, 6)),
    "Scale": (
        nir.Scale(np.array([2.0, -1.0, 0.5, 0.0])),
        affine(6, 4),
        lif(6),
        nir.Scale(np.ones(6) * 3),
    ),
    "Delay": (nir.Delay(np.full(4, DT)), affine(6, 4), lif(6), nir.Delay(np.full(6, DT))),
    "Delay of 0": (nir.Delay(np.zeros(4)), affine(6, 4), lif(6)),
    "delayed bias": (affine(6, 4), nir.Delay(np.full(6, DT)), lif(6)),
    "Flatten": (nir.Flatten({"input": np.array([4])}, 0, -1), affine(6, 4), lif(6)),
}


@pytest.mark.parametrize("discretization", ["exact", "euler"])
@pytest.mark.parametrize("name", CHAINS)
def test_nodes_in_a_row_do_what_a_loop_does(name, discretization):
    graph, order = chain(*CHAINS[name])
    assert_alike(graph, order, discretization=discretization)


@pytest.mark.parametrize("name", ["two layers", "reset above leak", "CubaLIF", "IF"])
def test_a_reset_by_subtraction_does_what_a_loop_does(name):
    graph, order = chain(*CHAINS[name])
    assert_alike(graph, order, reset="subtract", discretization="euler")
