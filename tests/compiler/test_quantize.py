"""A quantized network stands for the folded one, to half a unit of every number."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import LifNeurons
from tests.sim.networks import DT_S, connection, layered, neurons, recurrent, tiny, value_input


def exponents(network, population, compartment):
    """Return the exponent of each neuron's weights: shift less guard and alignment."""
    guard = 0 if compartment.held else network.formats.guard_bits
    return compartment.shift_code + population.output_frac - guard - network.formats.align_bits


def real_weights(network, population, compartment, projection):
    """Return (n_post, n_pre) weights in the model's units."""
    exponent = exponents(network, population, compartment)
    weights = np.ldexp(projection.weight_code.T.astype(float), -exponent[:, None].astype(np.int32))
    if compartment.leak_code is not None:
        weights /= np.ldexp(compartment.leak_code, -network.formats.leak_frac)
    for port in network.inputs:
        if port.name == projection.pre:
            weights /= port.step
    return weights


@pytest.mark.parametrize("bits", [4, 8, 12])
@pytest.mark.parametrize("folded", [tiny, layered, recurrent])
def test_every_weight_is_within_half_a_unit_of_its_neurons_scale(folded, bits):
    given = {c.name: c for c in folded().connections}
    network, seen = quantize(folded(), Precision(weight_bits=bits, input_bits=8)), []
    for population in network.populations:
        for compartment in population.compartments:
            peaks = []
            for projection in compartment.projections:
                found = real_weights(network, population, compartment, projection)
                wanted = given[projection.name].weights
                unit = np.abs(found).max(axis=1) / np.abs(projection.weight_code).max(axis=0)
                error = np.abs(found - wanted).max(axis=1)
                assert (error <= unit / 2 * (1 + 1e-9)).all(), projection.name
                peaks.append(np.abs(projection.weight_code).max(axis=0))
                seen.append(projection.name)
            # All bits are used, unless the weights are finer than the sum.
            finest = exponents(network, population, compartment) == population.output_frac + 8
            assert (np.max(peaks, axis=0)[~finest] >= 2 ** (bits - 2)).all()
    assert sorted(seen) == sorted(given)


@pytest.mark.parametrize("folded", [tiny, layered, recurrent])
def test_every_bias_is_within_half_a_unit_and_fits(folded):
    network = quantize(folded())
    for population in folded().populations:
        found = network.population(population.name)
        real = np.ldexp(found.bias_code.astype(float), -found.output_frac.astype(np.int32))
        assert (np.abs(real - population.bias) <= 2.0 ** -(found.output_frac + 1)).all()
        assert np.abs(found.bias_code).max() < 2 ** (network.formats.bias_bits - 1)
        if found.neurons is not None:
            assert (found.output_frac == network.formats.voltage_frac).all()


def test_gains_of_very_different_size_keep_their_relative_precision():
    rng = np.random.default_rng(0)
    gains = np.geomspace(1e-2, 1e3, 60)[:, None]
    weights = gains * rng.uniform(0.5, 1.0, (60, 4))
    network = quantize(
        FoldedNetwork(
            DT_S,
            (value_input("x", 4),),
            (neurons("a", 60, rng),),
            (connection("x", "a", weights),),
            (),
        )
    )
    population = network.populations[0]
    compartment = population.compartments[0]
    found = real_weights(network, population, compartment, compartment.projections[0])
    error = np.abs(found / weights - 1).max(axis=1)
    # Half of a 64th of the peak, which is at most twice the weight.
    assert (error[10:] < 1 / 64).all()


def test_the_current_saturates_at_128():
    formats = quantize(recurrent()).formats
    assert formats.sum_bits > formats.current_bits
    assert formats.current_bits == formats.voltage_frac + 8
    assert formats.current.decode(formats.current.high) == pytest.approx(128.0, abs=1e-4)


def single(weight):
    """One neuron driven by one value."""
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (FoldedPopulation("a", np.full(1, 1.5 * weight), LifNeurons()),),
        (connection("x", "a", np.array([[weight]])),),
        (),
    )


def test_a_current_is_no_wider_than_its_sum():
    formats = quantize(single(1.0)).formats
    assert formats.current_bits == formats.sum_bits == 19


def test_a_current_is_as_wide_as_the_voltage_at_least():
    formats = quantize(single(0.001)).formats
    assert formats.sum_bits < formats.current_bits == formats.voltage_bits == 18


def test_inputs_probes_and_time_step_keep_name_and_order():
    network = quantize(layered())
    assert network.dt_s == DT_S
    assert [port.name for port in network.inputs] == ["x"]
    probes = [(p.name, p.population, p.spiking, p.scale) for p in network.probes]
    assert probes == [("out", "probes/out", False, 1.0), ("b_spikes", "b", True, 1000.0)]
    assert network.population("b").name == "b"


def test_the_counter_holds_refractory_times_of_the_start_too():
    rng = np.random.default_rng(0)
    short = neurons("a", 3, rng, tau_ref_s=0.0003)
    late = FoldedPopulation("a", short.bias, short.neurons, None, np.array([0.0, 0.0012, 0.0101]))
    probes = (FoldedProbe("s", "spikes", "a", 1000.0),)
    base = tiny()
    network = quantize(FoldedNetwork(DT_S, base.inputs, (late,), (), probes))
    codes = network.populations[0].refractory_init_code
    assert codes.tolist() == [0, 1, 10]
    assert network.formats.refractory_bits == 4
