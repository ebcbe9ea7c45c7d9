"""Neurons in volts, ohms, farads and amperes spike as the circuit does."""

import doctest
import math

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.frontends import electrical
from nef2hw.frontends.electrical import electrical_lif
from nef2hw.model.network import Connection, Endpoint, Input, Probe, TrainedNetwork, locked
from nef2hw.sim.reference import simulate_reference

DT = 1e-3
STEPS = 600
CELL = {
    "resistance_ohm": 100e6,
    "capacitance_f": 200e-12,
    "threshold_v": -0.050,
    "resting_v": -0.065,
    "input_a": 1e-9,
}
CIRCUIT = {
    "resistance_ohm": np.array([1e6, 2e6, 4e6]),
    "capacitance_f": np.array([20e-9, 10e-9, 5e-9]),
    "threshold_v": np.array([0.4, 0.5, 0.6]),
    "resting_v": 0.1,
    "reset_v": np.array([0.1, 0.05, 0.2]),
    "input_a": 1e-6,
    "bias_a": np.array([0.0, 5e-8, -2e-8]),
}


def currents(n):
    """Return inputs that change every 20 steps, (steps, n)."""
    return np.repeat(np.random.default_rng(4).uniform(-0.2, 0.8, (STEPS // 20, n)), 20, axis=0)


def spikes_of(cell, x):
    """Run neurons on an input of their own each."""
    n = x.shape[1]
    network = TrainedNetwork(
        DT,
        (Input("x", n, "value", locked(-np.ones(n)), locked(np.ones(n))),),
        (cell.ensemble("cells"),),
        (Connection("in", Endpoint("x"), Endpoint("cells", neurons=True)),),
        (Probe("spikes", Endpoint("cells", neurons=True), n),),
    )
    return simulate_reference(fold(network), {"x": x}).spikes["cells"]


def simulate(x, refractory_s=0.0, **given):
    """Step the circuit in volts and amperes; a spike is timed within its step."""
    n = x.shape[1]
    values = {key: np.broadcast_to(value, n) for key, value in ({"bias_a": 0.0} | given).items()}
    tau = values["resistance_ohm"] * values["capacitance_f"]
    rest, threshold = values["resting_v"], values["threshold_v"]
    reset = values.get("reset_v", rest)
    v, free_at, spikes = rest.copy(), np.zeros(n), np.zeros(x.shape, np.uint8)
    for step, row in enumerate(x):
        aim = rest + values["resistance_ohm"] * (values["input_a"] * row + values["bias_a"])
        for i in range(n):
            start = min(max(step * DT, free_at[i]), (step + 1) * DT)
            moved = aim[i] + (v[i] - aim[i]) * math.exp(-((step + 1) * DT - start) / tau[i])
            if moved > threshold[i]:
                spikes[step, i] = 1
                v[i] = reset[i]
                back = tau[i] * math.log((aim[i] - threshold[i]) / (aim[i] - moved))
                free_at[i] = (step + 1) * DT - back + refractory_s if refractory_s else 0.0
            else:
                v[i] = moved
    return spikes


@pytest.mark.parametrize("refractory_s", [0.0, 0.002, 0.0037])
@pytest.mark.parametrize(
    "given",
    [CELL, CIRCUIT, CELL | {"reset_v": -0.070}],
    ids=["cell", "circuit", "reset below rest"],
)
def test_neurons_spike_as_the_circuit_does(given, refractory_s):
    x = currents(3)
    cell = electrical_lif(3, **given, refractory_s=refractory_s)
    expected = simulate(x, refractory_s, **given)
    assert (expected.sum(axis=0) > 10).all()
    np.testing.assert_array_equal(spikes_of(cell, x), expected)


def test_a_cell_has_the_constants_of_its_circuit():
    cell = electrical_lif(2, **CELL, refractory_s=0.002, bias_a=1e-10)
    assert cell.neurons.tau_rc_s == pytest.approx(0.02)
    assert cell.neurons.tau_ref_s == 0.002
    np.testing.assert_allclose(cell.gain, 1e8 * 1e-9 / 0.015)
    np.testing.assert_allclose(cell.bias, 1e8 * 1e-10 / 0.015)
    assert cell.ensemble("a").voltage_init is None
    assert cell.ensemble("a", encoders=np.ones((2, 1))).encoders.shape == (2, 1)


def test_a_membrane_begins_at_rest():
    cell = electrical_lif(1, **CELL, reset_v=-0.080)
    np.testing.assert_allclose(cell.ensemble("a").voltage_init, 0.5)
    restless = electrical_lif(1, **(CELL | {"resting_v": -0.045}), reset_v=-0.080)
    np.testing.assert_allclose(restless.voltage_init, 1.0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"resistance_ohm": 0}, "resistance_ohm holds 0, expected above 0 ohm"),
        ({"capacitance_f": -1e-12}, "capacitance_f holds -1e-12, expected above 0 F"),
        (
            {"capacitance_f": 200},
            r"is 2e\+10 s, expected above 0 and at most 1000 s; are they in o",
        ),
        ({"bias_a": np.inf}, "bias_a holds inf, expected finite numbers"),
        ({"bias_a": [1e-9]}, r"bias_a has shape \(1,\), expected \(2,\)"),
        ({"bias_a": [[1], [1, 2]]}, "bias_a is not an array"),
        ({"threshold_v": "high"}, "threshold_v has dtype <U4, expected numbers"),
        ({"refractory_s": -1e-3}, "refractory_s is -0.001, expected at least 0 and at most 1000 s"),
        (
            {"reset_v": [-0.065, -0.05]},
            "threshold_v is -0.05 V and reset_v -0.05 V at index 1, expected a threshold above the",
        ),
        (
            {"capacitance_f": [1e-10, 2e-10]},
            "is 0.01 to 0.02 s, expected one time constant for all neurons; make a population of",
        ),
    ],
)
def test_constants_out_of_range_are_refused(changed, message):
    with pytest.raises(ModelError, match=message):
        electrical_lif(2, **(CELL | changed))


def test_all_constants_out_of_range_are_told():
    with pytest.raises(ModelError) as refused:
        electrical_lif(2, **(CELL | {"resistance_ohm": -1, "bias_a": np.nan, "refractory_s": -1}))
    assert len(refused.value.problems) == 3


def test_the_example_is_right():
    assert doctest.testmod(electrical).failed == 0
