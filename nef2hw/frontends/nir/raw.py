"""NIR graphs as they come, from a file or from objects of the package ``nir``, unchecked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.hdf5 import Hdf5Group, Hdf5Value, read_hdf5

#: Deepest nesting of graphs.
MAX_DEPTH = 16

GRAPH = "NIRGraph"
#: What objects of the package have besides their own values.
_NOT_VALUES = ("input_type", "output_type", "metadata", "nodes", "edges")
#: Where objects that have a shape keep it, and under which key.
_SHAPES = {"Input": ("input_type", "input"), "Output": ("output_type", "output")}


@dataclass(frozen=True, eq=False)
class RawNode:
    """A node: its type, and values that may be anything."""

    type: str
    values: Mapping[str, Any]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class RawGraph:
    """Nodes by name, some of them graphs, and edges between names."""

    nodes: Mapping[str, RawNode | RawGraph]
    edges: tuple[tuple[str, str], ...]
    metadata: Mapping[str, Any]


def read_source(source: Any) -> RawGraph:
    """Read a ``.nir`` file, or an object like ``nir.NIRGraph``.

    Raises
    ------
    ModelError
        For a file that is refused, or an object that is no graph.
    """
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source))
    if not hasattr(source, "nodes") or not hasattr(source, "edges"):
        raise ModelError(
            f"a {type(source).__name__} is no NIR graph, expected a nir.NIRGraph, or the path of "
            "a .nir file"
        )
    return _graph_of_object(source, "the graph", 0)


def _read_file(path: Path) -> RawGraph:
    root = read_hdf5(path, ModelError)
    if root.attributes.get("__type__") == "NIRGraphData":
        raise ModelError(
            f"{path} holds recorded data (NIRGraphData), expected a graph as nir.write writes it"
        )
    node = root.members.get("node", root)
    if not isinstance(node, Hdf5Group) or "nodes" not in node.members:
        raise ModelError(
            f"{path} holds no NIR graph, expected the group 'node' with 'nodes' and 'edges', as "
            f"nir.write writes it; found {', '.join(map(repr, root.members)) or 'nothing'}"
        )
    return _graph_of_group(node, "the graph", 0)


def _graph_of_group(group: Hdf5Group, place: str, depth: int) -> RawGraph:
    _check_depth(place, depth)
    nodes = group.members["nodes"]
    if not isinstance(nodes, Hdf5Group):
        raise ModelError(f"{place} has nodes without names, expected a group of nodes")
    return RawGraph(
        {name: _node_of_group(name, node, depth) for name, node in nodes.members.items()},
        _edges(group.members.get("edges", ()), place),
        _values(group, "metadata"),
    )


def _node_of_group(name: str, node: Hdf5Group | Hdf5Value, depth: int) -> RawNode | RawGraph:
    place = f"node {name!r}"
    if not isinstance(node, Hdf5Group):
        raise ModelError(f"{place} is an array, expected a group with a 'type'")
    kind = node.members.get("type", GRAPH if "nodes" in node.members else None)
    if not isinstance(kind, str):
        raise ModelError(f"{place} has no type, expected a text 'type', such as 'LIF'")
    if kind == GRAPH:
        if "nodes" not in node.members:
            raise ModelError(f"{place} is a {GRAPH} without nodes, expected a group 'nodes'")
        return _graph_of_group(node, place, depth + 1)
    values = {key: value for key, value in node.members.items() if key not in ("type", "metadata")}
    return RawNode(kind, values, _values(node, "metadata"))


def _values(group: Hdf5Group, name: str) -> Mapping[str, Any]:
    found = group.members.get(name)
    return found.members if isinstance(found, Hdf5Group) else {}


def _graph_of_object(graph: Any, place: str, depth: int) -> RawGraph:
    _check_depth(place, depth)
    if not isinstance(graph.nodes, Mapping):
        raise ModelError(f"{place} has nodes without names, expected a dict of nodes")
    return RawGraph(
        {str(name): _node_of_object(str(name), node, depth) for name, node in graph.nodes.items()},
        _edges(graph.edges, place),
        _metadata(graph),
    )


def _node_of_object(name: str, node: Any, depth: int) -> RawNode | RawGraph:
    kind = type(node).__name__
    if kind == GRAPH:
        return _graph_of_object(node, f"node {name!r}", depth + 1)
    values = {key: value for key, value in vars(node).items() if key not in _NOT_VALUES}
    if kind in _SHAPES:
        attribute, key = _SHAPES[kind]
        declared = getattr(node, attribute, None)
        values["shape"] = declared.get(key) if isinstance(declared, Mapping) else None
    return RawNode(
        kind,
        {key: value for key, value in values.items() if value is not None},
        _metadata(node),
    )


def _metadata(node: Any) -> Mapping[str, Any]:
    found = getattr(node, "metadata", None)
    return found if isinstance(found, Mapping) else {}


def _edges(found: Any, place: str) -> tuple[tuple[str, str], ...]:
    """Read pairs of names; numbers and bytes stand for the names they spell."""
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise ModelError(f"{place} has edges that are no list, expected pairs of names")
    edges = []
    for edge in found:
        if isinstance(edge, np.ndarray):
            edge = edge.tolist()
        if not isinstance(edge, (tuple, list)) or len(edge) != 2:
            raise ModelError(f"{place} has the edge {edge!r}, expected a pair of names")
        edges.append((_name(edge[0]), _name(edge[1])))
    return tuple(edges)


def _name(found: Any) -> str:
    return found.decode(errors="replace") if isinstance(found, bytes) else str(found)


def _check_depth(place: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ModelError(f"{place} lies {depth} graphs deep, the limit is {MAX_DEPTH}")
