"""Graphs from the wild: what is plainly meant is taken, the rest is refused exactly."""

from types import SimpleNamespace

import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nir import from_nir
from nef2hw.model.network import LifNeurons
from nef2hw.model.npz import load_model

h5py = pytest.importorskip("h5py")

DT = 1e-3
ONES = np.ones(3)
LIF = {"tau": 0.02 * ONES, "r": ONES, "v_leak": 0 * ONES, "v_threshold": ONES, "v_reset": 0 * ONES}
WEIGHT = np.arange(6.0).reshape(3, 2)
EDGES = (("input", "fc"), ("fc", "lif"), ("lif", "output"))


def node(kind, metadata=None, **values):
    """Return an object like those of the package ``nir``, without its checks."""
    made = type(kind, (), {})()
    vars(made).update(values, metadata=metadata or {})
    return made


def port(kind, shape):
    side = kind.lower()
    return node(kind, **{f"{side}_type": {side: shape}})


def graph(edges=EDGES, metadata=None, **nodes):
    """Return a graph of two values, weights and three LIF neurons; ``nodes`` replace or add."""
    usual = {
        "input": port("Input", np.array([2])),
        "fc": node("Linear", weight=WEIGHT),
        "lif": node("LIF", **LIF),
        "output": port("Output", np.array([3])),
    }
    return SimpleNamespace(
        nodes={name: n for name, n in (usual | nodes).items() if n is not None},
        edges=list(edges),
        metadata=metadata or {},
    )


def lif(without=(), **changed):
    values = {key: value for key, value in (LIF | changed).items() if key not in without}
    return node("LIF", **values)


def write(path, given, version="1.0", spelled=str):
    """Write objects as the package does; texts are spelled by ``spelled``."""

    def put(group, one):
        group["type"] = spelled(type(one).__name__)
        for key, value in vars(one).items():
            if key in ("input_type", "output_type"):
                group["shape"] = next(iter(value.values()))
            elif key == "metadata":
                for name, number in value.items():
                    group[f"metadata/{name}"] = number
            else:
                group[key] = value

    with h5py.File(path, "w") as file:
        if version:
            file["version"] = version
        for name, one in given.nodes.items():
            put(file.create_group(f"node/nodes/{name}"), one)
        file["node/type"] = spelled("NIRGraph")
        file["node/edges"] = [[spelled(end) for end in edge] for edge in given.edges]
        for name, value in given.metadata.items():
            file[f"node/metadata/{name}"] = value
    return path


def weights(network):
    """Return the weights into the neurons."""
    return network.connections[0].transform


def same(one, other):
    """Whether two networks have the same neurons and weights."""
    return (
        np.array_equal(weights(one), weights(other))
        and [e.neurons for e in one.ensembles] == [e.neurons for e in other.ensembles]
        and [(p.name, p.size) for p in one.probes] == [(p.name, p.size) for p in other.probes]
    )


@pytest.fixture(scope="module")
def plain():
    return from_nir(graph(), dt=DT)


def test_a_file_is_read_as_objects_are(tmp_path, plain):
    network = from_nir(write(tmp_path / "a.nir", graph()), dt=DT)
    assert same(network, plain)
    assert network.notes == plain.notes
    network.save(tmp_path / "model.npz")
    assert load_model(tmp_path / "model.npz").notes == plain.notes


def test_texts_may_be_bytes_and_the_version_missing(tmp_path, plain):
    path = write(tmp_path / "a.nir", graph(), None, lambda text: np.bytes_(text))
    assert same(from_nir(path, dt=DT), plain)


def test_the_graph_may_be_the_root(tmp_path, plain):
    write(tmp_path / "a.nir", graph())
    with h5py.File(tmp_path / "b.nir", "w") as file, h5py.File(tmp_path / "a.nir") as old:
        for name in old["node"]:
            old.copy(f"node/{name}", file)
    assert same(from_nir(tmp_path / "b.nir", dt=DT), plain)


