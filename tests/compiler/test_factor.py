"""Connections are factored where that is less work, and mean the same then."""

import numpy as np
import pytest

from nef2hw.compiler import relays
from nef2hw.compiler import weights as weights_module
from nef2hw.compiler.factor import Factoring, factorings, slice_places
from nef2hw.compiler.fold import fold
from nef2hw.compiler.levels import levels
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import ModelError
from nef2hw.model.parse import parse_model
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden import contribution, filter_step, simulate_golden
from nef2hw.sim.reference import simulate_reference
from nef2hw.trace import first_difference


def ensemble(name, size, dimensions=1, radius=1.0, seed=0):
    rng = np.random.default_rng([seed, size])
    encoders = rng.normal(size=(size, dimensions))
    encoders /= np.linalg.norm(encoders, axis=1, keepdims=True)
    return {
        f"ensembles/{name}/gain": rng.uniform(0.5, 2.0, size),
        f"ensembles/{name}/bias": rng.uniform(0.5, 2.0, size),
        f"ensembles/{name}/encoders": encoders,
        f"ensembles/{name}/radius": radius,
    }


def link(name, pre, post, decoders=None, **fields):
    values = {"pre": pre, "post": post, **fields}
    if decoders is not None:
        values["decoders"] = np.random.default_rng(len(name)).normal(0, 0.0005, decoders)
    return {f"connections/{name}/{key}": value for key, value in values.items()}


def model(*parts):
    arrays = {"format": "nef2hw-model-1", "dt": 0.001, "inputs/x/size": 1}
    for part in parts:
        arrays |= part
    return parse_model(arrays)


def channel(size, dimensions=1):
    return model(
        ensemble("a", size, dimensions),
        ensemble("b", size, dimensions, seed=1),
        link("x", "x", "a", transform=np.ones((dimensions, 1))),
        link("ab", "a", "b", (dimensions, size), synapse=0.005),
    )


def recurrent(radius=2.0):
    """A ring that drives itself, with an input, another source and a connection to neurons."""
    return model(
        ensemble("ring", 400, 2, radius),
        ensemble("other", 30),
        link("x", "x", "ring", transform=np.ones((2, 1)), synapse=0.01),
        link("loop", "ring", "ring", (2, 400), synapse=0.1),
        link("fast", "other", "ring", (1, 30), post_slice=[1], synapse=0.005),
        link("to_other", "ring", "other", (1, 400), synapse=0.02),
        link("neurons", "other.neurons", "ring.neurons", transform=np.eye(400, 30), synapse=0.0),
        {"probes/out/target": "ring", "probes/out/decoders": np.ones((1, 400)) * 1e-3},
    )


@pytest.mark.parametrize(
    ("size", "dimensions", "factored"),
    [
        (100, 1, False),
        (100, 3, False),
        (300, 1, True),
        (400, 4, True),
        (400, 16, False),
        (1000, 2, True),
    ],
)
def test_large_ensembles_of_few_dimensions_are_factored(size, dimensions, factored):
    folded = fold(channel(size, dimensions))
    assert [relay.name for relay in folded.relays] == ["relays/b"] * factored


def test_little_memory_asks_for_more_factoring_than_speed():
    trained = channel(400, 16)
    assert fold(trained).relays == ()
    assert [r.name for r in fold(trained, Factoring.SMALLER).relays] == ["relays/b"]
    assert factorings(trained) == (Factoring.FASTER, Factoring.SMALLER)
    assert factorings(trained, dense=True) == (Factoring.NEVER,)


@pytest.mark.parametrize(("size", "factored"), [(20, False), (1000, True)])
def test_a_network_that_is_the_same_both_ways_is_tried_once(size, factored):
    trained = channel(size)
    assert factorings(trained) == (Factoring.FASTER,)
    for factoring in Factoring.FASTER, Factoring.SMALLER:
        assert bool(fold(trained, factoring).relays) == factored


def test_dense_forces_a_weight_for_each_pair_of_neurons():
    folded = fold(recurrent(), Factoring.NEVER)
    assert folded.relays == ()
    assert {c.weights.shape for c in folded.connections if c.name == "loop"} == {(400, 400)}


