"""Networks given as lists of layers are what the layer shorthand of model files says."""

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.frontends.layers import (
    BatchNormalization,
    Dense,
    Lif,
    SpikingRectifiedLinear,
    from_layers,
)
from nef2hw.model.npz import load_model, model_arrays
from nef2hw.model.parse import parse_model
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass
from nef2hw.sim.reference import simulate_reference

RNG = np.random.default_rng(1)
K0, K1, K2 = RNG.normal(0, 0.5, (16, 8)), RNG.normal(0, 0.5, (8, 6)), RNG.normal(size=(6, 4))
B0, B1, B2 = RNG.normal(size=8), RNG.normal(size=6), RNG.normal(size=4)
GAIN, BIAS = RNG.uniform(1, 2, 6), RNG.uniform(0, 2, 6)


def same(one, other):
    """Tell whether two networks have the same arrays, all of them."""
    left, right = model_arrays(one), model_arrays(other)
    return left.keys() == right.keys() and all(
        np.array_equal(left[key], right[key]) for key in left
    )


def shorthand(**changes):
    arrays = {
        "format": "nef2hw-model-1",
        "dt": 0.002,
        "inputs/x/low": 0.0,
        "inputs/x/high": 2.0,
        "layers/0/weights": K0.T,
        "layers/0/bias": B0,
        "layers/0/amplitude": 0.01,
        "layers/0/synapse": 0.005,
        "layers/1/weights": K1.T,
        "layers/1/bias": B1,
        "layers/1/neuron_type": "SpikingRectifiedLinear",
        "layers/1/neuron_gain": GAIN,
        "layers/1/neuron_bias": BIAS,
        "layers/1/synapse": 0.005,
        "layers/2/weights": K2.T,
        "layers/2/bias": B2,
        "layers/2/neuron_type": "none",
    }
    return {key: value for key, value in (arrays | changes).items() if value is not None}


def test_records_are_the_shorthand():
    network = from_layers(
        [
            Dense(K0, B0),
            Lif(amplitude=0.01),
            (K1, B1),
            SpikingRectifiedLinear(gain=GAIN, bias=BIAS),
            Dense(K2, B2),
        ],
        dt=0.002,
        synapse=0.005,
        input_range=(0, 2),
    )
    assert same(network, parse_model(shorthand()))
    assert [ensemble.name for ensemble in network.ensembles] == ["layer0", "layer1"]


def test_mappings_are_the_shorthand_itself():
    given = shorthand()
    layers = [
        {key.split("/")[2]: value for key, value in given.items() if key.startswith(f"layers/{k}/")}
        for k in range(3)
    ]
    network = from_layers(layers, dt=0.002, input_range=(0.0, [2.0] * 16))
    assert same(network, parse_model(given))


def test_every_number_of_neurons_arrives():
    neurons = Lif(
        gain=2.0,
        bias=0.5,
        amplitude=0.1,
        tau_rc_s=0.03,
        tau_ref_s=0.001,
        min_voltage=-0.5,
        voltage_init=np.linspace(-0.5, 1, 8),
        synapse=Alpha(0.01),
    )
    (ensemble,) = from_layers([Dense(K0, B0), neurons]).ensembles
    lif = ensemble.neurons
    assert (lif.amplitude, lif.tau_rc_s, lif.tau_ref_s, lif.min_voltage) == (0.1, 0.03, 0.001, -0.5)
    np.testing.assert_array_equal(ensemble.gain, np.full(8, 2.0))
    np.testing.assert_array_equal(ensemble.bias, 2.0 * B0 + 0.5)
    np.testing.assert_array_equal(ensemble.voltage_init, np.linspace(-0.5, 1, 8))


FILTER = LinearFilter(((0.5,),), (0.5,), (1.0,))


@pytest.mark.parametrize(
    ("own", "common", "expected"),
    [
        (None, None, (None, 0)),
        (None, 0.01, (Lowpass(0.01), 1)),
        (0, 0.01, (Lowpass(0.0), 1)),
        (Alpha(0.02), np.float32(0.5), (Alpha(0.02), 1)),
        (None, FILTER, (FILTER, 1)),
    ],
)
def test_a_layers_own_synapse_is_taken_before_that_of_all(own, common, expected):
    network = from_layers([Dense(K0), Lif(synapse=own), Dense(K1)], synapse=common)
    assert (network.probes[0].synapse, network.probes[0].delay) == expected


def test_without_a_dense_after_them_the_neurons_spikes_are_the_output():
    probe = from_layers([Dense(K0, B0), Lif()], synapse=0.1).probes[0]
    assert (str(probe.target), probe.transform, probe.synapse) == (
        "layer0.neurons",
        None,
        Lowpass(0.1),
    )


