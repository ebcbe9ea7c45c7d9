"""Where the accuracy went."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.build.attribution import attribute
from nef2hw.build.fidelity import Labels, compare
from nef2hw.build.noise import noise_stimulus
from nef2hw.build.rates import describe_rates, limit_hz
from nef2hw.compiler.folded import FoldedProbe
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden_runs import run_golden
from nef2hw.sim.reference import simulate_reference
from nef2hw.sim.sources import Source, sources_of
from tests.sim import networks

STEPS = 200


def attributed(folded, stimulus=None, each=STEPS, labels=None, **bits):
    stimulus = stimulus or noise_stimulus(folded.inputs, STEPS)
    return attribute(folded, quantize(folded, Precision(**bits)), stimulus, each, labels)


def test_together_the_sources_are_what_golden_model_and_float_differ_by():
    folded = networks.layered()
    network, stimulus = quantize(folded), noise_stimulus(folded.inputs, STEPS)
    found = attribute(folded, network, stimulus, STEPS)
    golden = run_golden(network, encode_inputs(network, stimulus))
    expected = compare(simulate_reference(folded, stimulus), golden, spiking=["b_spikes"])
    assert found.together.decoded_rmse == pytest.approx(expected.decoded_rmse)
    relative = expected.decoded_rmse["out"] / expected.decoded_range["out"]
    assert found.together.error == pytest.approx(relative)
    assert {source for source, _ in found.sources} == set(sources_of(network))


@pytest.mark.parametrize(
    ("bits", "kind"),
    [
        ({"weight_bits": 3, "input_bits": 16}, "weights"),
        ({"weight_bits": 12, "input_bits": 2}, "input coding"),
    ],
)
def test_the_coarsest_numbers_come_first(bits, kind):
    worst, effect = attributed(networks.layered(), **bits).sources[0]
    assert worst.kind == kind
    assert effect.error > 0.001


def test_a_coarse_voltage_costs_more_than_a_fine_one():
    source = Source("voltage", "ensembles/a")
    fine, coarse = (
        dict(attributed(networks.layered(), voltage_bits=bits).sources)[source] for bits in (16, 8)
    )
    assert coarse.error > 0.01 > 10 * fine.error


def test_currents_beyond_their_format_are_a_source():
    folded = networks.layered()
    strong = replace(folded.populations[0], bias=folded.populations[0].bias * 1000)
    folded = replace(folded, populations=(strong, *folded.populations[1:]))
    found = dict(attributed(folded).sources)
    assert found[Source("saturation", "ensembles/a")].spikes > 0.01
    assert found[Source("saturation", "ensembles/b")].spikes == 0


def test_inputs_beyond_their_range_are_a_source():
    folded = networks.layered()
    beyond = {"x": np.full((STEPS, 5), 1.5)}
    worst, _ = attributed(folded, beyond).sources[0]
    assert worst == Source("saturation", "inputs/x")


def test_without_decoded_values_the_spikes_are_compared():
    folded = networks.layered()
    folded = replace(folded, probes=(FoldedProbe("b", "spikes", "b"),))
    found = attributed(folded, weight_bits=3)
    assert found.together.error == found.together.spikes > 0
    assert found.as_dict()["measure"] == "spikes"
    assert found.sources[0][0].kind == "weights"


def test_samples_are_taken_evenly_and_keep_their_labels():
    folded = networks.layered(sizes=(5, 40, 33, 3))
    rng = np.random.default_rng(2)
    rows = np.repeat(rng.uniform(-1, 1, (130, 5)), 20, axis=0)
    reference = [
        simulate_reference(folded, {"x": rows[first : first + 20]}).probes["out"][-1]
        for first in range(0, 2600, 20)
    ]
    labels = Labels(np.argmax(reference, axis=1), 20)
    folded = replace(folded, probes=folded.probes[:1])
    found = attributed(folded, {"x": rows}, 20, labels, weight_bits=3)
    assert (found.samples, found.steps) == (64, 20)
    assert found.float_accuracy == 1.0
    assert found.together.accuracy < 1.0
    in_parts = attributed(folded, {"x": rows}, 2600, labels)
    assert (in_parts.samples, in_parts.steps) == (8, 300)
    without = attributed(folded, {"x": rows}, 2600)
    assert (without.samples, without.steps) == (1, 1000)


def test_rates_tell_silent_and_saturated_neurons():
    folded = networks.layered()
    bias = np.full(40, 20.0)
    bias[:3], bias[3:5] = -50.0, 100.0
    folded = replace(
        folded, populations=(replace(folded.populations[0], bias=bias), *folded.populations[1:])
    )
    network, stimulus = quantize(folded), noise_stimulus(folded.inputs, STEPS)
    golden = run_golden(network, encode_inputs(network, stimulus))
    found = describe_rates(folded, network, simulate_reference(folded, stimulus), golden)["a"]
    assert (found["neurons"], found["silent"], found["saturated"]) == (40, 3, 2)
    assert found["silent_float"] == 3
    assert found["limit_hz"] == 400.0
    assert sum(found["golden"]) == sum(found["float"]) == 40
    assert found["golden"][0] >= 3
    assert found["edges_hz"][-1] >= found["max_hz"]


@pytest.mark.parametrize(
    ("kind", "limit"),
    [(LifNeurons(0.02, 0.0003), 1000.0), (LifNeurons(0.02, 0.004), 250.0), (IfNeurons(), 1000.0)],
)
def test_the_highest_rate_is_of_refractory_time_or_step(kind, limit):
    folded = networks.layered()
    population = replace(folded.populations[0], neurons=kind)
    assert limit_hz(population, quantize(folded).formats, 0.001) == limit


def test_the_highest_rate_of_counting_neurons_is_of_the_current():
    folded = networks.leakless()
    counting = [p for p in folded.populations if isinstance(p.neurons, RectifiedNeurons)]
    assert limit_hz(counting[0], quantize(folded).formats, 0.001) > 30_000
