"""Cycles, several sources, and graphs in graphs."""

import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.errors import ModelError
from nef2hw.frontends.nir.recurrence import late_edges
from nef2hw.sim.reference import simulate_reference

nir = pytest.importorskip("nir")

from nef2hw.frontends.nir import from_nir  # noqa: E402
from tests.frontends.nir.graphs import graph, lif, linear  # noqa: E402
from tests.frontends.nir.loop import Loop  # noqa: E402

DT = 1e-3


def values(size=4, steps=300):
    return np.random.default_rng(9).uniform(-0.5, 1.5, (steps, size))


def assert_alike(given, order, late=(), **options):
    """Compare with a loop in which the edges ``late`` are a step late."""
    expected = Loop(given, order, DT, late=late).run(values())
    network = from_nir(given, dt=DT, **options)
    trace = simulate_reference(fold(network), {"input": values()})
    for name, spikes in expected.items():
        if name in trace.spikes:
            assert spikes.sum() > 20
            np.testing.assert_array_equal(trace.spikes[name], spikes, err_msg=name)
    np.testing.assert_allclose(trace.probes["output"], expected["output"], atol=1e-9)
    return network


def test_recurrent_spikes_arrive_a_step_later_and_their_bias_at_once():
    given = graph(
        {"in": linear(6, 4), "a": lif(6), "rec": linear(6, 6, 3, bias=True)},
        "input in, in a, a rec, rec a, a output",
        n_out=6,
    )
    network = assert_alike(given, ["input", "in", "rec", "a", "output"], [("a", "rec")])
    assert "recurrent spikes arrive one step after they were fired: 'a' -> 'a'" in network.notes


def test_of_a_large_cycle_the_spikes_that_return_are_late():
    given = graph(
        {
            "in": linear(6, 4),
            "first": lif(6),
            "on": linear(5, 6, 1),
            "back": linear(6, 5, 2),
            "a_second": lif(5),
        },
        "input in, in first, first on, on a_second, a_second back, back first, a_second output",
        n_out=5,
    )
    order = ["input", "in", "back", "first", "on", "a_second", "output"]
    network = assert_alike(given, order, [("a_second", "back")])
    assert sum("one step after" in note for note in network.notes) == 1
    assert [(c.pre.name, c.delay) for c in network.connections if c.delay] == [("a_second", 1)]


def test_a_cycle_with_a_delay_of_its_own_is_not_delayed_again():
    nodes = {"in": linear(6, 4), "a": lif(6), "rec": linear(6, 6, 3)}
    edges = "input in, in a, rec a, a output, "
    delay = {"delay": nir.Delay(np.full(6, DT))}
    late = Loop(
        graph(nodes, edges + "a rec", n_out=6),
        ["input", "in", "rec", "a", "output"],
        DT,
        late=[("a", "rec")],
    )
    network = from_nir(graph(nodes | delay, edges + "a delay, delay rec", n_out=6), dt=DT)
    trace = simulate_reference(fold(network), {"input": values()})
    np.testing.assert_array_equal(trace.spikes["a"], late.run(values())["a"])
    assert not any("one step after" in note for note in network.notes)


@pytest.mark.parametrize(
    ("edges", "late"),
    [
        ("x a, a b, b c", ""),
        ("x a, a a", "a a"),
        ("x a, a b, b a", "b a"),
        ("x b, b a, a b", "a b"),
        ("x a, x b, a b, b a", "b a"),
        ("x a, a b, b c, c a, a c", "c a"),
        ("x a, a b, b c, c b, c a", "c a, c b"),
        ("x a, b c, c b", "c b"),
        ("x a, x b, b a", ""),
        ("x a, a b, b b, c c, b c", "b b, c c"),
    ],
)
def test_edges_that_lead_back_towards_the_inputs_are_late(edges, late):
    def pairs(text):
        return {tuple(edge.split()) for edge in text.split(", ") if edge}

    assert late_edges("abc", "x", sorted(pairs(edges))) == pairs(late)


def test_a_cycle_without_spikes_is_refused():
    given = graph(
        {"a": lif(4), "li": nir.LI(*np.ones((3, 4))), "w": linear(4, 4)},
        "input a, a li, li w, w li, li output",
    )
    with pytest.raises(
        ModelError, match=r"the cycle '(li|w)' -> .* has no node that spikes, expec"
    ):
        from_nir(given, dt=DT)


def test_signals_that_meet_are_added():
    given = graph(
        {
            "one": linear(6, 4, 1),
            "two": linear(6, 4, 2, bias=True),
            "a": lif(6),
            "s": nir.Scale(np.ones(6)),
        },
        "input one, input two, one a, two a, one s, s a, a output",
        n_out=6,
    )
    assert_alike(given, ["input", "one", "two", "s", "a", "output"])


def test_parallel_scales_are_one_connection():
    nodes = {"one": nir.Scale(np.ones(4)), "two": nir.Scale(np.full(4, 0.5)), "a": lif(4)}
    given = graph(nodes, "input one, input two, one a, two a, a output")
    network = assert_alike(given, ["input", "one", "two", "a", "output"])
    assert len(network.connections) == 1


