"""One graph without graphs inside: checked nodes, and edges between nodes that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.nir.nodes import Node, Port, metadata_number, read_node
from nef2hw.frontends.nir.notes import Notebook, quoted
from nef2hw.frontends.nir.raw import RawGraph, RawNode
from nef2hw.model.fields import suggestion

Edge = tuple[str, str]

#: Most nodes of a graph, those of nested ones included.
MAX_NODES = 1024


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in the order of their names, and edges, each once."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]

    @property
    def inputs(self) -> dict[str, Port]:
        """What values come in by."""
        return self._ports("Input")

    @property
    def outputs(self) -> dict[str, Port]:
        """What is read out."""
        return self._ports("Output")

    def _ports(self, kind: str) -> dict[str, Port]:
        return {
            name: node
            for name, node in self.nodes.items()
            if isinstance(node, Port) and node.type == kind
        }


def read_graph(raw: RawGraph, notes: Notebook) -> Graph:
    """Take nested graphs apart, check all nodes, and complete what is plainly meant.

    Raises
    ------
    ModelError
        With everything that is wrong: nodes of a type that cannot be, values out of range, edges
        that lead nowhere.
    """
    collect = Collector()
    nodes: dict[str, RawNode] = {}
    edges: dict[Edge, int] = {}
    for name, node in _nodes(raw, ""):
        if name in nodes:
            collect.problems.append(
                f"two nodes are called {quoted(name)}, with the names of nested graphs before "
                "those inside; call one otherwise"
            )
        nodes[name] = node
    if len(nodes) > MAX_NODES:
        raise ModelError(f"the graph has {len(nodes)} nodes, the limit is {MAX_NODES}")
    for edge in _edges(raw, "", collect):
        edges[edge] = edges.get(edge, 0) + 1
    for (pre, post), times in edges.items():
        if times > 1:
            notes.add("edges given more than once count once", f"{quoted(pre)} -> {quoted(post)}")
    names = sorted(nodes)
    read = collect.each(names, lambda name: (name, read_node(name, nodes[name], notes)))
    collect.check()
    graph = Graph(dict(read), tuple(sorted(edges)))
    return _checked(_with_ends(graph, notes), notes)


def metadata_values(raw: RawGraph, key: str) -> dict[str, float]:
    """Return a number of metadata by what holds it."""
    found = {
        place: metadata_number(place, holder.metadata, key)
        for place, holder in (("the graph", raw), *_everything(raw, ""))
    }
    return {place: number for place, number in found.items() if number is not None}


def _everything(graph: RawGraph, prefix: str) -> Iterator[tuple[str, RawNode | RawGraph]]:
    for name, node in graph.nodes.items():
        yield f"node {quoted(prefix + name)}", node
        if isinstance(node, RawGraph):
            yield from _everything(node, f"{prefix}{name}.")


def _nodes(graph: RawGraph, prefix: str) -> Iterator[tuple[str, RawNode]]:
    """Return all nodes that are no graphs; the borders of nested graphs pass on what they get."""
    for name, node in graph.nodes.items():
        if isinstance(node, RawGraph):
            yield from _nodes(node, f"{prefix}{name}.")
        elif prefix and node.type in ("Input", "Output"):
            yield f"{prefix}{name}", RawNode("Identity", node.values, node.metadata)
        else:
            yield f"{prefix}{name}", node


def _edges(graph: RawGraph, prefix: str, collect: Collector) -> Iterator[Edge]:
    for pre, post in graph.edges:
        with collect:
            yield _end(graph, prefix, (pre, post), 0), _end(graph, prefix, (pre, post), 1)
    for name, node in graph.nodes.items():
        if isinstance(node, RawGraph):
            yield from _edges(node, f"{prefix}{name}.", collect)


def _end(graph: RawGraph, prefix: str, edge: Edge, side: int) -> str:
    """Return the node that an end of an edge means: of a nested graph, its output or input."""
    name, place = edge[side], f"edge {quoted(edge[0])} -> {quoted(edge[1])}"
    if name not in graph.nodes:
        inside = f" of {quoted(prefix[:-1])}" if prefix else ""
        raise ModelError(
            f"{place}{inside}: there is no node {quoted(name)}, expected one of "
            f"{', '.join(map(quoted, list(graph.nodes)[:20])) or 'none'}"
            f"{suggestion(name, graph.nodes)}"
        )
    node = graph.nodes[name]
    if not isinstance(node, RawGraph):
        return prefix + name
    kind = ("Output", "Input")[side]
    ports = _borders(node, kind)
    if len(ports) != 1:
        raise ModelError(
            f"{place}: the graph {quoted(prefix + name)} has {len(ports)} nodes of type {kind}"
            f"{': ' * bool(ports)}{', '.join(map(quoted, ports))}, expected one"
        )
    inner = node.nodes[ports[0]]
    if isinstance(inner, RawGraph):
        return _end(node, f"{prefix}{name}.", (ports[0], ports[0]), side)
    return f"{prefix}{name}.{ports[0]}"


def _borders(graph: RawGraph, kind: str) -> list[str]:
    """Return the inputs or outputs of a nested graph; without any, the nodes at its border."""
    ports = [
        name
        for name, node in graph.nodes.items()
        if isinstance(node, RawNode) and node.type == kind
    ]
    joined = {edge[kind == "Input"] for edge in graph.edges}
    return ports or [name for name in graph.nodes if name not in joined]


def _with_ends(graph: Graph, notes: Notebook) -> Graph:
    """Add an input before, or an output after, what has none, where there is none at all."""
    nodes, edges = dict(graph.nodes), list(graph.edges)
    for kind, side, ends in (("Input", 1, graph.inputs), ("Output", 0, graph.outputs)):
        if ends:
            continue
        joined = {edge[side] for edge in graph.edges}
        for name in [name for name in graph.nodes if name not in joined]:
            end = f"{kind.lower()}_{name}"
            while end in nodes:
                end += "_"
            nodes[end] = Port(kind, None)
            edges.append((end, name) if kind == "Input" else (name, end))
            notes.add(f"the graph has no {kind}, one is added at", quoted(name))
    return Graph(nodes, tuple(edges))


def _checked(graph: Graph, notes: Notebook) -> Graph:
    """Refuse a graph without inputs or outputs, and nodes that nothing reaches."""
    collect = Collector()
    sources, targets = ({edge[side] for edge in graph.edges} for side in (0, 1))
    for kind, ends in (("Input", graph.inputs), ("Output", graph.outputs)):
        if not ends:
            collect.problems.append(
                f"the graph has no {kind}, and no node where one could be; add a node {kind}"
            )
    for name in graph.nodes:
        if name not in targets and name not in graph.inputs:
            collect.problems.append(
                f"node {quoted(name)} is reached by no edge; join it to an input, or take it out"
            )
        elif name not in sources and name not in graph.outputs:
            notes.add("nothing follows on", quoted(name))
    for pre, post in graph.edges:
        if post in graph.inputs:
            collect.problems.append(
                f"edge {quoted(pre)} -> {quoted(post)} leads into an Input; expected it to lead "
                "into another node"
            )
    collect.check()
    return graph
