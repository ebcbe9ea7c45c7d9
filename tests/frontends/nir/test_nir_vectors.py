"""Networks that other libraries exported and ran spike alike in the float reference."""

from pathlib import Path

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nir import from_nir
from nef2hw.sim.reference import simulate_reference

pytest.importorskip("h5py")

VECTORS = Path(__file__).parents[2] / "vectors" / "nir"

#: All of these libraries compute 1 - dt/tau. What a spike does cannot be seen in their files.
CASES = {
    "snntorch_zero": {"dt": 1e-4},
    "snntorch_subtract": {"dt": 1e-4, "reset": "subtract"},
    "snntorch_subtract_late": {"dt": 1e-4, "reset": "subtract_late"},
    "snntorch_synaptic_zero": {"dt": 1e-4},
    "snntorch_synaptic_subtract_late": {"dt": 1e-4, "reset": "subtract_late"},
    "snntorch_recurrent_zero": {"dt": 1e-4},
    "snntorch_recurrent_synaptic": {"dt": 1e-4, "reset": "subtract_late"},
    "spikingjelly": {"dt": 1e-4},
    "norse_recurrent": {"dt": 1e-3},
}


def run(name, **options):
    """Simulate a case; return the trace and what its library recorded."""
    recorded = dict(np.load(VECTORS / f"{name}.npz"))
    network = from_nir(VECTORS / f"{name}.nir", discretization="euler", **options)
    x = recorded.pop("x").astype(float)
    return simulate_reference(fold(network), {network.inputs[0].name: x}), recorded


@pytest.mark.parametrize("name", CASES)
def test_spikes_are_those_of_the_library(name):
    trace, recorded = run(name, **CASES[name])
    for key, expected in recorded.items():
        kind, node = key.split("/")
        (population,) = unique_names([node], "x")
        found = trace.spikes[population] if kind == "spikes" else trace.probes[node]
        np.testing.assert_array_equal(found, expected, err_msg=node)


def test_neurons_of_two_time_constants_are_two_populations():
    trace, recorded = run("snntorch_two_betas", dt=1e-4)
    first, last = recorded["spikes/1"], recorded["spikes/3"]
    np.testing.assert_array_equal(trace.spikes["1_0"], first[:, 1::2])
    np.testing.assert_array_equal(trace.spikes["1_1"], first[:, 0::2])
    np.testing.assert_array_equal(trace.probes["output"], last)


def test_values_are_those_of_the_library():
    trace, recorded = run("norse_lif", dt=1e-3)
    np.testing.assert_allclose(trace.probes["output"], recorded["values/output"], atol=1e-6)


def test_a_single_neuron_spikes_when_the_exact_solution_does(tmp_path):
    """The single LIF of the NIR paper, whose spikes were published as rows of a table.

    Row k, counted from 0, stands for the time from k dt to (k + 1) dt, as row k of a trace does.
    """
    nir = pytest.importorskip("nir")
    one = np.ones(1)
    graph = nir.NIRGraph.from_list(
        nir.Affine(np.ones((1, 1)), np.zeros(1)), nir.LIF(0.0025 * one, one, 0 * one, 0.1 * one)
    )
    nir.write(tmp_path / "lif.nir", graph)
    tens = [6, 22, 27, 31, 32, 35, 37, 40, 41, *range(43, 54), *range(67, 79), 84, 85]
    x = np.zeros((1000, 1))
    x[np.multiply(tens, 10)] = 1
    for options in ({}, {"reset": "subtract"}, {"discretization": "euler"}):
        network = from_nir(tmp_path / "lif.nir", dt=1e-4, **options)
        trace = simulate_reference(fold(network), {"input": x})
        assert np.flatnonzero(trace.spikes["lif"][:, 0]).tolist() == [460, 510, 710, 760]
