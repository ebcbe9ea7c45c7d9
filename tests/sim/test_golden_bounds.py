"""No value of the golden model ever leaves its width, whatever the input."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import FormatError
from nef2hw.model.network import IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.model.synapses import Alpha
from nef2hw.program.fixed_point import signed_bits
from nef2hw.program.network import FRACTION_BITS
from nef2hw.sim import golden
from nef2hw.sim.extremes import extreme_codes
from tests.sim.networks import (
    DT_S,
    RINGING,
    connection,
    layered,
    leakless,
    recurrent,
    second_order,
    spike_input,
    threshold,
    tiny,
    value_input,
)


class Watched(golden.GoldenModel):
    """A golden model that keeps the bits its widest values took."""

    def __init__(self, network):
        self.bits = defaultdict(int)
        super().__init__(network)

    def see(self, name, values):
        """Keep the width of the widest of ``values``, as two's complement."""
        # A negative value takes as many bits as its complement, which is one less in magnitude.
        sizes = [int(v) if v >= 0 else ~int(v) for v in (np.min(values), np.max(values))]
        self.bits[name] = max(self.bits[name], max(sizes).bit_length() + 1)

    def _fire(self, population, lif, total):
        self.see("sum", total)
        spikes = super()._fire(population, lif, total)
        state = self.membranes[population.name]
        self.see("voltage", state.voltage)
        self.see("overshoot", state.overshoot)
        self.see("refractory", state.refractory)
        return spikes

    def step(self, codes):
        """Advance by a step and look at what leaves the core."""
        result = super().step(codes)
        for codes_out in result.readouts.values():
            self.see("sum", codes_out)
            self.see("result", codes_out)
        return result


@pytest.fixture
def watch(monkeypatch):
    """Return a function that runs a network on codes and returns the bits it took."""
    real = {name: getattr(golden, name) for name in ("filter_step", "contribution", "neuron_step")}
    watched = []

    def filter_step(filtered, drive, compartment, formats, partner=None):
        watched[-1].see("accumulator", drive)
        after = real["filter_step"](filtered, drive, compartment, formats, partner)
        watched[-1].see("filter", after)
        return after

    def contribution(filtered, compartment, formats):
        part = real["contribution"](filtered, compartment, formats)
        watched[-1].see("sum", part)
        watched[-1].see("aligned", [int(f) << formats.align_bits for f in filtered])
        return part

    def neuron_step(state, current, lif, formats):
        watched[-1].see("current", current)
        watched[-1].see("decay", golden.decay_now(state, lif, formats))
        return real["neuron_step"](state, current, lif, formats)

    for name, wrapper in zip(real, (filter_step, contribution, neuron_step), strict=True):
        monkeypatch.setattr(golden, name, wrapper)

    def run(network, codes):
        watched.append(Watched(network))
        for n in range(len(next(iter(codes.values())))):
            watched[-1].step({name: rows[n] for name, rows in codes.items()})
        return watched[-1].bits

    return run


def check(bits, formats):
    """Compare the ``bits`` taken with the widths of ``formats``."""
    limits = {
        "accumulator": formats.accumulator_bits,
        "filter": formats.filter_bits,
        "aligned": 63,
        "sum": formats.sum_bits,
        "current": formats.current_bits,
        "voltage": formats.voltage_bits,
        "overshoot": FRACTION_BITS + 1,
        "decay": FRACTION_BITS + 1,
        "refractory": formats.refractory_bits + 1,
        "result": 32,
    }
    assert {name: used for name, used in bits.items() if used > limits[name]} == {}


def worst_codes(network, steps, direction=1, population=0, neuron=0):
    """Codes that all push one neuron the same way, at the ends of the inputs' ranges."""
    signs = {port.name: np.ones(port.size) for port in network.inputs}
    for compartment in network.populations[population].compartments:
        for projection in compartment.projections:
            if projection.pre in signs:
                signs[projection.pre] = projection.weight_code[:, neuron]
    return {
        port.name: np.tile(
            np.where(direction * signs[port.name] > 0, port.high_code, port.low_code), (steps, 1)
        )
        for port in network.inputs
    }


@pytest.mark.parametrize("network", [tiny, layered, recurrent, threshold, second_order, leakless])
def test_extreme_stimuli_stay_within_every_width(network, watch):
    quantized = quantize(network())
    check(watch(quantized, extreme_codes(quantized, 200, seed=1)), quantized.formats)
    for direction in (1, -1):
        codes = worst_codes(quantized, 200, direction)
        check(watch(quantized, codes), quantized.formats)