def test_a_factored_ensemble_takes_the_sum_of_all_values_through_its_encoders():
    trained = recurrent()
    folded = fold(trained)
    (relay,) = folded.relays
    assert (relay.population, relay.first, relay.size, relay.radius) == ("gangs/0", 0, 2, 2.0)
    found = {c.name: c for c in folded.connections}
    ring, loop = trained.ensembles[0], trained.connections[1]
    encoders = ring.gain[:, None] * ring.encoders / 2.0
    np.testing.assert_array_equal(found["relays/ring"].weights, encoders)
    assert (found["relays/ring"].filter, found["relays/ring"].delay) == (None, 0)
    np.testing.assert_allclose(found["loop"].weights, loop.decoders * 1000.0)
    assert (found["loop"].pre, found["loop"].post, found["loop"].delay) == ("ring", "gangs/0", 1)
    assert not found["fast"].weights[0].any()
    assert found["x"].post == found["fast"].post == "gangs/0"
    assert found["neurons"].post == "ring"
    assert found["to_other"].weights.shape == (30, 400)


def test_no_dense_weights_are_made_of_what_is_factored(monkeypatch):
    monkeypatch.setattr(weights_module, "MAX_WEIGHTS", 30 * 400)
    assert fold(recurrent()).relays
    with pytest.raises(ModelError, match="connections/loop joins 400 to 400, 160000 weights"):
        fold(recurrent(), Factoring.NEVER)


def test_factored_weights_have_the_same_limit(monkeypatch):
    monkeypatch.setattr(weights_module, "MAX_WEIGHTS", 2 * 400 - 1)
    with pytest.raises(ModelError, match="connections/loop joins 400 to 2, 800 weights; the limit"):
        fold(recurrent())


def test_a_factored_network_does_what_the_dense_one_does():
    stimulus = {"x": np.sin(np.arange(300) / 20)[:, np.newaxis]}
    dense, factored, _ = (
        simulate_reference(fold(recurrent(), choice), stimulus) for choice in Factoring
    )
    assert factored.spikes["ring"].sum() > 1000
    np.testing.assert_array_equal(factored.spikes["ring"], dense.spikes["ring"])
    np.testing.assert_allclose(factored.probes["out"], dense.probes["out"], atol=1e-9)


def test_the_weights_into_a_gang_are_kept_in_two_parts(monkeypatch):
    folded = fold(recurrent())
    formats, gang = quantize(folded).formats, quantize(folded).population("gangs/0")
    names = [p.name for c in gang.compartments for p in c.projections]
    assert names == [n for name in ("x", "loop", "fast") for n in (name, f"{name} (remainder)")]
    found = 0.0
    for compartment in gang.compartments[2:4]:
        left = formats.align_bits - compartment.shift_code
        exponent = gang.output_frac - formats.guard_bits - left
        found += np.ldexp(compartment.projections[0].weight_code.astype(float), -exponent)
    weights = {c.name: c.weights for c in folded.connections}["loop"].T
    wanted = weights * np.ldexp(compartment.leak_code, -formats.leak_frac)
    error = np.abs(found - wanted).max() / np.abs(wanted).max()
    assert error < 2.0**-14
    monkeypatch.setattr(relays, "MAX_REFINED", 0)
    coarse = quantize(folded).population("gangs/0")
    assert [p.name for c in coarse.compartments for p in c.projections] == ["x", "loop", "fast"]


def chained():
    """Two large ensembles, of which the first drives the second within the step, and itself."""
    return model(
        ensemble("a", 300),
        ensemble("b", 300, seed=1),
        link("x", "x", "a", transform=np.ones((1, 1))),
        link("aa", "a", "a", (1, 300), synapse=0.1),
        link("ab", "a", "b", (1, 300)),
        link("ba", "b", "a", (1, 300), synapse=0.1),
    )


