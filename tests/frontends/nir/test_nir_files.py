"""Files that hold no graph, or a bad one."""

import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nir import from_nir
from tests.frontends.nir.files import h5py, write
from tests.frontends.nir.objects import DT, EDGES, ONES, graph, lif


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