def test_layers_without_neurons_are_folded_together():
    mean, variance = RNG.normal(size=8), RNG.uniform(0.5, 2, 8)
    gamma, beta = RNG.normal(size=8), RNG.normal(size=8)
    normal = BatchNormalization(gamma, beta, mean, variance, epsilon=0.01)
    before = BatchNormalization(*RNG.uniform(0.5, 1, (4, 16)))
    u, s = RNG.normal(size=16), RNG.uniform(size=8)

    network = from_layers(
        [before, before, Dense(K0, B0), normal, Lif(), normal, Dense(K1), (K2, B2)]
    )

    def normalize(layer, values):
        spread = np.sqrt(np.asarray(layer.moving_variance) + layer.epsilon)
        return layer.gamma * (values - layer.moving_mean) / spread + layer.beta

    current = normalize(normal, normalize(before, normalize(before, u)) @ K0 + B0)
    ensemble, probe = network.ensembles[0], network.probes[0]
    found = network.connections[0].transform @ u + ensemble.bias
    np.testing.assert_allclose(found, current, rtol=1e-12)
    np.testing.assert_allclose(
        probe.transform @ s + probe.bias, normalize(normal, s) @ K1 @ K2 + B2, rtol=1e-12
    )


def test_a_normalization_alone_is_a_diagonal():
    ones = np.ones(3)
    network = from_layers([BatchNormalization(2 * ones, ones, 0 * ones, ones, 0), Lif()])
    np.testing.assert_array_equal(network.connections[0].transform, 2 * np.eye(3))


def test_scaling_firing_rates_scales_gain_and_bias_and_divides_the_amplitude():
    layers = [Dense(K0, B0), Lif(gain=3.0, bias=1.0, amplitude=0.2), Dense(K1), Lif(), Dense(K2)]
    first, second = from_layers(layers, scale_firing_rates=[4.0, 0.5]).ensembles
    np.testing.assert_array_equal(first.gain, np.full(8, 12.0))
    np.testing.assert_array_equal(first.bias, 4 * (3 * B0 + 1))
    assert (first.neurons.amplitude, second.neurons.amplitude) == (0.05, 2.0)
    np.testing.assert_array_equal(second.gain, np.full(6, 0.5))


def test_scaled_rectified_neurons_mean_the_same_and_spike_more_often():
    layers = [Dense(K0, B0), SpikingRectifiedLinear(bias=0.5), Dense(np.eye(8))]
    held = {"x": RNG.uniform(0, 1, (1, 16))}
    rate = np.maximum(held["x"][0] @ K0 + B0 + 0.5, 0)
    for scale in (1, 50):
        network = from_layers(layers, scale_firing_rates=scale)
        trace = simulate_reference(fold(network), held, steps=2000)
        counts = trace.spikes["layer0"].sum(axis=0)
        assert np.abs(counts - 2 * scale * rate).max() <= 1
        assert np.abs(trace.probes["output"].mean(axis=0) - rate).max() <= 0.5 / scale


def test_float32_and_plain_lists_are_taken():
    network = from_layers([Dense([[1, 2]], np.float32([0.5, 0])), Lif(gain=[1, 2])])
    np.testing.assert_array_equal(network.connections[0].transform, [[1.0], [2.0]])
    np.testing.assert_array_equal(network.ensembles[0].bias, [0.5, 0])


def test_a_network_of_layers_can_be_saved_and_loaded(tmp_path):
    network = from_layers([Dense(K0, B0), Lif(amplitude=0.01), Dense(K1)], synapse=0.005)
    network.save(tmp_path / "model.npz")
    assert same(load_model(tmp_path / "model.npz"), network)