def test_filters_in_either_order_are_one_connection():
    taus = {"a1": 0.01, "a2": 0.02, "b1": 0.02, "b2": 0.01}
    nodes = {name: nir.LI(*np.outer([tau, 1.0, 0.0], np.ones(4))) for name, tau in taus.items()}
    given = graph(
        {**nodes, "lif": lif(4)},
        "input a1, a1 a2, a2 lif, input b1, b1 b2, b2 lif, lif output",
    )
    network = assert_alike(given, ["input", "a1", "a2", "b1", "b2", "lif", "output"])
    assert len(network.connections) == 1


def test_a_delay_within_a_cycle_stays_beside_the_late_spikes():
    nodes = {"a": lif(4), "one": nir.Delay(np.full(4, DT)), "two": nir.Delay(np.full(4, DT))}
    given = graph(nodes, "input a, a a, a one, one two, two a, a output")
    with pytest.raises(ModelError, match="what comes from 'a' to 'a' is 2 steps late, expected at"):
        from_nir(given, dt=DT)


def test_an_output_of_several_populations_and_an_input_is_their_sum():
    given = graph(
        {
            "in": linear(6, 4, 1),
            "a": lif(6),
            "b": lif(4),
            "from_a": linear(3, 6, 2, bias=True),
            "from_b": linear(3, 4, 3),
            "li": nir.LI(*(np.full(3, value) for value in (0.03, 2.0, 0.1))),
            "skip": linear(3, 4, 4),
        },
        "input in, in a, input b, a from_a, b from_b, from_a li, from_b li, li output, "
        "input skip, skip output",
        n_out=3,
    )
    order = ["input", "in", "a", "b", "from_a", "from_b", "skip", "li", "output"]
    network = assert_alike(given, order)
    assert network.probes[0].target is None


def test_several_inputs_and_outputs_keep_their_names():
    given = graph(
        {
            "input_b": nir.Input(np.array([3])),
            "output_b": nir.Output(np.array([6])),
            "a": linear(6, 4),
            "b": linear(6, 3),
            "lif": lif(6),
        },
        "input a, input_b b, a lif, b lif, lif output, lif output_b",
        n_out=6,
    )
    network = from_nir(given, dt=DT)
    assert [(i.name, i.size) for i in network.inputs] == [("input", 4), ("input_b", 3)]
    assert [(p.name, p.size) for p in network.probes] == [("output", 6), ("output_b", 6)]


def nested(deep=1):
    """Return a recurrent layer as a graph in ``deep`` graphs."""
    inner = graph(
        {"lif": lif(6), "rec": linear(6, 6, 3)}, "input lif, lif rec, rec lif, lif output", n_in=6
    )
    for _ in range(deep - 1):
        inner = graph({"layer": inner}, "input layer, layer output", n_in=6)
    return graph({"in": linear(6, 4), "layer": inner}, "input in, in layer, layer output", n_out=6)


@pytest.mark.parametrize("deep", [1, 2, 3])
def test_graphs_in_graphs_are_taken_apart(deep):
    flat = graph(
        {"in": linear(6, 4), "lif": lif(6), "rec": linear(6, 6, 3)},
        "input in, in lif, lif rec, rec lif, lif output",
        n_out=6,
    )
    expected = Loop(flat, ["input", "in", "rec", "lif", "output"], DT, late=[("lif", "rec")])
    network = from_nir(nested(deep), dt=DT)
    trace = simulate_reference(fold(network), {"input": values()})
    np.testing.assert_array_equal(trace.probes["output"], expected.run(values())["output"])
    assert [ensemble.name for ensemble in network.ensembles] == [
        "_".join(["layer"] * deep + ["lif"])
    ]


def test_a_graph_with_two_inputs_needs_to_be_told_which():
    inner = graph(
        {"more": nir.Input(np.array([6])), "lif": lif(6)}, "input lif, more lif, lif output", n_in=6
    )
    given = graph({"layer": inner}, "input layer, layer output", n_in=6)
    message = (
        "edge 'input' -> 'layer': the graph 'layer' has 2 nodes of type Input: 'input', 'more'"
    )
    with pytest.raises(ModelError, match=message):
        from_nir(given, dt=DT)


def test_a_graph_in_a_graph_needs_no_ends_of_its_own():
    inner = nir.NIRGraph({"lif": lif(4)}, [], type_check=False)
    network = from_nir(graph({"layer": inner}, "input layer, layer output"), dt=DT)
    assert [ensemble.name for ensemble in network.ensembles] == ["layer_lif"]


def test_nodes_that_would_have_one_name_are_refused():
    given = nested()
    given.nodes["layer.lif"] = lif(6)
    given.edges.append(("in", "layer.lif"))
    with pytest.raises(
        ModelError, match=r"two nodes are called 'layer\.lif', with the names of nested"
    ):
        from_nir(given, dt=DT)


def test_a_graph_that_holds_itself_is_refused():
    inner = graph({"lif": lif(4)}, "input lif, lif output")
    inner.nodes["again"] = inner
    with pytest.raises(ModelError, match="node 'again' lies 17 graphs deep, the limit is 16"):
        from_nir(inner, dt=DT)