def test_relays_of_different_levels_are_of_different_gangs():
    folded = fold(chained())
    gangs = {relay.name: relay.population for relay in folded.relays}
    assert gangs == {"relays/a": "gangs/0", "relays/b": "gangs/2"}
    level = levels(folded)
    assert [level[name] for name in ("gangs/0", "a", "gangs/2", "b")] == [0, 1, 2, 3]


def test_a_cycle_without_delay_is_named_by_its_ensembles():
    trained = chained()
    loop = [c for c in trained.connections if c.name == "aa"]
    object.__setattr__(loop[0], "delay", 0)
    with pytest.raises(ModelError, match="form the cycle a -> a, expected a delay"):
        fold(trained)


def test_an_array_of_ensembles_shares_a_gang_and_rows_hold_only_its_own_words():
    count, size = 20, 60
    parts = [ensemble(f"e{k}", size, seed=k) for k in range(count)]
    parts += [
        link(f"{j}-{k}", f"e{j}", f"e{k}", (1, size), synapse=0.01)
        for j in range(count)
        for k in range(count)
    ]
    folded = fold(model(*parts))
    assert [relay.first for relay in folded.relays] == list(range(count))
    into = [c for c in folded.connections if c.post == "gangs/0"]
    assert [c.weights.shape for c in into] == [(count, size)] * count
    assert into[0].name == "+".join(f"0-{k}" for k in range(count))


@pytest.mark.parametrize(
    ("sizes", "firsts", "total"),
    [
        ([1, 2, 3], [0, 1, 3], 6),
        ([10, 6, 1], [0, 10, 16], 17),
        ([10, 7], [0, 16], 23),
        ([1, 17, 1], [0, 16, 48], 49),
        ([16, 32], [0, 16], 48),
        ([3, 33], [0, 16], 64),
    ],
)
def test_a_small_slice_lies_in_one_word_and_a_large_one_has_its_own(sizes, firsts, total):
    assert slice_places(sizes) == (firsts, total)


@pytest.mark.parametrize("weight_bits", [4, 8, 16])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_value_exceeds_its_planes_whatever_arrives(weight_bits, sign):
    network = quantize(fold(recurrent()), Precision(weight_bits))
    formats, gang = network.formats, network.population("gangs/0")
    tops = {"x": 1023}
    states = [np.zeros(gang.size, dtype=np.int64) for _ in gang.compartments]
    for _ in range(1000):
        total = gang.bias_code.copy()
        for k, compartment in enumerate(gang.compartments):
            drive = sum(
                tops.get(p.pre, 1) * np.abs(p.weight_code).sum(0) for p in compartment.projections
            )
            states[k] = filter_step(states[k], sign * drive, compartment, formats)
            total += contribution(states[k], compartment, formats)
        assert (np.abs(total) < 1 << formats.relay_planes).all()
    assert np.abs(total).max() >> (formats.relay_planes - 2)


@pytest.mark.parametrize("input_bits", [4, 10, 12])
def test_a_unit_is_a_small_part_of_the_radius(input_bits):
    for radius in (1.0, 3.0, 20.0):
        network = quantize(fold(recurrent(radius)), Precision(input_bits=input_bits))
        unit = 2.0 ** -network.population("gangs/0").output_frac
        assert (unit <= radius / 2 ** (input_bits + 1)).all()
        assert (unit > radius / 2 ** (input_bits + 2)).all()


def test_values_that_would_be_too_wide_get_a_coarser_unit():
    trained = recurrent()
    object.__setattr__(trained.connections[1], "transform", np.full(2, 30.0))
    network = quantize(fold(trained), Precision(weight_bits=16))
    assert network.formats.relay_planes <= 32 - 16
    assert network.formats.accumulator_bits <= 32


def test_relayed_values_are_kept_apart_from_results():
    network = quantize(fold(recurrent()))
    codes = encode_inputs(network, {"x": np.ones((20, 1))})
    trace = simulate_golden(network, codes)
    assert trace.relayed.keys() == {"gangs/0"}
    assert trace.probes.keys() == {"out"}
    assert first_difference(trace, simulate_golden(network, codes)) is None