NAN = np.full((3, 3), np.nan)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (5, r"layers is of type int, expected a list such as \[Dense"),
        ({"weights": K0}, "layers is of type dict, expected a list"),
        ([], "layers is empty, expected at least a Dense and its neurons"),
        ([3], r"layers\[0\] is of type int, expected Dense, BatchNormalization, Lif"),
        ([(K0, B0, B0)], r"layers\[0\] is of type tuple, expected .* a pair \(kernel, bias\)"),
        (
            [Dense(K0), {"weights": K0}],
            r"layers\[1\] is a mapping among other kinds of layers, expected all of them",
        ),
        ([Lif()], r"layers\[0\] is Lif and comes first, expected a Dense before all neurons"),
        (
            [Dense(K0), Lif(), SpikingRectifiedLinear()],
            r"layers\[2\] is SpikingRectifiedLinear straight after layers\[1\], expected a Dense",
        ),
        ([Dense(K0)], r"layers\[0\] has no neurons after it, expected Lif\(\) or others"),
        ([Dense(K0), Dense(K1)], r"layers\[0\] to layers\[1\] has no neurons after it"),
        (
            [Dense(K0), Lif(), Dense(K2)],
            r"layers\[1\] gives 8 values, but layers\[2\] takes 6$",
        ),
        (
            [Dense(K0), Lif(), Dense(K1.T)],
            r"layers\[1\] gives 8 values, but layers\[2\] takes 6; the kernel is \(n_in, n_out\)",
        ),
        (
            [Dense(K0), BatchNormalization(*np.ones((4, 5))), Lif()],
            r"layers\[0\] gives 8 values, but layers\[1\] takes 5$",
        ),
        (
            [Dense(K0.T, B0), Lif()],
            r"layers\[0\].kernel has shape \(8, 16\) and its bias \(8,\), expected \(n_in, n_out\)",
        ),
        ([Dense(K0, B1), Lif()], r"layers\[0\].bias has shape \(6,\), expected \(8,\)"),
        ([Dense(B0), Lif()], r"layers\[0\].kernel has shape \(8,\), expected \(n_in, n_out\)"),
        ([Dense(NAN), Lif()], r"layers\[0\].kernel holds nan, expected finite numbers"),
        ([Dense([[1], [2, 3]]), Lif()], r"layers\[0\].kernel is not an array: "),
        ([Dense([[None]]), Lif()], r"layers\[0\].kernel has dtype object, expected numbers"),
        ([Dense(K0 + 1j), Lif()], r"layers\[0\].kernel has dtype complex128, expected numbers"),
        ([Dense(None), Lif()], r"layers\[0\].kernel is missing, expected an array of shape"),
        (
            [Dense(K0), BatchNormalization([1], [1], [1], [-1]), Lif()],
            r"layers\[1\].moving_variance holds -1, expected at least 0",
        ),
        (
            [BatchNormalization([1], [1], [1], [0], 0), Lif()],
            r"layers\[0\].moving_variance and epsilon are 0 at index 0, expected their sum above 0",
        ),
        (
            [Dense(K0), Lif(gain=GAIN)],
            r"layers/0/neuron_gain has shape \(6,\), expected \(8,\) "
            r"\(layers/0 is made of layers\[0\] to layers\[1\]\)",
        ),
        ([Dense(K0), Lif(bias=[[1], [2, 3]])], r"layers\[1\].bias is not an array"),
        (
            [Dense(K0), Lif(), (K1, B1), Lif(tau_rc_s=-1)],
            r"layers/1/tau_rc is -1, expected at least .*\(layers/1 is made of layers\[2\]",
        ),
        ([Dense(K0), Lif(gain=None)], "layers/0/neuron_gain has dtype object, expected numbers"),
        ([Dense(K0), Lif(amplitude=0)], "layers/0/amplitude is 0, expected above 0"),
        (
            [Dense(K0), Lif(synapse="5 ms")],
            r"layers\[1\].synapse is of type str, expected None, a time constant in s, Lowpass",
        ),
        ([{"weights": K0.T, "neurontype": 1}], "'layers/0/neurontype' is not a known key"),
    ],
)
def test_bad_layers_are_refused(layers, message):
    with pytest.raises(ModelError, match=message):
        from_layers(layers)


def test_all_problems_are_told_at_once():
    with pytest.raises(ModelError) as caught:
        from_layers([Dense(K0), Lif(amplitude=0), Dense(K1), Lif(tau_ref_s=-1), Dense(K2)])
    assert [problem.split()[0] for problem in caught.value.problems] == [
        "layers/0/amplitude",
        "layers/1/tau_ref",
    ]
    assert all(problem.endswith("])") for problem in caught.value.problems)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dt": 0}, "dt is 0, expected at least 1e-09"),
        ({"synapse": -1}, "layers/0/synapse is -1, expected at least 0"),
        ({"synapse": [0.1]}, "synapse is of type list, expected None, a time constant"),
        ({"scale_firing_rates": 0}, "scale_firing_rates is 0, expected at least 1e-06"),
        ({"scale_firing_rates": "2"}, "scale_firing_rates has dtype <U1, expected numbers"),
        (
            {"scale_firing_rates": [1, 2]},
            "scale_firing_rates has 2 numbers, expected 1, one for each layer of neurons",
        ),
        ({"input_range": 3}, r"input_range is 3, expected \(low, high\)"),
        ({"input_range": (0, 1, 2)}, r"input_range is \(0, 1, 2\), expected \(low, high\)"),
        ({"input_range": (1, 0)}, "inputs/x/low is 1 at index 0, expected at most inputs/x/high"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ModelError, match=message):
        from_layers([Dense(K0), Lif()], **options)
