"""Graphs that cannot be taken over are refused, and exactly told what is wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nir import from_nir
from tests.frontends.nir.objects import DT, EDGES, LIF, ONES, WEIGHT, graph, lif, node, port

REFUSED = {
    "edge to nowhere": (
        {"edges": (*EDGES, ("fc", "lfi"))},
        "edge 'fc' -> 'lfi': there is no node 'lfi', expected one of 'input', 'fc', 'lif', "
        "'output'; did you mean 'lif'",
    ),
    "edge into an input": (
        {"edges": (*EDGES, ("lif", "input"))},
        "edge 'lif' -> 'input' leads into an Input; expected it to lead into another node",
    ),
    "sizes": (
        {"fc": node("Linear", weight=np.ones((4, 2)))},
        "edge 'fc' -> 'lif': 'fc' gives 4 values, 'lif' takes 3 values; expected as many",
    ),
    "sizes of an input": (
        {"input": port("Input", np.array([2, 2]))},
        r"edge 'input' -> 'fc': 'input' gives 4 values of shape \(2, 2\), 'fc' takes 2 values; exp",
    ),
    "sizes of an output": (
        {"output": port("Output", np.array([4]))},
        "edge 'lif' -> 'output': 'lif' gives 3 values, 'output' takes 4 values; expected as many",
    ),
    "nothing tells a size": (
        {"fc": node("Scale", scale=2.0), "input": port("Input", None), "lif": node("Flatten")},
        "node 'input': nothing tells how many values it has; give its shape",
    ),
    "shape of zero": (
        {"input": port("Input", np.array([0]))},
        r"node 'input' \(Input\): shape is \(0\), expected whole numbers, at least 1",
    ),
    "shape of text": (
        {"input": port("Input", "two")},
        r"node 'input' \(Input\): shape has dtype <U3, expected numbers",
    ),
    "unknown type": (
        {"lif": node("LiF", **LIF)},
        "node 'lif' is of type 'LiF', expected Input, Output, .*IF; did you mean 'LIF'",
    ),
    "integrator": (
        {"lif": node("I", r=ONES)},
        "node 'lif' is of type I, which integrates without leak or threshold; use LI with a long",
    ),
    "threshold": (
        {"lif": node("Threshold", threshold=ONES)},
        "node 'lif' is of type Threshold, which spikes without a membrane; use LIF with a short",
    ),
    "missing tau": (
        {"lif": lif(without=("tau",))},
        r"node 'lif' \(LIF\): tau is missing, expected numbers",
    ),
    "NaN": (
        {"lif": lif(r=np.array([1, np.nan, 1]))},
        r"node 'lif' \(LIF\): r is nan at index \(1,\), expected finite numbers",
    ),
    "infinity": (
        {"lif": lif(v_leak=-np.inf)},
        r"node 'lif' \(LIF\): v_leak is -inf, expected finite numbers",
    ),
    "text": (
        {"lif": lif(r=np.array(["a"]))},
        r"node 'lif' \(LIF\): r has dtype <U1, expected numbers",
    ),
    "ragged": (
        {"fc": node("Linear", weight=[[1, 2], [3]])},
        r"node 'fc' \(Linear\): weight is not an array",
    ),
    "empty": (
        {"fc": node("Linear", weight=np.ones((0, 2)))},
        r"node 'fc' \(Linear\): weight is empty, expected numbers",
    ),
    "weight of one axis": (
        {"fc": node("Linear", weight=np.ones(6))},
        r"node 'fc' \(Linear\): weight has shape \(6,\), expected \(n_out, n_in\)",
    ),
    "bias": (
        {"fc": node("Affine", weight=WEIGHT, bias=np.ones(2))},
        r"node 'fc' \(Affine\): bias has shape \(2,\), expected \(3,\)",
    ),
    "shapes that differ": (
        {"lif": lif(r=np.ones(2))},
        r"node 'lif' \(LIF\): r has shape \(2,\) and tau has \(3,\), expected the same, or one",
    ),
    "tau of 0": (
        {"lif": lif(tau=np.array([0.02, 0, 0.02]))},
        r"node 'lif' \(LIF\): tau is 0 s, expected above 0 s",
    ),
    "threshold below reset": (
        {"lif": lif(v_threshold=np.array([1, 0, 1]))},
        r"node 'lif' \(LIF\): v_threshold is 0 and v_reset 0, expected a threshold above the reset",
    ),
    "many time constants": (
        {
            "lif": node("LIF", tau=np.arange(1, 19.0), v_threshold=1.0),
            "fc": node("Linear", weight=np.ones((18, 2))),
            "output": port("Output", None),
        },
        r"node 'lif' \(LIF\) has 18 different time constants from 1 to 18 s, the limit is 16; r",
    ),
    "negative delay": (
        {"fc": node("Delay", delay=-0.001), "input": port("Input", np.array([3]))},
        r"node 'fc' \(Delay\): delay is -0.001 s, expected 0 or more",
    ),
    "long delay": (
        {"fc": node("Delay", delay=0.002), "input": port("Input", np.array([3]))},
        r"node 'fc' \(Delay\) delays by 2 steps, expected 0 or 1",
    ),
    "part of a step": (
        {"fc": node("Delay", delay=0.0005), "input": port("Input", np.array([3]))},
        r"node 'fc' \(Delay\) delays by 0.5 steps, expected 0 or 1",
    ),
    "unreached": (
        {"more": lif()},
        "node 'more' is reached by no edge; join it to an input, or take it out",
    ),
    "unreached output": (
        {"edges": EDGES[:2]},
        "node 'output' is reached by no edge",
    ),
    "no neurons": (
        {"lif": None, "edges": (("input", "fc"), ("fc", "output"))},
        "ensembles/ has no entry",
    ),
    "nothing at all": (
        {"edges": (), "input": None, "output": None, "fc": None, "lif": None},
        "the graph has no Input, and no node where one could be; add a node Input",
    ),
    "only circles": (
        {"edges": (("fc", "lif"), ("lif", "fc")), "input": None, "output": None},
        "the graph has no Input, and no node where one could be",
    ),
    "an edge of three": (
        {"edges": (*EDGES, ("a", "b", "c"))},
        r"the graph has the edge \('a', 'b', 'c'\), expected a pair of names",
    ),
    "edges of text": ({"edges": "ab"}, "the graph has the edge 'a', expected a pair of names"),
    "four filters": (
        {
            "one": node("LI", tau=0.01),
            "two": node("LI", tau=0.02),
            "three": node("LI", tau=0.03),
            "edges": (
                ("input", "fc"), ("fc", "one"), ("one", "two"), ("two", "three"),
                ("three", "lif"), ("lif", "output"),
            ),
        },
        r"what comes from 'input' to 'lif' passes 3 filters \(tau 0.01, 0.02, 0.03 s\), exp",
    ),
    "two delays": (
        {
            "one": node("Delay", delay=DT),
            "two": node("Delay", delay=DT),
            "edges": (("input", "one"), ("one", "two"), ("two", "fc"), *EDGES[1:]),
        },
        "what comes from 'input' to 'lif' is 2 steps late, expected at most 1; take out a node",
    ),
    "metadata that is no number": (
        {"metadata": {"dt": "soon"}},
        "the graph: metadata dt is no number",
    ),
    "negative metadata": (
        {"lif": node("LIF", metadata={"tau_ref": -1.0}, **LIF)},
        r"node 'lif' \(LIF\): metadata tau_ref is -1, expected a number of s, 0 or more",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_told_exactly(name):
    changed, message = REFUSED[name]
    with pytest.raises(ModelError, match=message):
        from_nir(graph(**changed), dt=DT)


def test_everything_that_is_wrong_is_told_at_once():
    bad = graph(
        lif=lif(tau=-ONES, v_threshold=-ONES),
        fc=node("Linear", weight=np.nan * WEIGHT),
        edges=(*EDGES, ("x", "lif")),
        more=node("Foo"),
    )
    with pytest.raises(ModelError) as refused:
        from_nir(bad)
    assert len(refused.value.problems) == 6


def test_other_objects_are_refused():
    with pytest.raises(
        ModelError, match=r"a dict is no NIR graph, expected a nir.NIRGraph, or the"
    ):
        from_nir({}, dt=DT)
    with pytest.raises(ModelError, match="the graph has nodes without names, expected a dict"):
        from_nir(SimpleNamespace(nodes=[], edges=[]), dt=DT)
    with pytest.raises(ModelError, match="the graph has edges that are no list, expected pairs"):
        from_nir(SimpleNamespace(nodes={}, edges=1), dt=DT)


def test_many_nodes_are_refused(monkeypatch):
    monkeypatch.setattr("nef2hw.frontends.nir.graph.MAX_NODES", 3)
    with pytest.raises(ModelError, match="the graph has 4 nodes, the limit is 3"):
        from_nir(graph(), dt=DT)


def test_large_matrices_are_refused_unmade(monkeypatch):
    monkeypatch.setattr("nef2hw.frontends.nir.signals.MAX_NUMBERS", 5)
    with pytest.raises(ModelError, match=r"\(Affine\) makes 3 x 2 weights, the limit is 5; use sm"):
        from_nir(graph(), dt=DT)


def test_giant_shapes_are_refused_unmade():
    giant = {"input": port("Input", [1 << 40]), "edges": (("input", "lif"), ("lif", "output"))}
    with pytest.raises(
        ModelError, match="node 'input' has 1099511627776 values, the limit is 10000"
    ):
        from_nir(graph(fc=None, lif=node("LIF", tau=1.0, v_threshold=1.0), **giant), dt=DT)
    wide = {
        "input": port("Input", [100_000]),
        "scale": node("Scale", scale=0.0),
        "edges": (("input", "scale"), ("scale", "lif"), ("lif", "output")),
    }
    one = node("LIF", tau=1.0, v_threshold=1.0)
    with pytest.raises(
        ModelError, match="from 'input' to 'lif' makes 100000 x 100000 weights, the lim"
    ):
        from_nir(graph(fc=None, lif=one, output=port("Output", None), **wide), dt=DT)


def test_graphs_too_large_to_multiply_out_are_refused(monkeypatch):
    monkeypatch.setattr("nef2hw.frontends.nir.evaluate.MAX_HELD", 100)
    with pytest.raises(
        ModelError, match="node 'output' makes this graph too large to multiply out"
    ):
        from_nir(graph(), dt=DT)


def test_sizes_that_differ_are_told_once():
    with pytest.raises(ModelError) as refused:
        from_nir(graph(fc=node("Linear", weight=np.ones((4, 2)))), dt=DT)
    assert len(refused.value.problems) == 1
