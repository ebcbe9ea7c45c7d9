"""Constants and initial state of neurons in integers."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedPopulation
from nef2hw.compiler.lif import MAX_REFRACTORY_STEPS, decay, offsets, ratios, whole_steps
from nef2hw.compiler.neurons import choose_neuron_formats, encode_neurons, encode_state
from nef2hw.errors import ModelError
from nef2hw.model.network import LifNeurons
from nef2hw.program.fixed_point import FixedPoint

DT_S = 0.001


def lif(tau_ref_s=0.002, tau_rc_s=0.02, min_voltage=0.0, discretization="exact"):
    return LifNeurons(tau_rc_s, tau_ref_s, min_voltage=min_voltage, discretization=discretization)


@pytest.mark.parametrize(
    ("tau_ref_s", "steps"),
    [(0.0, 0), (0.0003, 0), (0.001, 1), (0.0019, 1), (0.002, 2), (0.003, 3), (0.0025, 2)],
)
def test_the_counter_holds_the_whole_steps_and_one(tau_ref_s, steps):
    assert whole_steps(lif(tau_ref_s), DT_S) == steps
    formats = choose_neuron_formats((lif(tau_ref_s),), DT_S, 16)
    assert encode_neurons(lif(tau_ref_s), DT_S, formats).hold_steps == steps + 1


@pytest.mark.parametrize("dt_s", [0.001, 0.0001, 0.0003])
def test_whole_steps_are_found_in_spite_of_binary_fractions(dt_s):
    for steps in range(1, 60):
        neurons = lif(round(steps * dt_s, 6))
        assert whole_steps(neurons, dt_s) == steps
        assert ratios(neurons, dt_s)[0] == pytest.approx(1.0, abs=1e-12)


def test_ratios_are_those_of_the_last_two_steps():
    first, second = ratios(lif(0.0025), DT_S)
    assert first == pytest.approx(np.exp(0.5 / 20))
    assert second == pytest.approx(np.exp(-0.5 / 20))


@pytest.mark.parametrize("tau_rc_s", [1e-4, 5e-4, 0.002, 0.02, 1.0, 1000.0])
@pytest.mark.parametrize("tau_ref_s", [0.0, 0.0003, 0.002, 0.0025])
@pytest.mark.parametrize("discretization", ["exact", "euler"])
def test_constants_are_within_half_a_unit_and_fit(tau_rc_s, tau_ref_s, discretization):
    if discretization == "euler" and tau_rc_s < 2 * DT_S:
        tau_rc_s = 2 * DT_S
    neurons = lif(tau_ref_s, tau_rc_s, discretization=discretization)
    formats = choose_neuron_formats((neurons,), DT_S, 16)
    codes = encode_neurons(neurons, DT_S, formats)
    half = 0.5 * 2.0**-formats.lif.decay_frac * (1 + 1e-9)
    assert abs(codes.decay_code * 2.0**-formats.lif.decay_frac - decay(neurons, DT_S)) <= half
    assert 2**15 <= codes.decay_code < 2**16
    for ratio, code, below, offset in zip(
        ratios(neurons, DT_S),
        codes.ratio_code,
        offsets(neurons, DT_S),
        codes.offset_code,
        strict=True,
    ):
        assert (
            abs(code * 2.0**-formats.lif.ratio_frac - ratio) <= 0.5 * 2.0**-formats.lif.ratio_frac
        )
        assert 0 <= code < 2**16
        # One more than half a unit: the finest format may saturate by a unit.
        assert abs(offset * 2.0**-formats.lif.decay_frac - below) <= 2 * half
        assert abs(offset) < 2 ** (formats.lif.offset_bits - 1)


def test_formats_hold_the_constants_of_every_population():
    all_lifs = (lif(0.0003, 0.002), lif(0.0025, 0.1), lif(0.0, 0.02, -5.0))
    formats = choose_neuron_formats(all_lifs, DT_S, 18)
    for one in all_lifs:
        codes = encode_neurons(one, DT_S, formats)
        assert 0 < codes.decay_code < 2**16
        assert codes.decay_code * 2.0**-formats.lif.decay_frac == pytest.approx(
            decay(one, DT_S), abs=2.0**-formats.lif.decay_frac
        )
    assert encode_neurons(all_lifs[2], DT_S, formats).min_voltage_code == -5 << 18


@pytest.mark.parametrize(
    ("min_voltage", "bits"),
    [(0.0, 18), (-0.5, 18), (-1.0, 18), (-1.9, 18), (-2.0, 19), (-3.99, 19), (-4.0, 20)],
)
def test_the_voltage_has_room_for_its_least_value_and_for_one(min_voltage, bits):
    formats = choose_neuron_formats((lif(min_voltage=min_voltage),), DT_S, 16)
    assert formats.voltage == FixedPoint(bits, 16)
    assert formats.voltage.low <= min_voltage * 2**16
    assert formats.voltage.high > 2**16


def test_a_membrane_that_forgets_everything_in_a_step_is_refused():
    with pytest.raises(ModelError, match=r"tau_rc = 8e-05 s is too short .* at least dt/10, 0\.00"):
        choose_neuron_formats((lif(), lif(tau_rc_s=8e-5)), DT_S, 16)
    choose_neuron_formats((lif(), lif(tau_rc_s=1e-4)), DT_S, 16)


def start(neurons, refractory_s, voltage=None):
    size = len(refractory_s)
    population = FoldedPopulation("a", np.zeros(size), neurons, voltage, np.array(refractory_s))
    return encode_state(population, neurons, DT_S, choose_neuron_formats((neurons,), DT_S, 16))


def test_a_refractory_time_longer_than_can_be_counted_is_refused():
    too_long = lif((MAX_REFRACTORY_STEPS + 1) * DT_S)
    message = r"ensembles/a: a refractory time of 65537 steps is too long; at most 65536"
    with pytest.raises(ModelError, match=message):
        start(too_long, [0.0])
    with pytest.raises(ModelError, match=r"of 70000 steps .* shorten tau_ref or refractory_init"):
        start(lif(0.0), [70.0])
    assert start(lif(MAX_REFRACTORY_STEPS * DT_S), [0.0]).refractory.tolist() == [0]


def test_neurons_start_at_rest_unless_told():
    neurons = lif()
    population = FoldedPopulation("a", np.zeros(3), neurons)
    state = encode_state(population, neurons, DT_S, choose_neuron_formats((neurons,), DT_S, 16))
    zeros = [0, 0, 0]
    assert [state.voltage.tolist(), state.overshoot.tolist(), state.refractory.tolist()] == [
        zeros,
        zeros,
        zeros,
    ]


def test_initial_voltages_are_rounded():
    state = start(lif(min_voltage=-1.0), [0.0] * 3, np.array([-1.0, 0.25, 1.0]))
    assert state.voltage.tolist() == [-65536, 16384, 65536]


def test_a_spike_at_the_end_of_the_step_before_is_counted_from_there():
    for steps in range(1, 60):
        dt_s, neurons = 0.0001, lif(round(steps * 0.0001, 6))
        remaining_s = np.array([round((steps + 1) * dt_s, 6)])
        population = FoldedPopulation("a", np.zeros(1), neurons, None, remaining_s)
        formats = choose_neuron_formats((neurons,), dt_s, 16)
        state = encode_state(population, neurons, dt_s, formats)
        assert state.refractory.tolist() == [steps + 1]
        assert state.overshoot.tolist() == [0]


def test_a_refractory_time_tells_when_within_its_step_the_neuron_spiked():
    # R = tau_ref + t: spiked in the step before at time t.
    state = start(lif(0.002), [0.0, 0.001, 0.0015, 0.002, 0.0024, 0.003])
    assert state.refractory.tolist() == [0, 0, 2, 2, 3, 3]
    within_s = np.array([0.0005, 0.001, 0.0004, 0.001])
    wanted = np.rint(-np.expm1((within_s - DT_S) / 0.02) * 2**20)
    assert state.overshoot.tolist() == [0, 0, *wanted]
