"""Networks that NengoDL ran: the same weights, imported, make the same spikes.

NengoDL computed in float64; spikes are compared one by one over 400 steps, outputs to rounding.
``tests/vectors/nengo_dl/make.py`` made the files.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.frontends.keras import import_keras
from nef2hw.frontends.layers import Dense, Lif, SpikingRectifiedLinear, from_layers
from nef2hw.model.npz import load_model
from nef2hw.sim.reference import simulate_reference

VECTORS = Path(__file__).parents[2] / "vectors" / "nengo_dl"
AMPLITUDE = 0.01
OUTPUT_EVERY = 5
FILTER_TAU_S = 0.1


def vector(name):
    with np.load(VECTORS / f"{name}.npz") as arrays:
        return dict(arrays)


def as_it_began(network, run):
    """Give the neurons the initial voltages that NengoDL drew."""
    ensembles = (
        replace(ensemble, voltage_init=run[f"voltage_init{k}"])
        for k, ensemble in enumerate(network.ensembles)
    )
    return replace(network, ensembles=tuple(ensembles))


def assert_same(network, run, rtol=1e-9):
    held = np.repeat(run["x"].astype(float), run["held_steps"], axis=0)
    trace = simulate_reference(fold(network), {"x": held})
    for k in range(2):
        spikes = run[f"spikes{k}"]
        assert spikes.any(axis=1).mean() > 0.1, "almost silent, which proves little"
        np.testing.assert_array_equal(trace.spikes[f"layer{k}"], spikes, err_msg=f"layer{k}")
    output = trace.probes["output"][::OUTPUT_EVERY]
    np.testing.assert_allclose(output, run["output"], rtol=rtol, atol=rtol)


@pytest.mark.parametrize(
    ("name", "kind", "amplitude", "scale", "synapse"),
    [
        ("converted_lif", Lif, AMPLITUDE, None, None),
        ("converted_lif_scaled", Lif, AMPLITUDE, 2, 0.005),
        ("converted_relu", SpikingRectifiedLinear, 1.0, 500, 0.01),
    ],
)
def test_a_converted_model_spikes_as_in_nengodl(name, kind, amplitude, scale, synapse):
    run = vector(name)
    k0, b0, k1, b1, k2, b2 = vector("keras2_arrays").values()
    first, second = (
        kind(amplitude=amplitude, voltage_init=run[f"voltage_init{k}"]) for k in range(2)
    )
    network = from_layers(
        [Dense(k0, b0), first, Dense(k1, b1), second, Dense(k2, b2)],
        dt=float(run["dt"]),
        scale_firing_rates=scale,
        synapse=synapse,
    )
    for k, ensemble in enumerate(network.ensembles):
        np.testing.assert_array_equal(ensemble.gain, run[f"gain{k}"])
        np.testing.assert_allclose(ensemble.bias, run[f"bias{k}"], rtol=1e-6)
    assert_same(network, run)
    assert (kind is Lif) == (max(run["spikes0"].max(), run["spikes1"].max()) == 1)


def layered(run, synapse=None):
    """The network of layers; ``synapse`` is of the last neurons."""
    _, k0, b0, k1, b1, k2, b2 = vector("layers").values()
    first, second = (
        Lif(
            gain=run[f"gain{k}"],
            bias=run[f"bias{k}"],
            amplitude=AMPLITUDE,
            voltage_init=run[f"voltage_init{k}"],
            synapse=(None, synapse)[k],
        )
        for k in range(2)
    )
    return from_layers([Dense(k0, b0), first, Dense(k1, b1), second, Dense(k2, b2)])


def test_keras_layers_within_nengo_spike_as_in_nengodl():
    run = vector("layered_lif")
    assert_same(layered(run), run)


def test_a_filtered_probe_is_the_last_synapse_but_for_the_bias_it_lets_in_at_once():
    run, b2 = vector("layered_lif"), vector("layers")["arr_6"]
    network = layered(run, synapse=FILTER_TAU_S)
    held = np.repeat(run["x"].astype(float), run["held_steps"], axis=0)
    found = simulate_reference(fold(network), {"x": held}).probes["output"]
    missing = np.exp(-0.001 / FILTER_TAU_S) ** np.arange(len(found))[:, np.newaxis]
    np.testing.assert_allclose(
        (found - b2 * missing)[::OUTPUT_EVERY], run["filtered"], rtol=1e-9, atol=1e-9
    )


def test_float32_which_is_nengodls_default_made_the_same_spikes():
    names = ("converted_lif", "converted_lif_scaled", "converted_relu", "layered_lif")
    assert [int(vector(name)["float32_agrees_until"]) for name in names] == [400] * 4


@pytest.mark.parametrize("file", ["keras2_weights.h5", "keras2_model.h5", "keras2_arrays.npz"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("converted_lif", {"neuron_type": "LIF", "amplitude": AMPLITUDE}),
        (
            "converted_relu",
            {"neuron_type": "RectifiedLinear", "scale_firing_rates": 500, "synapse": 0.01},
        ),
    ],
)
def test_files_of_the_keras_model_become_the_converted_network(file, name, options):
    run = vector(name)
    assert_same(as_it_began(import_keras(VECTORS / file, **options), run), run)


def biases_of(run):
    return [run["bias0"], run["bias1"]]


@pytest.mark.parametrize("file", ["layers.h5", "layers.npz"])
def test_files_of_a_simulator_with_keras_layers_become_its_network(file):
    run = vector("layered_lif")
    gain = [run["gain0"], run["gain1"]]
    network = import_keras(
        VECTORS / file, gain=gain, neuron_bias=biases_of(run), amplitude=AMPLITUDE
    )
    assert_same(as_it_began(network, run), run)
    assert any("NengoDL draws at random" in note for note in network.notes)


@pytest.mark.parametrize("file", ["converter.h5", "converter.npz"])
def test_files_of_a_simulator_of_a_converted_model_become_its_network(file):
    run = vector("converted_lif")
    network = import_keras(VECTORS / file, gain=1, neuron_bias=biases_of(run), amplitude=AMPLITUDE)
    assert_same(as_it_began(network, run), run)
    assert any("which the file has turned round" in note for note in network.notes)


def test_nengodl_keeps_biases_in_an_order_of_its_own():
    run, stored = vector("layered_lif"), vector("layers")["arr_0"]
    np.testing.assert_array_equal(stored, np.float32([*run["bias1"], *run["bias0"]]))


@pytest.mark.parametrize("file", ["layers.h5", "layers.npz", "converter.h5", "converter.npz"])
def test_biases_whose_order_the_file_does_not_tell_are_asked_for(file):
    with pytest.raises(ModelError, match=r"\(22,\) holds the biases of all neurons, in an order"):
        import_keras(VECTORS / file, gain=1)


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        (
            "layers.npz",
            {},
            r"layers.npz: NengoDL does not save the gains of its neurons; give them, gain=\[sim",
        ),
        ("converter.npz", {}, r"gain=1 for a network of nengo_dl.Converter, else gain=\[sim"),
        (
            "layers.npz",
            {"gain": 2, "neuron_bias": [1.0, 1.0]},
            "neuron_bias has other numbers than arr_0 in the file; are both of the same simulator",
        ),
        (
            "layers.npz",
            {"gain": 2, "neuron_bias": [np.ones(12), np.ones(10)]},
            r"neuron_bias has an array of shape \(12,\) and dtype float64, expected .* \(10,\)",
        ),
        (
            "converter.npz",
            {"gain": 2, "scale_firing_rates": 2},
            "scale_firing_rates is given, expected it absent: the biases .* are scaled already",
        ),
    ],
)
def test_what_nengodl_does_not_save_is_asked_for(file, options, message):
    with pytest.raises(ModelError, match=message):
        import_keras(VECTORS / file, **options)


def test_biases_that_are_all_alike_need_no_order(tmp_path):
    arrays = vector("layers") | {"arr_0": np.ones(22, np.float32)}
    np.savez(tmp_path / "w.npz", **arrays)
    network = import_keras(tmp_path / "w.npz", gain=[2.0, np.full(12, 3.0)])
    bias = 3 * arrays["arr_4"].astype(float) + 1
    np.testing.assert_allclose(network.ensembles[1].bias, bias, rtol=1e-12)
    np.testing.assert_array_equal(network.ensembles[0].gain, np.full(10, 2.0))


def test_the_biases_of_one_layer_are_its_own(tmp_path):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in ((8,), (5, 8), (8,), (8, 3), (3,))]
    np.savez(tmp_path / "w.npz", *arrays)
    network = import_keras(tmp_path / "w.npz", gain=2)
    np.testing.assert_allclose(network.ensembles[0].bias, 2 * arrays[2] + arrays[0], rtol=1e-12)


def test_an_imported_network_survives_its_file(tmp_path):
    network = import_keras(VECTORS / "keras2_model.h5", neuron_type="LIF", amplitude=AMPLITUDE)
    network.save(tmp_path / "model.npz")
    assert load_model(tmp_path / "model.npz").notes == network.notes
