"""The integer neuron fires as often, and first when, Nengo's float neuron does."""

import numpy as np
import pytest

from nef2hw.compiler.neurons import encode_neurons
from nef2hw.model.network import LifNeurons
from nef2hw.program.fixed_point import FixedPoint
from nef2hw.sim.golden import NeuronState, decay_now, neuron_step, overshoot_fraction
from tests.sim.lif_runs import DT_S, float_spikes, integer_spikes, lif_formats

#: Refractory times of whole steps, of part of a step more, and of less than a step.
TAU_REFS_S = [0.002, 0.0025, 0.001, 0.0003, 0.0]

LIF = LifNeurons(tau_rc_s=0.02, tau_ref_s=0.002, min_voltage=0.0)


def constant_currents(steps, size=200, seed=0):
    """Currents from threshold to 600 Hz, on the grid of 16 bits."""
    drive = np.random.default_rng(seed).uniform(1.05, 20.0, size)
    return np.broadcast_to(
        FixedPoint(24, 16).decode(FixedPoint(24, 16).encode(drive)), (steps, size)
    )


def changing_currents(steps, size=100, seed=0):
    """Currents that change at every step, below threshold and negative too."""
    return np.random.default_rng(seed).uniform(-1.0, 6.0, (steps, size))


def count_error(got, wanted):
    """Relative error of all counts, and mean relative error of each neuron's."""
    got, wanted = got.sum(axis=0), wanted.sum(axis=0)
    return abs(got.sum() / wanted.sum() - 1), np.mean(np.abs(got - wanted) / wanted)


@pytest.mark.parametrize("tau_ref_s", [*TAU_REFS_S, 0.0107])
@pytest.mark.parametrize("currents", [constant_currents, changing_currents])
def test_spike_counts_at_16_bits_are_within_a_20th_of_a_percent(tau_ref_s, currents):
    lif = LifNeurons(0.02, tau_ref_s, min_voltage=0.0)
    given = currents(2500)
    got, _ = integer_spikes(lif, given, frac=16)
    wanted = float_spikes(lif, given)
    assert wanted.sum() > 10_000
    total, mean = count_error(got, wanted)
    assert total < 0.0005
    assert mean < 0.0005


@pytest.mark.parametrize("tau_rc_s", [0.002, 0.0005])
@pytest.mark.parametrize("tau_ref_s", [0.002, 0.0025, 0.0003])
def test_a_step_may_be_long_beside_the_membrane_time_constant(tau_rc_s, tau_ref_s):
    lif = LifNeurons(tau_rc_s, tau_ref_s, min_voltage=0.0)
    given = constant_currents(1500, 100)
    total, mean = count_error(integer_spikes(lif, given, 16)[0], float_spikes(lif, given))
    assert total < 0.0005
    assert mean < 0.0005


@pytest.mark.parametrize("tau_ref_s", TAU_REFS_S)
def test_initial_voltage_and_refractory_time_give_the_same_first_spikes(tau_ref_s):
    rng = np.random.default_rng(7)
    size = 500
    lif = LifNeurons(0.02, tau_ref_s, min_voltage=0.0)
    voltage = rng.uniform(0, 1, size)
    # What a spike leaves: nothing, part of a step, or up to tau_ref and a whole step.
    refractory_s = rng.uniform(0, tau_ref_s + DT_S, size) * rng.integers(0, 2, size)
    refractory_s[:4] = [0.0, DT_S, tau_ref_s, tau_ref_s + DT_S]
    currents = np.broadcast_to(rng.uniform(1.5, 60.0, size), (12, size))
    got, _ = integer_spikes(lif, currents, 22, DT_S, voltage, refractory_s)
    wanted, more, less = (
        float_spikes(lif, currents * scale, DT_S, voltage, refractory_s)
        for scale in (1.0, 1.00003, 0.99997)
    )
    assert wanted.any(axis=0).mean() > 0.9
    # Neurons whose float spikes hang on the fifth digit of the current prove nothing.
    sure = (more == less).all(axis=0)
    assert sure.mean() > 0.97
    np.testing.assert_array_equal(got[:, sure], wanted[:, sure])