TOLERATED = {
    "one value for all": {"lif": node("LIF", **{k: v[0] for k, v in LIF.items()})},
    "one value in a list": {"lif": node("LIF", **{k: v[:1] for k, v in LIF.items()})},
    "some values for all": {"lif": lif(r=np.ones(1), v_leak=np.float32(0))},
    "columns": {"lif": node("LIF", **{k: v[:, None] for k, v in LIF.items()})},
    "integers": {"lif": lif(r=np.ones(3, int), v_threshold=np.ones(3, np.uint8))},
    "lists": {"lif": lif(r=[1, 1, 1])},
    "without r, v_leak, v_reset": {"lif": lif(without=("r", "v_leak", "v_reset"))},
    "without bias": {"fc": node("Affine", weight=WEIGHT)},
    "one bias for all": {"fc": node("Affine", weight=WEIGHT, bias=0)},
    "weight of three axes": {"fc": node("Linear", weight=WEIGHT[None])},
    "old spelling": {
        "fc": node("Affine", weights=WEIGHT, biases=np.zeros(3)),
        "lif": node("LIF", v_th=ONES, **{k: v for k, v in LIF.items() if k != "v_threshold"}),
    },
    "no shapes": {"input": port("Input", None), "output": port("Output", None)},
    "shapes with a batch": {"input": port("Input", [1, 2]), "output": port("Output", [1, 3])},
    "edges twice": {"edges": (*EDGES, EDGES[1])},
    "edges of bytes": {"edges": [(a.encode(), b.encode()) for a, b in EDGES]},
    "edges in an array": {"edges": np.array(EDGES)},
    "an identity": {
        "same": node("Identity"),
        "edges": (("input", "same"), ("same", "fc"), *EDGES[1:]),
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TOLERATED)
def test_what_is_plainly_meant_is_taken(name, plain):
    assert same(from_nir(graph(**TOLERATED[name]), dt=DT), plain)


class Tensor:
    """Holds numbers as a tensor that trains: only ``detach`` gives them."""

    def __init__(self, array):
        self.array = array

    def detach(self):
        return self.array


def test_tensors_are_taken_as_they_stand(plain):
    tensors = lif(tau=Tensor(LIF["tau"]))
    assert same(
        from_nir(graph(lif=tensors, fc=node("Linear", weight=Tensor(WEIGHT))), dt=DT), plain
    )


NOTED = {
    "v_reset is not given, 0 is used: 'lif'": {"lif": lif(without=("v_reset",))},
    "r is not given, 1 is used: 'lif'": {"lif": lif(without=("r",))},
    "edges given more than once count once: 'fc' -> 'lif'": {"edges": (*EDGES, EDGES[1])},
    "the graph has no Input, one is added at: 'fc'": {"input": None, "edges": EDGES[1:]},
    "the graph has no Output, one is added at: 'lif'": {"output": None, "edges": EDGES[:2]},
    "nothing follows on: 'more'": {"more": lif(), "edges": (*EDGES, ("fc", "more"))},
    "IF has no refractory time in hardware, it is left out of: 'lif'": {
        "lif": node("IF", metadata={"tau_ref": 0.001}, r=ONES, v_threshold=ONES)
    },
    "tau_ref = 0.002 s is what the metadata says of: 'lif'": {
        "lif": node("LIF", metadata={"tau_ref": 0.002}, **LIF)
    },
}


@pytest.mark.parametrize("note", NOTED)
def test_what_was_assumed_is_noted(note, plain):
    network = from_nir(graph(**NOTED[note]), dt=DT)
    assert note in network.notes
    assert note not in plain.notes


def test_ends_that_are_added_are_named_after_their_nodes():
    network = from_nir(graph(input=None, output=None, edges=EDGES[1:2]), dt=DT)
    assert network.inputs[0].name == "input_fc"
    assert network.probes[0].name == "output_lif"


def test_names_become_legal():
    nodes = {"1.lif": lif(), "lif": None}
    edges = (("input", "fc"), ("fc", "1.lif"), ("1.lif", "output"))
    network = from_nir(graph(edges, **nodes), dt=DT)
    assert network.ensembles[0].name == "1_lif"


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


def test_problems_of_a_file_name_the_file(tmp_path):
    path = write(tmp_path / "a.nir", graph(lif=lif(tau=-ONES), edges=(*EDGES, ("x", "lif"))))
    with pytest.raises(ModelError) as refused:
        from_nir(path, dt=DT)
    assert len(refused.value.problems) == 2
    assert all(one.startswith(f"{path}: ") for one in refused.value.problems)


def test_names_from_a_file_cannot_harm_a_terminal(tmp_path):
    path = tmp_path / "a.nir"
    with h5py.File(path, "w") as file:
        file["node/nodes/\x1b[31mred/type"] = "\x07"
        file["node/edges"] = [["\x1b[31mred", "\u202e"]]
    with pytest.raises(ModelError) as refused:
        from_nir(path, dt=DT)
    assert str(refused.value).replace("\n", "").isprintable()
    assert len(refused.value.problems) == 2


WRONG_FILES = {
    "data": (
        lambda file: file.attrs.__setitem__("__type__", "NIRGraphData"),
        r"holds recorded data \(NIRGraphData\), expected a graph as nir.write writes it",
    ),
    "weights": (
        lambda file: file.__setitem__("layers/0", 1),
        "holds no NIR graph, expected the group 'node' with 'nodes' and 'edges'.*found 'layers'",
    ),
    "a single node": (
        lambda file: file.__setitem__("node/type", "LIF"),
        "holds no NIR graph, expected the group 'node'",
    ),
    "nodes without names": (
        lambda file: file.__setitem__("node/nodes", [1]),
        "the graph has nodes without names, expected a group of nodes",
    ),
    "array for a node": (
        lambda file: file.__setitem__("node/nodes/a", [1]),
        "node 'a' is an array, expected a group with a 'type'",
    ),
    "no type": (
        lambda file: file.__setitem__("node/nodes/a/tau", [1]),
        "node 'a' has no type, expected a text 'type', such as 'LIF'",
    ),
    "graph without nodes": (
        lambda file: file.__setitem__("node/nodes/a/type", "NIRGraph"),
        "node 'a' is a NIRGraph without nodes, expected a group 'nodes'",
    ),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_files_that_hold_no_graph_are_refused(name, tmp_path):
    put, message = WRONG_FILES[name]
    with h5py.File(tmp_path / "a.nir", "w") as file:
        put(file)
    with pytest.raises(ModelError, match=f"a.nir:? .*{message}"):
        from_nir(tmp_path / "a.nir", dt=DT)


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


def test_time_is_asked_for():
    with pytest.raises(
        ModelError, match=r"how long a time step is; give it: dt=\.\.\. in Python, --dt"
    ):
        from_nir(graph())


def test_time_is_taken_from_metadata():
    network = from_nir(graph(metadata={"dt": np.float32(0.002)}))
    assert network.dt_s == pytest.approx(0.002)
    assert "dt = 0.002 s is what the metadata says" in network.notes


def test_time_given_goes_before_metadata():
    network = from_nir(graph(metadata={"dt": 0.002}), dt=DT)
    assert network.dt_s == DT
    assert "dt = 0.001 s is used as given, not that of the metadata" in network.notes


def test_metadata_that_disagrees_is_refused():
    given = graph(metadata={"dt": 0.002}, lif=node("LIF", metadata={"dt": 0.001}, **LIF))
    with pytest.raises(
        ModelError, match=r"tells dt = 0.002 s at the graph and 0.001 s at node 'lif'"
    ):
        from_nir(given)
    with pytest.raises(ModelError, match="metadata tells dt = 2 s at the graph, expected at least"):
        from_nir(graph(metadata={"dt": 2.0}))


def test_refractory_times_come_from_metadata_or_the_user():
    given = graph(lif=node("LIF", metadata={"tau_ref": 0.002}, **LIF))
    assert neurons(from_nir(given, dt=DT)).tau_ref_s == 0.002
    assert neurons(from_nir(given, dt=DT, tau_ref_s=0.0)).tau_ref_s == 0
    assert neurons(from_nir(graph(), dt=DT, tau_ref_s=0.003)).tau_ref_s == 0.003
    assert neurons(from_nir(graph(), dt=DT)).tau_ref_s == 0
    with pytest.raises(
        ModelError, match=r"'lif' \(LIF\) has tau_ref = 0.002 s, expected 0 with reset='subtract'"
    ):
        from_nir(given, dt=DT, reset="subtract")


def neurons(network) -> LifNeurons:
    return network.ensembles[0].neurons


def test_inputs_are_values_or_events():
    values = from_nir(graph(), dt=DT, input_range=(0, 2))
    events = from_nir(graph(), dt=DT, input_kind="spike")
    assert (values.inputs[0].kind, values.inputs[0].low[0], values.inputs[0].high[0]) == (
        "value",
        0,
        2,
    )
    assert (events.inputs[0].kind, events.inputs[0].low[0], events.inputs[0].high[0]) == (
        "spike",
        0,
        1,
    )
    np.testing.assert_allclose(weights(values), WEIGHT)
    np.testing.assert_allclose(weights(events), WEIGHT * DT)


def test_events_may_go_straight_to_neurons():
    direct = graph(fc=None, input=port("Input", [3]), edges=(("input", "lif"), ("lif", "output")))
    np.testing.assert_allclose(weights(from_nir(direct, dt=DT, input_kind="spike")), DT * ONES)


def test_rounded_time_constants_are_the_same():
    rounded = lif(tau=0.02 * (1 + np.array([0, 1e-8, 1e-7])))
    assert len(from_nir(graph(lif=rounded), dt=DT).ensembles) == 1
    different = lif(tau=0.02 * (1 + np.array([0, 1e-8, 1e-4])))
    assert len(from_nir(graph(lif=different), dt=DT).ensembles) == 2


def test_sizes_that_differ_are_told_once():
    with pytest.raises(ModelError) as refused:
        from_nir(graph(fc=node("Linear", weight=np.ones((4, 2)))), dt=DT)
    assert len(refused.value.problems) == 1


def test_if_nodes_may_count_in_steps():
    given = graph(lif=node("IF", r=ONES, v_threshold=2 * ONES))
    seconds, steps = from_nir(given, dt=DT), from_nir(given, dt=DT, if_time="step")
    np.testing.assert_allclose(weights(seconds), WEIGHT / 2)
    np.testing.assert_allclose(weights(steps), WEIGHT / 2 / DT)
    assert any(note.startswith("IF nodes add r dt") for note in seconds.notes)
    assert seconds.notes[-1].startswith("voltages start")
    assert any(note.endswith("this far: 'lif' 0.0005") for note in seconds.notes)
    assert not any("IF nodes" in note for note in steps.notes)


def test_filtered_biases_may_be_settled():
    cuba = node("CubaLIF", tau_mem=0.02 * ONES, tau_syn=0.005, v_threshold=ONES)
    given = graph(lif=cuba, fc=node("Affine", weight=WEIGHT, bias=2 * ONES))
    exact, settled = from_nir(given, dt=DT), from_nir(given, dt=DT, filtered_bias="settled")
    assert [e.name for e in exact.ensembles] == ["lif", "constant"]
    assert [e.name for e in settled.ensembles] == ["lif"]
    np.testing.assert_allclose(settled.ensembles[0].bias, 2 * ONES)
    assert sum("filtered_bias='settled'" in note for note in exact.notes) == 1


def test_euler_needs_steps_no_longer_than_the_time_constants():
    cuba = node("CubaLIF", tau_mem=0.02 * ONES, tau_syn=DT * (1 + 1e-8), v_threshold=ONES)
    network = from_nir(graph(lif=cuba), dt=DT, discretization="euler")
    assert network.connections[0].synapse is None
    with pytest.raises(
        ModelError, match=r"'lif' \(CubaLIF\) has tau_syn = 0.001 s, expected at least"
    ):
        from_nir(graph(lif=cuba), dt=2 * DT, discretization="euler")
    with pytest.raises(
        ModelError, match=r"ensembles/lif/tau_rc is 0.02 s, expected above dt, 0.02 s"
    ):
        from_nir(graph(), dt=0.02, discretization="euler")


BAD_OPTIONS = {
    "discretization is 'rk4', expected 'exact' or 'euler'": {"discretization": "rk4"},
    "reset is 'none', expected 'zero' or 'subtract' or 'subtract_late'": {"reset": "none"},
    "input_kind is 'event', expected 'value' or 'spike'": {"input_kind": "event"},
    "if_time is 'ms', expected 'second' or 'step'": {"if_time": "ms"},
    "filtered_bias is None, expected 'exact' or 'settled'": {"filtered_bias": None},
    "dt is 'x', expected a number, at least 1e-09 and at most 1 s": {"dt": "x"},
    "dt is -1, expected a number, at least 1e-09 and at most 1 s": {"dt": -1},
    "dt is nan, expected a number": {"dt": float("nan")},
    "tau_ref_s is -1, expected a number, at least 0 and at most 1000 s": {"tau_ref_s": -1},
    r"input_range is \(1, 0\), expected two numbers, the lower one first": {"input_range": (1, 0)},
    r"input_range is \(0, inf\), expected two": {"input_range": (0, float("inf"))},
    "input_range is 3, expected two numbers": {"input_range": 3},
    "input_range is given, expected none with input_kind='spike'": {
        "input_range": (0, 1),
        "input_kind": "spike",
    },
}


@pytest.mark.parametrize("message", BAD_OPTIONS)
def test_options_that_cannot_be_are_refused(message):
    with pytest.raises(ModelError, match=message):
        from_nir(graph(), **({"dt": DT} | BAD_OPTIONS[message]))