def filtered(weights, source, tau_s):
    """One neuron behind one filter."""
    weights = np.atleast_2d(weights)
    return FoldedNetwork(
        DT_S,
        (source,),
        (FoldedPopulation("a", np.zeros(len(weights)), LifNeurons(0.02, 0.002, min_voltage=-1.0)),),
        (connection(source.name, "a", weights, tau_s),),
        (),
    )


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("tau_s", [None, 0.002, 0.01, Alpha(0.004)])
@pytest.mark.parametrize("kind", [spike_input, value_input])
@pytest.mark.parametrize("size", [1, 4, 9])
def test_the_worst_case_fills_the_accumulator_and_all_but_a_bit_of_the_filter(
    sign, tau_s, kind, size, watch
):
    network = quantize(filtered(np.full(size, 1.9 * sign), kind("in", size), tau_s))
    # The factor of an alpha synapse is negative.
    direction = -sign if isinstance(tau_s, Alpha) else sign
    bits = watch(network, worst_codes(network, 300, direction))
    check(bits, network.formats)
    assert bits["accumulator"] == network.formats.accumulator_bits
    assert bits["filter"] >= network.formats.filter_bits - 1


def test_a_width_less_than_the_worst_case_would_be_seen(watch):
    network = quantize(filtered(np.full(4, 2.0), spike_input("in", 4), 0.01))
    bits = watch(network, worst_codes(network, 300))
    bits["filter"] = network.formats.filter_bits + 1
    with pytest.raises(AssertionError, match="filter"):
        check(bits, network.formats)


SYNAPSES = ((0.0005, 1), (0.005, 1), (0.1, 1), (0.0, 1), (Alpha(0.02), 1), (RINGING, 1))


def random_network(seed):
    """A network of any structure, with weights of any size that can be compiled."""
    rng = np.random.default_rng(seed)
    inputs = (
        value_input("x", int(rng.integers(1, 4)), -float(rng.uniform(0, 5)), 10.0),
        spike_input("s", int(rng.integers(1, 40))),
    )
    populations = []
    for name in ("a", "b")[: rng.integers(1, 3)]:
        size = int(rng.integers(1, 9))
        least = float(rng.choice([0.0, -0.5, -7.0]))
        lif = LifNeurons(
            float(rng.choice([1e-4, 0.002, 0.02, 1.0])),
            float(rng.choice([0.0, 0.0003, 0.001, 0.0025, 0.05])),
            min_voltage=least,
        )
        kind = (
            lif,
            lif,
            LifNeurons(0.005, 0.0, min_voltage=least, reset="subtract"),
            IfNeurons(min_voltage=least, reset="subtract"),
            IfNeurons(min_voltage=least),
            RectifiedNeurons(),
        )[rng.integers(6)]
        populations.append(
            FoldedPopulation(
                name,
                rng.normal(0, 10.0 ** rng.integers(-2, 4), size),
                kind,
                rng.uniform(0 if kind == RectifiedNeurons() else least, 0.999, size),
                rng.uniform(0, lif.tau_ref_s + DT_S, size) if kind is lif else None,
            )
        )
    populations.append(FoldedPopulation("probes/p", rng.normal(0, 9, 2), None))
    connections = tuple(
        connection(pre.name, post.name, _weights(rng, pre, post), tau_s, delay)
        for post in populations
        for pre in (*inputs, *populations[:-1])
        for tau_s, delay in [SYNAPSES[rng.integers(len(SYNAPSES))]]
        if rng.random() < 0.7
    )
    unfiltered = connection("x", "a", _weights(rng, inputs[0], populations[0]), None)
    return FoldedNetwork(DT_S, inputs, tuple(populations), (*connections, unfiltered), ())


def _weights(rng, pre, post):
    scale = 10.0 ** rng.uniform(-4, 2, (post.size, 1))
    return rng.normal(0, 1, (post.size, pre.size)) * scale


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32 - 1),
    weight_bits=st.sampled_from([2, 5, 8, 13]),
    voltage_bits=st.sampled_from([None, 8, 20]),
    input_bits=st.sampled_from([1, 6, 10]),
)
def test_random_networks_stay_within_every_width(
    seed, weight_bits, voltage_bits, input_bits, watch
):
    try:
        network = quantize(random_network(seed), Precision(weight_bits, voltage_bits, input_bits))
    except FormatError:
        reject()
    check(watch(network, extreme_codes(network, 50, seed)), network.formats)
    check(watch(network, worst_codes(network, 60)), network.formats)


def test_the_bits_of_a_value_are_counted_as_twos_complement():
    model = Watched(quantize(tiny()))
    for value, bits in ((0, 1), (-1, 1), (1, 2), (-2, 2), (127, 8), (-128, 8), (-129, 9)):
        model.bits.clear()
        model.see("x", [value])
        assert model.bits["x"] == bits
        assert signed_bits(abs(value)) >= bits
