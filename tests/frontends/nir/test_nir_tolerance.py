"""Graphs from the wild: what is plainly meant is taken, and what was assumed is noted."""

import numpy as np
import pytest

from nef2hw.frontends.nir import from_nir
from nef2hw.model.npz import load_model
from tests.frontends.nir.files import h5py, write
from tests.frontends.nir.objects import (
    DT,
    EDGES,
    LIF,
    ONES,
    WEIGHT,
    graph,
    lif,
    node,
    port,
    weights,
)


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


def test_rounded_time_constants_are_the_same():
    rounded = lif(tau=0.02 * (1 + np.array([0, 1e-8, 1e-7])))
    assert len(from_nir(graph(lif=rounded), dt=DT).ensembles) == 1
    different = lif(tau=0.02 * (1 + np.array([0, 1e-8, 1e-4])))
    assert len(from_nir(graph(lif=different), dt=DT).ensembles) == 2
