"""The layer shorthand stands for what the format says it stands for."""

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.model.network import IfNeurons, LifNeurons
from nef2hw.model.parse import parse_model
from nef2hw.model.synapses import Alpha, Lowpass
from nef2hw.sim.reference import simulate_reference

RNG = np.random.default_rng(1)
W0, W1, W2 = (RNG.normal(size=shape) for shape in ((6, 4), (5, 6), (3, 5)))
B0, B2 = RNG.normal(size=6), RNG.normal(size=3)
GAIN, BIAS = RNG.uniform(1, 2, 6), RNG.normal(size=6)


def layered():
    """Two LIF layers and a linear readout."""
    return {
        "format": "nef2hw-model-1",
        "dt": 0.001,
        "layers/0/weights": W0,
        "layers/0/bias": B0,
        "layers/0/neuron_gain": GAIN,
        "layers/0/neuron_bias": BIAS,
        "layers/0/tau_rc": 0.03,
        "layers/0/synapse": 0.005,
        "layers/1/weights": W1 / 100,
        "layers/1/bias": np.ones(5),
        "layers/1/amplitude": 0.5,
        "layers/1/tau_ref": 0.0,
        "layers/1/synapse": 0.01,
        "layers/1/neuron_type": "LIF",
        "layers/2/weights": W2,
        "layers/2/bias": B2,
        "layers/2/neuron_type": "none",
        "inputs/x/low": 0.0,
    }


def written_out():
    """The same network in the long form."""
    return {
        "format": "nef2hw-model-1",
        "dt": 0.001,
        "inputs/x/size": 4,
        "inputs/x/low": 0.0,
        "ensembles/layer0/gain": GAIN,
        "ensembles/layer0/bias": GAIN * B0 + BIAS,
        "ensembles/layer0/tau_rc": 0.03,
        "ensembles/layer1/gain": np.ones(5),
        "ensembles/layer1/bias": np.ones(5),
        "ensembles/layer1/amplitude": 0.5,
        "ensembles/layer1/tau_ref": 0.0,
        "connections/first/pre": "x",
        "connections/first/post": "layer0.neurons",
        "connections/first/transform": W0,
        "connections/second/pre": "layer0.neurons",
        "connections/second/post": "layer1.neurons",
        "connections/second/transform": W1 / 100,
        "connections/second/synapse": 0.005,
        "probes/output/target": "layer1.neurons",
        "probes/output/transform": W2,
        "probes/output/bias": B2,
        "probes/output/synapse": 0.01,
    }


def test_the_shorthand_does_what_the_long_form_does():
    stimulus = {"x": RNG.uniform(0, 1, (300, 4))}
    short = simulate_reference(fold(parse_model(layered())), stimulus)
    long = simulate_reference(fold(parse_model(written_out())), stimulus)
    for name in ("layer0", "layer1"):
        assert long.spikes[name].any()
        np.testing.assert_array_equal(short.spikes[name], long.spikes[name])
    np.testing.assert_array_equal(short.probes["output"], long.probes["output"])


def test_without_a_readout_the_last_layers_spikes_are_the_output():
    arrays = {
        key: value
        for key, value in layered().items()
        if not key.startswith(("layers/1", "layers/2")) and key != "layers/0/synapse"
    }
    folded = fold(parse_model(arrays))
    trace = simulate_reference(folded, {"x": RNG.uniform(0, 1, (100, 4))})
    assert [population.name for population in folded.populations] == ["layer0"]
    assert trace.spikes["layer0"].any()
    np.testing.assert_array_equal(trace.probes["output"], trace.spikes["layer0"] * 1000.0)


def test_the_last_layers_synapse_filters_the_output():
    arrays = {key: value for key, value in layered().items() if not key.startswith("layers/2")}
    network = parse_model(arrays)
    assert (network.probes[0].synapse, network.probes[0].transform) == (Lowpass(0.01), None)


