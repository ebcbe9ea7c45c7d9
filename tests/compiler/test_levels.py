"""Unfiltered connections order populations within a step."""

import numpy as np

from nef2hw.compiler.folded import FoldedConnection, FoldedNetwork
from nef2hw.compiler.levels import levels
from nef2hw.compiler.quantize import quantize
from tests.sim.networks import DT_S, filter_of, layered, neurons, recurrent, value_input


def chain(pairs, names="abcd"):
    rng = np.random.default_rng(0)
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        tuple(neurons(name, 1, rng) for name in names),
        tuple(
            FoldedConnection(f"{pre}{post}", pre, post, np.ones((1, 1)), filter_of(tau_s), delay)
            for pre, post, tau_s, delay in pairs
        ),
        (),
    )


def test_a_population_stands_above_all_that_feed_it_without_delay():
    pairs = [("c", "d", None, 0), ("a", "c", None, 0), ("b", "c", None, 0), ("a", "d", None, 0)]
    assert levels(chain(pairs)) == {"a": 0, "b": 0, "c": 1, "d": 2}


def test_the_longest_way_counts_in_whatever_order_connections_come():
    pairs = [("a", "d", None, 0), ("c", "d", None, 0), ("b", "c", None, 0), ("a", "b", None, 0)]
    assert levels(chain(pairs)) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_filters_delays_and_inputs_order_nothing():
    pairs = [
        ("x", "a", None, 0),
        ("a", "b", 0.005, 1),
        ("b", "c", 0.0, 1),
        ("c", "c", 0.1, 1),
        ("d", "a", 0.1, 1),
    ]
    assert set(levels(chain(pairs)).values()) == {0}


def test_a_filter_without_delay_does_order():
    assert levels(chain([("d", "a", 0.003, 0)]))["a"] == 1


def test_populations_are_updated_by_level_spiking_ones_first():
    order = [(p.name, p.level) for p in quantize(layered()).populations]
    assert order == [("a", 0), ("probes/out", 0), ("b", 1)]
    order = [(p.name, p.level) for p in quantize(recurrent()).populations]
    assert order == [("a", 0), ("b", 0), ("probes/sum", 0), ("probes/raw", 1)]
