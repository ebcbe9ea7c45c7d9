"""Connections become compartments, and weights codes with a scale per neuron."""

import numpy as np
import pytest

from nef2hw.compiler.compartments import (
    LIKE_SIZE,
    Scaled,
    choose_leak_format,
    draft,
    group,
    scale,
)
from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import DiscreteFilter, FoldedConnection
from nef2hw.compiler.inputs import quantize_input
from nef2hw.compiler.stages import UNFILTERED, Stage
from nef2hw.errors import FormatError
from nef2hw.model.synapses import Alpha
from tests.sim.networks import filter_of, spike_input, value_input

DT_S = 0.001
PORTS = {
    "x": quantize_input(value_input("x", 3, -2.0, 1.0), 10),
    "s": quantize_input(spike_input("s", 3), 10),
}
FINEST = 60
SLOW = (Stage(5),)


def scaled(weights, pre="ensemble", stages=UNFILTERED.stages, delay=1, held=False):
    return Scaled("c", pre, np.atleast_2d(np.asarray(weights, float)), stages, delay, held)


def drafted(weights, bits=8, finest=FINEST, top=1, **fields):
    one = scaled(weights, **fields)
    tops = {one.pre: np.full(one.weights.shape[1], top)}
    (only,) = draft([one], tops, bits, np.full(len(one.weights), finest))
    return only, one.weights


@pytest.mark.parametrize("bits", [2, 4, 8, 16])
def test_every_weight_is_within_half_a_unit_of_its_rows_scale(bits):
    rng = np.random.default_rng(bits)
    sizes = 10.0 ** rng.uniform(-8, 8, (300, 1))
    found, weights = drafted(rng.normal(size=(300, 5)) * sizes, bits)
    unit = np.ldexp(1.0, -found.exponent)[:, None]
    codes = found.projections[0].weight_code.T
    assert (np.abs(codes * unit - weights) <= unit / 2).all()
    high = 2 ** (bits - 1) - 1
    assert np.abs(codes).max() <= high
    peak = np.abs(weights).max(axis=1, keepdims=True)
    assert (2 * peak / unit >= high + 0.5).all(), "a finer scale would have held the row"


def test_rows_at_powers_of_two_use_all_their_bits():
    found, _ = drafted([[127.0], [127.4], [127.5], [128.0], [63.7], [1.0], [-127.4]])
    assert found.exponent.tolist() == [0, 0, -1, -1, 1, 6, 0]
    assert found.projections[0].weight_code.tolist() == [[127, 127, 64, 64, 127, 64, -127]]


def test_a_row_of_zeros_and_one_too_small_to_be_seen_take_the_finest_scale():
    found, _ = drafted([[0.0], [1e-30], [1e-310], [5e-324]], finest=24)
    assert found.exponent.tolist() == [24] * 4
    assert found.projections[0].weight_code.tolist() == [[0, 0, 0, 0]]


def test_what_arrives_in_a_step_is_bounded_by_all_weights_at_the_ends_of_the_range():
    spikes, _ = drafted([[127.0, -100.0, 3.0]])
    assert spikes.bound.tolist() == [230]
    values, _ = drafted([[127.0, -100.0, 3.0]], pre="x", held=True, top=1023)
    assert values.bound.tolist() == [230 * 1023]


def test_projections_of_a_compartment_share_their_scale_and_add_their_bounds():
    parts = [scaled([[100.0]]), scaled([[30.0]], "other")]
    tops = {"ensemble": np.array([1]), "other": np.array([1])}
    (found,) = draft(parts, tops, 8, np.array([FINEST]))
    assert found.exponent.tolist() == [0]
    assert [p.weight_code.tolist() for p in found.projections] == [[[100]], [[30]]]
    assert found.bound.tolist() == [130]


def test_connections_of_one_synapse_and_of_like_size_share_a_compartment():
    ones = np.ones((4, 2))
    weights = [ones, LIKE_SIZE * ones, ones / 2, LIKE_SIZE * 1.01 * ones]
    groups = group([scaled(w) for w in weights])
    peaks = [[one.weights.max() for one in members] for members in groups]
    assert peaks == [[1.0, LIKE_SIZE], [0.5], [LIKE_SIZE * 1.01]]


