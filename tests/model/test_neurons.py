"""Each type of neurons has its own fields, and initial states that it could be in."""

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.model.network import IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.model.parse import parse_model
from tests.model.models import small_model


def ensemble(**given):
    fields = {f"ensembles/a/{field}": value for field, value in given.items()}
    return parse_model(small_model() | fields).ensembles[0]


def test_every_type_is_read_with_its_defaults():
    assert ensemble().neurons == LifNeurons(0.02, 0.002, 1.0, 0.0, "exact", "zero")
    assert ensemble(neuron_type="IF").neurons == IfNeurons(1.0, 0.0, "zero")
    assert ensemble(neuron_type="SpikingRectifiedLinear").neurons == RectifiedNeurons(1.0)


def test_every_constant_is_read():
    lif = {"neuron_type": "LIF", "tau_rc": 0.03, "tau_ref": 0, "amplitude": 0.5, "min_voltage": -2}
    assert ensemble(**lif, discretization="euler", reset="subtract").neurons == LifNeurons(
        0.03, 0.0, 0.5, -2.0, "euler", "subtract"
    )
    integrating = {"neuron_type": "IF", "amplitude": 0.5, "min_voltage": -2, "reset": "subtract"}
    assert ensemble(**integrating).neurons == IfNeurons(0.5, -2.0, "subtract")
    rectified = {"neuron_type": "SpikingRectifiedLinear", "amplitude": 0.5}
    assert ensemble(**rectified).neurons == RectifiedNeurons(0.5)


@pytest.mark.parametrize(
    ("given", "absent"),
    [
        ({"neuron_type": "IF"}, ("tau_rc", "tau_ref", "discretization", "refractory_init")),
        (
            {"neuron_type": "SpikingRectifiedLinear"},
            ("tau_rc", "tau_ref", "discretization", "refractory_init", "min_voltage", "reset"),
        ),
    ],
)
def test_a_field_of_another_type_is_refused_by_name(given, absent):
    for field in absent:
        message = f"ensembles/a/{field} is given, expected it absent: {given['neuron_type']} neuro"
        with pytest.raises(ModelError, match=message):
            ensemble(**given, **{field: "anything"})


@pytest.mark.parametrize(
    ("given", "lowest", "highest"),
    [
        ({"min_voltage": -0.5}, -0.5, 1.0),
        ({"min_voltage": -0.5, "tau_ref": 0.0, "reset": "subtract"}, -0.5, 1.0),
        ({"neuron_type": "IF", "min_voltage": -0.5}, -0.5, 1.0),
        ({"neuron_type": "SpikingRectifiedLinear"}, 0.0, np.nextafter(1.0, 0.0)),
    ],
)
def test_initial_voltages_are_those_that_neurons_rest_at(given, lowest, highest):
    voltages = np.array([lowest, highest, 0.0, 0.5])
    np.testing.assert_array_equal(ensemble(**given, voltage_init=voltages).voltage_init, voltages)
    for wrong in (np.nextafter(lowest, -9.0), np.nextafter(highest, 9.0)):
        with pytest.raises(ModelError, match="voltage_init holds"):
            ensemble(**given, voltage_init=np.full(4, wrong))


def test_a_rectified_neuron_at_the_threshold_is_refused_with_the_range():
    with pytest.raises(ModelError, match="voltage_init holds 1, expected at least 0 and below 1"):
        ensemble(neuron_type="SpikingRectifiedLinear", voltage_init=np.ones(4))


def test_tau_rc_just_above_dt_is_enough_for_euler():
    ensemble(discretization="euler", tau_rc=0.0011)
    with pytest.raises(ModelError, match=r"tau_rc is 0\.001 s, expected above dt, 0\.001 s"):
        ensemble(discretization="euler", tau_rc=0.001)