def test_a_refractory_time_of_a_step_at_the_start_delays_nothing():
    free, _ = integer_spikes(LIF, np.full((5, 1), 30.0), 16)
    still, _ = integer_spikes(LIF, np.full((5, 1), 30.0), 16, refractory_init_s=np.array([DT_S]))
    np.testing.assert_array_equal(free, still)


@pytest.mark.parametrize("min_voltage", [-0.5, -1.0, -3.7])
def test_a_negative_least_voltage_is_reached_and_kept(min_voltage):
    lif = LifNeurons(0.02, 0.002, min_voltage=min_voltage)
    rng = np.random.default_rng(3)
    given = np.repeat(rng.uniform(-10.0, 12.0, (100, 40)), 20, axis=0)
    got, voltages = integer_spikes(lif, given, 16)
    limit = round(min_voltage * 2**16)
    assert voltages.min() == limit
    total, mean = count_error(got, float_spikes(lif, given))
    assert total < 0.0005
    assert mean < 0.002
    assert (voltages <= 1 << 16).all()


def state(voltage=0, overshoot=0, refractory=0):
    return NeuronState(*(np.array([v], dtype=np.int64) for v in (voltage, overshoot, refractory)))


def step(before, current_code, lif=LIF, frac=16):
    chosen, formats = lif_formats(lif, frac)
    return neuron_step(before, np.array([current_code]), encode_neurons(lif, DT_S, chosen), formats)


@pytest.mark.parametrize(("above", "spikes"), [(-1, 0), (0, 0), (1, 1)])
def test_a_voltage_spikes_above_the_threshold_and_not_at_it(above, spikes):
    one = 1 << 16
    after, fired = step(state(one + above), one + above)
    assert fired.tolist() == [spikes]
    assert after.voltage.tolist() == [0 if spikes else one + above]


def test_a_spike_starts_the_counter_and_keeps_the_overshoot():
    one = 1 << 16
    _, formats = lif_formats(LIF, 16)
    after, fired = step(state(one), 3 * one)
    moved = one + (
        (
            2 * one * round((1 - np.exp(-1 / 20)) * 2**formats.decay_frac)
            + (1 << (formats.decay_frac - 1))
        )
        >> formats.decay_frac
    )
    assert fired.tolist() == [1]
    assert after.refractory.tolist() == [3]
    assert after.overshoot.tolist() == [((moved - one) << formats.decay_frac) // (2 * one)]


def test_the_counter_ends_at_zero_and_the_overshoot_stays():
    seen, now = [], state(0, 1234, 3)
    for _ in range(5):
        now, _ = step(now, 0)
        seen.append((int(now.refractory[0]), int(now.overshoot[0])))
    assert seen == [(2, 1234), (1, 1234), (0, 1234), (0, 1234), (0, 1234)]


@pytest.mark.parametrize("tau_ref_s", TAU_REFS_S)
@pytest.mark.parametrize("overshoot", [0.0, 0.01, 0.03, 0.0487])
def test_the_decay_left_is_that_of_the_time_since_the_refractory_time(tau_ref_s, overshoot):
    lif = LifNeurons(0.02, tau_ref_s, min_voltage=0.0)
    chosen, formats = lif_formats(lif, 16)
    codes = encode_neurons(lif, DT_S, chosen)
    code = int(formats.decay.encode(overshoot))
    within_s = DT_S + 0.02 * np.log1p(-overshoot)
    for k in range(1, codes.hold_steps + 2):
        counter = max(codes.hold_steps + 1 - k, 0)
        free_s = np.clip(k * DT_S - tau_ref_s - within_s + DT_S, 0, DT_S)
        wanted = -np.expm1(-free_s / 0.02)
        got = decay_now(state(0, code, counter), codes, formats)
        assert formats.decay.decode(got)[0] == pytest.approx(wanted, abs=5e-6)


def test_the_overshoot_is_truncated_and_all_ones_at_most():
    excess = np.array([0, 1, 2, 5, 7, 100, 1])
    drive = np.array([9, 3, 3, 5, 0, 1, 1])
    got = overshoot_fraction(excess, drive, decay_frac=16)
    assert got.tolist() == [0, 65536 // 3, 2 * 65536 // 3, 65535, 65535, 65535, 65535]
    assert overshoot_fraction(np.array([1]), np.array([1]), decay_frac=15).tolist() == [1 << 15]