@pytest.mark.parametrize(
    "other",
    [{"stages": SLOW}, {"delay": 0}, {"held": True}, {"weights": np.full((4, 2), 5.0)}],
)
def test_connections_unlike_in_anything_do_not(other):
    one = scaled(np.ones((4, 2)))
    different = scaled(**({"weights": np.ones((4, 2))} | other))
    assert [len(g) for g in group([one, different])] == [1, 1]


def test_two_value_inputs_never_share_a_compartment():
    held = scaled(np.ones((4, 2)), held=True)
    assert [len(g) for g in group([held, held])] == [1, 1]


def test_rows_without_weights_do_not_keep_connections_apart():
    one = scaled([[1.0], [0.0], [1.0], [1.0]])
    other = scaled([[0.0], [9.0], [0.0], [1.0]])
    assert [len(g) for g in group([one, other])] == [2]


def connection(pre, tau_s, weights):
    return FoldedConnection(
        "c", pre, "a", np.asarray(weights, float), filter_of(tau_s), int(tau_s is not None)
    )


def formats_for(*connections):
    return choose_leak_format(connections)


def test_a_synapse_too_slow_beside_the_fastest_is_refused():
    fast, slow = connection("s", 0.001, [[1.0]]), connection("s", 1000.0, [[1.0]])
    leaks = formats_for(fast, slow)
    message = (
        r"connections/c: the synapse decays by 1e-06 in a step, too slowly beside the fastest .* "
        r"at least 0\.000244 can be resolved; shorten its time constant, or lengthen"
    )
    with pytest.raises(FormatError, match=message):
        scale(slow, PORTS, leaks)
    assert scale(connection("s", 4.0, [[1.0]]), PORTS, leaks).stages[0].leak_code >= 16


def test_weights_of_a_value_input_are_per_code():
    found = scale(connection("x", None, [[1.0, 2.0, 3.0]]), PORTS, formats_for())
    np.testing.assert_allclose(found.weights, np.array([[2.0, 4.0, 6.0]]) / 1023)
    assert (found.held, found.stages) == (True, UNFILTERED.stages)


def test_a_delay_without_filter_has_no_leak():
    found = scale(connection("s", 0.0, [[1.0, 2.0, 3.0]]), PORTS, formats_for())
    assert (found.stages, found.delay) == (UNFILTERED.stages, 1)
    assert found.weights.tolist() == [[1.0, 2.0, 3.0]]


def test_a_filter_of_second_order_is_two_compartments_and_weights_go_into_the_first():
    alpha = discretize(Alpha(0.01), DT_S)[0]
    given = FoldedConnection("c", "s", "a", np.array([[3.0, -1.0, 2.0]]), alpha, 1)
    one = scale(given, PORTS, formats_for(given))
    first, second = draft([one], {"s": np.ones(3, int)}, 8, np.array([FINEST]))
    assert (first.partner, second.partner) == (1, -1)
    assert [p.name for p in first.projections] == ["c"]
    assert second.projections == ()
    assert second.exponent.tolist() == first.exponent.tolist()


def test_filters_without_decay_are_all_named():
    both = DiscreteFilter(((0.0, 0.0), (1.0, 0.0)), (1.0, 0.0), (0.0, 1.0))
    late = [
        FoldedConnection(name, "s", "a", np.ones((1, 3)), both, 1) for name in ("one", "probes/two")
    ]
    with pytest.raises(FormatError) as caught:
        formats_for(*late)
    one, two = caught.value.problems
    assert one.startswith("connections/one: the synapse has both poles at zero")
    assert two.startswith("probes/two: the synapse has both poles at zero")


def test_a_pair_whose_first_stage_is_the_stronger_keeps_the_bits_of_its_weights():
    alone = DiscreteFilter(((0.8, 0.0), (0.0, 0.9)), (1.0, 0.0), (1.0, 0.0))
    given = FoldedConnection("c", "s", "a", np.array([[0.3, -0.1, 0.2]]), alone, 1)
    one = scale(given, PORTS, formats_for(given))
    assert one.stages[0].lift < -8
    first, _ = draft([one], {"s": np.ones(3, int)}, 8, np.array([24]))
    assert np.abs(first.projections[0].weight_code).max() >= 64
