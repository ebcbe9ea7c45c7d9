"""Neurons of the float reference that Nengo does not have, against loops over single neurons."""

import numpy as np
import pytest

from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.model.network import IfNeurons, LifNeurons
from nef2hw.sim.reference import simulate_reference
from tests.nengo_models import smooth_noise

DT_S = 0.001
STEPS = 600
SIZE = 40
VOLTAGES = np.linspace(-0.2, 0.99, SIZE)
REFRACTORY_S = np.linspace(0.0, 0.0009, SIZE)


def currents(scale):
    """One current for each neuron, (STEPS, SIZE), from below the floor to fast firing."""
    return scale * (smooth_noise(1, STEPS, SIZE, 1.5) + np.linspace(-0.5, 4.0, SIZE))


def reference(neurons, current, refractory_init_s=None):
    """Feed one current to each neuron; return the spikes, (STEPS, SIZE)."""
    zeros = np.zeros(SIZE)
    network = FoldedNetwork(
        DT_S,
        (FoldedInput("j", SIZE, "value", zeros, zeros),),
        (FoldedPopulation("a", zeros, neurons, VOLTAGES, refractory_init_s),),
        (FoldedConnection("j-a", "j", "a", np.eye(SIZE), None, 0),),
        (FoldedProbe("spikes", "spikes", "a"),),
    )
    return simulate_reference(network, {"j": current}).spikes["a"]


def each(neuron, current, *initial):
    """Run the loop ``neuron`` over each neuron's currents and initial state."""
    trains = [
        list(neuron(column.tolist(), *state))
        for column, *state in zip(current.T, *initial, strict=True)
    ]
    return np.array(trains).T


@pytest.mark.parametrize("tau_ref_s", [0.0, 0.0004, 0.002, 0.0025])
@pytest.mark.parametrize("tau_rc_s", [0.0015, 0.02])
def test_euler_moves_the_voltage_on_a_line(tau_rc_s, tau_ref_s):
    def neuron(current, voltage, refractory_s):
        for j in current:
            refractory_s -= DT_S
            free_s = min(max(DT_S - refractory_s, 0.0), DT_S)
            voltage = voltage + free_s * (j - voltage) / tau_rc_s
            fires = voltage > 1
            yield fires
            if fires:
                refractory_s = tau_ref_s + DT_S - tau_rc_s * (voltage - 1) / (j - 1)
                voltage = 0.0
            voltage = max(voltage, -0.3)

    current = currents(1.0)
    lif = LifNeurons(tau_rc_s, tau_ref_s, min_voltage=-0.3, discretization="euler")
    expected = each(neuron, current, VOLTAGES, REFRACTORY_S)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(reference(lif, current, REFRACTORY_S), expected)


@pytest.mark.parametrize("discretization", ["exact", "euler"])
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_subtraction_keeps_what_is_above_the_threshold(discretization, scale):
    leak = 1 - np.exp(-DT_S / 0.005) if discretization == "exact" else DT_S / 0.005

    def neuron(current, voltage):
        for j in current:
            voltage = (1 - leak) * voltage + leak * j
            fires = voltage > 1
            yield fires
            voltage = max(voltage - fires, -0.3)

    current = currents(scale)
    lif = LifNeurons(0.005, 0.0, 1.0, -0.3, discretization, "subtract")
    expected = each(neuron, current, VOLTAGES)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(reference(lif, current), expected)


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("min_voltage", [0.0, -2.0])
def test_neurons_without_leak_add_up_their_current(reset, min_voltage):
    def neuron(current, voltage):
        for j in current:
            voltage += j * DT_S
            fires = voltage > 1
            yield fires
            if fires:
                voltage = voltage - 1 if reset == "subtract" else 0.0
            voltage = max(voltage, min_voltage)

    current = currents(200.0)
    expected = each(neuron, current, VOLTAGES)
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(
        reference(IfNeurons(min_voltage=min_voltage, reset=reset), current), expected
    )


def test_the_resets_and_discretizations_differ():
    current = currents(2.0)
    trains = [
        reference(LifNeurons(0.005, 0.0, 1.0, 0.0, discretization, reset), current)
        for discretization in ("exact", "euler")
        for reset in ("zero", "subtract")
    ]
    assert len({train.tobytes() for train in trains}) == 4


def test_a_voltage_of_exactly_one_does_not_fire():
    network = FoldedNetwork(
        0.5,
        (),
        (FoldedPopulation("a", np.array([0.75, 1.0, 1.25]), IfNeurons(reset="subtract")),),
        (),
        (FoldedProbe("spikes", "spikes", "a"),),
    )
    spikes = simulate_reference(network, {}, steps=3).spikes["a"]
    assert spikes.tolist() == [[0, 0, 0], [0, 0, 1], [1, 1, 0]]