def test_layers_may_hold_other_neurons_synapses_and_states():
    arrays = {key: value for key, value in layered().items() if not key.startswith("layers/2")}
    del arrays["layers/0/tau_rc"], arrays["layers/1/synapse"]
    network = parse_model(
        arrays
        | {
            "layers/0/neuron_type": "IF",
            "layers/0/min_voltage": -1.0,
            "layers/0/reset": "subtract",
            "layers/0/voltage_init": np.linspace(-1, 1, 6),
            "layers/0/synapse_type": "alpha",
            "layers/0/delay": 0,
            "layers/1/discretization": "euler",
            "layers/1/refractory_init": np.full(5, 0.0005),
            "layers/1/delay": 1,
        }
    )
    first, second = network.ensembles
    assert first.neurons == IfNeurons(min_voltage=-1.0, reset="subtract")
    assert first.voltage_init.tolist() == np.linspace(-1, 1, 6).tolist()
    assert second.neurons == LifNeurons(tau_ref_s=0.0, amplitude=0.5, discretization="euler")
    assert second.refractory_init_s.tolist() == [0.0005] * 5
    between, output = network.connections[1], network.probes[0]
    assert (between.synapse, between.delay) == (Alpha(0.005), 0)
    assert (output.synapse, output.delay) == (None, 1)


def test_notes_are_kept_with_layers():
    assert parse_model(layered() | {"notes": ["one", "two"]}).notes == ("one", "two")


def test_spikes_may_enter():
    network = parse_model(layered() | {"inputs/x/kind": "spike", "inputs/x/size": 4})
    assert network.inputs[0].kind == "spike"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layers/1/weights": None}, r"layers/1/weights is missing, expected .* \(n_out, 6\)"),
        ({"layers/0/weights": np.ones(3)}, r"layers/0/weights has shape \(3,\), expected \(n_out"),
        ({"layers/1/weights": W1.T}, r"layers/1/weights has shape \(6, 5\), expected \(n_out, 6\)"),
        ({"layers/0/bias": np.ones(5)}, r"layers/0/bias has shape \(5,\), expected \(6,\)"),
        ({"layers/0/neuron_gain": 2.0}, r"layers/0/neuron_gain has shape \(\), expected \(6,\)"),
        (
            {"layers/0/neuron_type": "Izhikevich"},
            "'Izhikevich', which the hardware does not do; use",
        ),
        (
            {"layers/0/neuron_type": "none"},
            "only the last of several layers may be a linear readout",
        ),
        ({"layers/0/tau_rc": -1.0}, "layers/0/tau_rc is -1, expected at least"),
        ({"layers/0/synapse": np.nan}, "layers/0/synapse holds nan, expected finite"),
        (
            {"layers/2/synapse": 0.1},
            "layers/2/synapse is given, .* readout with layers/1/synapse, /d",
        ),
        (
            {"layers/2/delay": 1},
            "layers/2/delay is given, .* readout with layers/1/synapse, /delay",
        ),
        ({"layers/2/reset": "zero"}, "layers/2/reset is given, .* a linear readout has no neurons"),
        ({"layers/0/voltage_init": np.ones(5)}, r"voltage_init has shape \(5,\), expected \(6,\)"),
        ({"layers/2/tau_rc": 0.1}, "layers/2/tau_rc is given, .* a linear readout has no neurons"),
        ({"layers/9/weights": W0}, "layers/2/neuron_type is 'none', expected neurons such"),
        ({"layers/one/weights": W0}, "'layers/one/weights' is numbered 'one', expected 0, 1, 2"),
        ({"layers/01/weights": W0}, "is numbered '01', expected 0, 1, 2"),
        ({"layers/0/weight": W0}, "'layers/0/weight' is not a known key, .*did you mean 'weights'"),
        ({"inputs/x/size": 5}, "inputs/x/size is 5, expected 4, the columns of layers/0/weights"),
        ({"inputs/y/size": 5}, "inputs/y is given with layers, whose only input is 'x'"),
        (
            {"ensembles/a/gain": [1.0]},
            "ensembles/a is given with layers, expected layers and inputs/x",
        ),
        ({"probes/a/target": "x"}, "probes/a is given with layers"),
        ({"connections/a/pre": "x"}, "connections/a is given with layers"),
    ],
)
def test_bad_layers_are_refused(change, message):
    arrays = {key: value for key, value in (layered() | change).items() if value is not None}
    with pytest.raises(ModelError, match=message):
        parse_model(arrays)
