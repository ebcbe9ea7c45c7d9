"""Neurons without leak, counting neurons and those that subtract, in integers and in float."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedConnection, FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.compiler.neurons import CURRENT_WHOLE_BITS
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden import GoldenModel, simulate_golden
from nef2hw.sim.reference import simulate_reference
from tests.sim.lif_runs import float_spikes, integer_spikes
from tests.sim.networks import leakless, value_input

#: A step whose products with codes are exact in binary.
DT_S = 2.0**-10
#: Currents per step, exact in 16 bits.
PER_STEP = np.round(np.linspace(-1.5, 3.5, 41) * 2**16) / 2**16


def alone(kind, per_step=PER_STEP, voltage_init=None):
    """Neurons that only their bias drives."""
    bias = per_step / DT_S
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (FoldedPopulation("a", bias, kind, voltage_init),),
        (),
        (FoldedProbe("spikes", "spikes", "a", 1.0),),
    )


def both(network, steps=300):
    quantized = quantize(network)
    stimulus = {"x": np.zeros((steps, 1))}
    golden = simulate_golden(quantized, encode_inputs(quantized, stimulus), states=True)
    return golden, simulate_reference(network, stimulus)


@pytest.mark.parametrize(
    "kind",
    [
        RectifiedNeurons(),
        IfNeurons(),
        IfNeurons(min_voltage=-2.5),
    ],
)
def test_neurons_without_leak_are_exact_where_their_currents_are(kind):
    start = np.arange(41) / 64
    golden, reference = both(alone(kind, voltage_init=start))
    np.testing.assert_array_equal(golden.spikes["a"], reference.spikes["a"])
    assert golden.spikes["a"].sum() > 3000


def test_a_counting_neuron_spikes_several_times_in_a_step():
    golden, _ = both(alone(RectifiedNeurons()))
    assert golden.spikes["a"].max() == 4
    assert golden.spikes["a"][:, PER_STEP < 0].sum() == 0
    voltage = golden.states["a/voltage"]
    assert 0 <= voltage.min() <= voltage.max() < 1 << 16


def test_an_integrator_that_keeps_the_rest_is_exact_below_a_spike_per_step():
    slow = PER_STEP[PER_STEP <= 1]
    golden, reference = both(alone(IfNeurons(min_voltage=-2.0, reset="subtract"), slow))
    np.testing.assert_array_equal(golden.spikes["a"], reference.spikes["a"])


def test_what_an_integrator_cannot_spend_saturates_and_never_wraps():
    golden, _ = both(alone(IfNeurons(reset="subtract"), np.full(1, 2.5)), steps=200)
    assert golden.spikes["a"].all()
    assert golden.states["a/voltage"].max() == (1 << (16 + CURRENT_WHOLE_BITS - 1)) - 1


@pytest.mark.parametrize("tau_ref_s", [0.0, 0.002, 0.0025, 0.0003])
def test_eulers_neuron_spikes_as_often_as_in_float(tau_ref_s):
    kind = LifNeurons(0.02, tau_ref_s, min_voltage=-1.0, discretization="euler")
    given = np.random.default_rng(1).uniform(-1.0, 9.0, (2000, 60))
    got, _ = integer_spikes(kind, given, 16)
    wanted = float_spikes(kind, given)
    assert wanted.sum() > 5000
    assert abs(got.sum() / wanted.sum() - 1) < 0.0005


@pytest.mark.parametrize("discretization", ["exact", "euler"])
def test_a_leaky_neuron_that_subtracts_keeps_the_rest(discretization):
    kind = LifNeurons(0.02, 0.0, min_voltage=-1.0, discretization=discretization, reset="subtract")
    given = np.random.default_rng(2).uniform(-20.0, 90.0, (1500, 60))
    got, voltages = integer_spikes(kind, given, 16)
    wanted = float_spikes(kind, given)
    assert abs(got.sum() / wanted.sum() - 1) < 0.0005
    assert voltages.max() > 1 << 16, "strong currents leave more than a threshold"


def test_counts_are_delivered_as_often_as_they_say():
    weights = np.array([[1.0, -2.0, 0.5]])
    network = FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (
            FoldedPopulation("a", np.array([3.0, 1.5, 0.25]) / DT_S, RectifiedNeurons()),
            FoldedPopulation("probes/out", np.zeros(1), None),
        ),
        (FoldedConnection("c", "a", "probes/out", weights, None, 0),),
        (FoldedProbe("out", "readout", "probes/out"),),
    )
    golden, reference = both(network, 40)
    wanted = golden.spikes["a"] @ weights.T
    np.testing.assert_allclose(golden.probes["out"], wanted, atol=1e-2)
    np.testing.assert_allclose(reference.probes["out"], wanted)


def test_a_core_of_all_kinds_of_neurons_is_near_float():
    network = leakless()
    quantized = quantize(network)
    rng = np.random.default_rng(5)
    stimulus = {
        "x": np.repeat(rng.uniform(-2, 2, (30, 4)), 50, axis=0),
        "s": (rng.random((1500, 9)) < 0.2).astype(float),
    }
    golden = simulate_golden(quantized, encode_inputs(quantized, stimulus))
    reference = simulate_reference(network, stimulus)
    for name, spikes in reference.spikes.items():
        assert spikes.sum() > 500
        assert int(golden.spikes[name].sum()) == pytest.approx(int(spikes.sum()), rel=0.01)
    out = reference.probes["counts"]
    error = np.sqrt(np.mean((golden.probes["counts"] - out) ** 2))
    assert error < 0.02 * np.abs(out).max()


def test_saturated_currents_of_counting_neurons_are_counted():
    model = GoldenModel(quantize(alone(RectifiedNeurons(), np.array([100.0, 1.0]))))
    for _ in range(5):
        result = model.step({"x": np.zeros(1, dtype=np.int64)})
    assert model.saturated_currents == {"a": 5}
    assert result.spikes["a"].tolist() == [32, 1]


def chain(weight):
    """A counting ensemble that drives another one, which drives itself."""
    one, each = np.ones((1, 1)) / DT_S, RectifiedNeurons()
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1, 0.0, 2.5),),
        (
            FoldedPopulation("a", np.zeros(1), each),
            FoldedPopulation("b", np.zeros(1), each),
        ),
        (
            FoldedConnection("xa", "x", "a", one, None, 0),
            FoldedConnection("ab", "a", "b", one, None, 0),
            FoldedConnection("bb", "b", "b", weight * one, None, 1),
        ),
        (FoldedProbe("spikes", "spikes", "b", 1.0),),
    )


@pytest.mark.parametrize(("weight", "bits"), [(0.0, 3), (0.25, 3), (1.0, 6)])
def test_counts_are_bounded_by_what_neurons_can_get(weight, bits):
    """Three spikes of ``a`` at most, four of ``b``; a circle that grows ends at the largest J."""
    assert quantize(chain(weight)).formats.count_bits == bits


def test_neurons_that_never_count_beyond_one_still_have_two_bits():
    assert quantize(alone(RectifiedNeurons(), np.array([0.5]))).formats.count_bits == 2
