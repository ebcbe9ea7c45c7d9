"""Widths are chosen from static bounds, or the network is refused."""

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import FormatError, ModelError
from nef2hw.model.network import LifNeurons
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from tests.sim.networks import DT_S, connection, neurons, recurrent, spike_input, tiny, value_input


def channel(weight=1.0, tau_s=0.005, bias=1.0, decoder=1.0, n_in=1, readout_bias=0.0):
    """Spikes into one neuron, whose spikes are read out."""
    return FoldedNetwork(
        DT_S,
        (spike_input("s", n_in),),
        (
            FoldedPopulation("a", np.array([bias]), LifNeurons(0.02, 0.002, min_voltage=0.0)),
            FoldedPopulation("probes/out", np.array([readout_bias]), None),
        ),
        (
            connection("s", "a", np.full((1, n_in), weight), tau_s),
            connection("a", "probes/out", np.array([[decoder]]), 0.01),
        ),
        (FoldedProbe("out", "readout", "probes/out"),),
    )


def test_a_network_without_ensembles_is_refused():
    network = tiny()
    only = FoldedNetwork(DT_S, network.inputs, (network.populations[1],), (), network.probes)
    with pytest.raises(ModelError, match="has no ensemble, found only inputs and probes; add one"):
        quantize(only)


def test_a_network_without_inputs_is_refused_with_what_to_add():
    alone = FoldedNetwork(DT_S, (), (neurons("a", 3, np.random.default_rng(0)),), (), ())
    with pytest.raises(
        ModelError, match=r"has no input, .* add an input of size 1, it need not be"
    ):
        quantize(alone)


def test_a_filter_too_slow_for_its_state_is_refused():
    message = r"filtered synaptic state needs \d+ bits, at most 32 .*fewer weight bits or a shorter"
    with pytest.raises(FormatError, match=message):
        quantize(channel(weight=1000.0, tau_s=30.0, n_in=40), Precision(weight_bits=16))


def test_guard_bits_give_way_before_a_filter_is_refused():
    fast, slow = quantize(channel(tau_s=0.1)).formats, quantize(channel(tau_s=30.0)).formats
    assert fast.filter_bits < 32
    assert slow.filter_bits == 32
    assert slow.guard_bits < fast.guard_bits + 10


@pytest.mark.parametrize("size", [1e9, 1e15, 1e30, 1e300, -1e15, -1e300])
@pytest.mark.parametrize("field", ["bias", "weight"])
def test_currents_that_no_sum_holds_are_refused(field, size):
    message = r"sum of a neuron's currents needs \d+ bits, at most 40 .*smaller weights and biases"
    with pytest.raises(FormatError, match=message):
        quantize(channel(**{field: size}))


def test_currents_too_unlike_to_be_aligned_are_refused():
    size = 1000
    weights = np.array([np.full(size, 10.0), np.zeros(size)])
    network = FoldedNetwork(
        DT_S,
        (spike_input("s", size), value_input("x", 1)),
        (FoldedPopulation("a", np.zeros(2), LifNeurons(0.02, 0.002, min_voltage=0.0)),),
        (connection("s", "a", weights, 1.0), connection("x", "a", np.array([[0.0], [4e6]]))),
        (),
    )
    message = r"aligning all currents needs 70 bits, at most 62 .*more weight bits or input bits"
    with pytest.raises(FormatError, match=message):
        quantize(network, Precision(weight_bits=2, input_bits=1))
    formats = quantize(network).formats
    assert formats.filter_bits + formats.align_bits <= 62


@pytest.mark.parametrize("size", [1e-300, 1e-320, 1e-9, 1.0, 1e8, 1e10, 1e13, 1e200])
@pytest.mark.parametrize("field", ["decoder", "readout_bias"])
def test_a_readout_of_any_size_fits_the_words_of_the_results(field, size):
    network = quantize(channel(bias=100.0, **{field: size}))
    model = simulate_golden(network, extreme_codes(network, 200))
    frac = network.population("probes/out").output_frac
    codes = np.ldexp(model.probes["out"], frac.astype(np.int32))
    assert np.abs(codes).max() < 2**31
    if size >= 1e-4:
        # A spike each second step or third, through a filter at rest.
        factor = 0.3 if field == "decoder" else 1.0
        assert model.probes["out"].max() > factor * size * 0.99


@pytest.mark.parametrize("size", [1e-300, 1e-310, 5e-324])
def test_weights_too_small_for_any_sum_are_zero(size):
    network = quantize(channel(weight=size))
    codes = network.population("a").compartments[0].projections[0].weight_code
    assert codes.tolist() == [[0]]


def test_shifts_are_never_negative_and_fit_their_field():
    for network in (quantize(recurrent()), quantize(recurrent(), Precision(12, 24, 8))):
        formats = network.formats
        for population in network.populations:
            for compartment in population.compartments:
                assert (compartment.shift_code >= 0).all()
                assert (compartment.shift_code < 1 << formats.shift_bits).all()


def test_a_voltage_may_have_as_many_bits_as_asked():
    for bits in (8, 16, 24):
        formats = quantize(tiny(), Precision(voltage_bits=bits)).formats
        assert (formats.voltage_frac, formats.voltage_bits) == (bits, bits + 2)


@pytest.mark.parametrize(("tau_rc_s", "frac"), [(0.002, 16), (0.02, 16), (0.1, 19), (10.0, 22)])
def test_a_slower_membrane_has_a_finer_voltage(tau_rc_s, frac):
    network = channel()
    slow = FoldedPopulation("a", np.ones(1), LifNeurons(tau_rc_s, 0.002, min_voltage=0.0))
    changed = FoldedNetwork(
        DT_S,
        network.inputs,
        (slow, network.populations[1]),
        network.connections,
        network.probes,
    )
    assert quantize(changed).formats.voltage_frac == frac
