"""A drawing of a network: inputs on the left, what is read on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

#: Of a box, and from one to the next, in pixels.
WIDTH, HEIGHT, ACROSS, DOWN, MARGIN = 124, 46, 190, 66, 12
#: Free space between columns, and how far below a box a line runs that passes others.
GAP, BELOW = ACROSS - WIDTH, 10
#: Where lines reach a box, below its top: those to the right, and those back.
ON, BACK = 23, 34
#: Letters of a name that a box has room for, and of the smaller ones below it.
LETTERS, SMALL_LETTERS = 15, 19


@dataclass(frozen=True)
class Edge:
    """A connection between two boxes."""

    pre: str
    post: str
    title: str


@dataclass(frozen=True)
class Box:
    """A part of a network."""

    name: str
    detail: str


def draw_network(semantics: Mapping[str, Any]) -> str:
    """Draw inputs, ensembles, probes and connections of what the report says of a model."""
    boxes, edges = _boxes(semantics), _edges(semantics)
    places = _places(boxes, edges)
    wide = max((x for x, _ in places.values()), default=0) + WIDTH + GAP // 2
    high = max((y for _, y in places.values()), default=0) + HEIGHT + MARGIN
    lines = [_line(edge, places) for edge in edges if {edge.pre, edge.post} <= places.keys()]
    drawn = [_draw(box, *places[key]) for key, box in boxes.items()]
    return (
        f'<svg class="network" role="img" aria-label="the network" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}">\n<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" '
        'style="fill:currentColor;stroke:none;opacity:1"/></marker></defs>\n'
        f"{''.join(lines)}{''.join(drawn)}</svg>"
    )


def _boxes(semantics: Mapping[str, Any]) -> dict[str, Box]:
    boxes = {
        name: Box(name, f"{given['kind']} input, {given['size']}")
        for name, given in semantics["inputs"].items()
    }
    for name, given in semantics["ensembles"].items():
        boxes[name] = Box(name, f"{given['neurons']} {given['neuron_type']}")
    for name, given in semantics["probes"].items():
        boxes[f"probes/{name}"] = Box(name, f"probe, {given['size']}")
    return boxes


def _edges(semantics: Mapping[str, Any]) -> list[Edge]:
    edges = [
        Edge(_part(given["pre"]), _part(given["post"]), f"{name}, {_synapse(given)}")
        for name, given in semantics["connections"].items()
    ]
    for name, given in semantics["probes"].items():
        if "synapse" in given:
            title = f"{name}, {_synapse(given)}"
            edges.append(Edge(_part(given["target"]), f"probes/{name}", title))
    return edges


def _synapse(given: Mapping[str, Any]) -> str:
    return f"synapse {given['synapse']}, delay {given['delay']}"


def _part(end: str) -> str:
    return end.removesuffix(".neurons")


def _places(boxes: Mapping[str, Box], edges: Sequence[Edge]) -> dict[str, tuple[int, int]]:
    """Put every box one column right of the first that leads to it, probes in the last one."""
    columns = {key: 0 for key in boxes if not any(edge.post == key for edge in edges)}
    columns = columns or dict.fromkeys(list(boxes)[:1], 0)
    reached = list(columns)
    for key in reached:
        for edge in edges:
            if edge.pre == key and edge.post in boxes and edge.post not in columns:
                columns[edge.post] = columns[key] + 1
                reached.append(edge.post)
    last = max(columns.values())
    rows = [0] * (last + 1)
    places = {}
    for key in boxes:
        column = last if key.startswith("probes/") else columns.get(key, 0)
        places[key] = (MARGIN + ACROSS * column, MARGIN + 10 + DOWN * rows[column])
        rows[column] += 1
    return places


def _line(edge: Edge, places: Mapping[str, tuple[int, int]]) -> str:
    path = _path(*places[edge.pre], *places[edge.post])
    return f'<path d="{path}" marker-end="url(#tip)"><title>{escape(edge.title)}</title></path>\n'


def _path(x0: int, y0: int, x1: int, y1: int) -> str:
    """Lead from a box to another, or back to itself, through the space between boxes."""
    if (x0, y0) == (x1, y1):
        right = x0 + WIDTH
        return f"M{right - 30} {y0}C{right - 30} {y0 - 22} {right + 4} {y0 - 22} {right - 8} {y0}"
    if x0 == x1:
        right, beside = x0 + WIDTH, x0 + WIDTH + GAP // 2
        return f"M{right} {y0 + BACK}C{beside} {y0 + BACK} {beside} {y1 + BACK} {right} {y1 + BACK}"
    on = x1 > x0
    start, end = (x0 + WIDTH, x1) if on else (x0, x1 + WIDTH)
    first, last = (y0 + ON, y1 + ON) if on else (y0 + BACK, y1 + BACK)
    if abs(x1 - x0) == ACROSS:
        return f"M{start} {first}{_bend(start, first, end, last)}"
    low, step = y1 + HEIGHT + BELOW, GAP if on else -GAP
    down, up = _bend(start, first, start + step, low), _bend(end - step, low, end, last)
    return f"M{start} {first}{down}H{end - step}{up}"


def _bend(x0: int, y0: int, x1: int, y1: int) -> str:
    """Go on to another height, level at both ends."""
    middle = (x0 + x1) // 2
    return f"C{middle} {y0} {middle} {y1} {x1} {y1}"


def _draw(box: Box, x: int, y: int) -> str:
    name = box.name if len(box.name) <= LETTERS else box.name[: LETTERS - 1] + "…"
    middle = x + WIDTH // 2
    wide = len(box.detail) > SMALL_LETTERS
    fitted = f' textLength="{WIDTH - 10}" lengthAdjust="spacingAndGlyphs"' * wide
    return (
        f'<g><title>{escape(box.name)}: {escape(box.detail)}</title><rect x="{x}" y="{y}" '
        f'width="{WIDTH}" height="{HEIGHT}" rx="6"/><text x="{middle}" y="{y + 20}" '
        f'text-anchor="middle">{escape(name)}</text><text class="small" x="{middle}" '
        f'y="{y + 36}" text-anchor="middle"{fitted}>{escape(box.detail)}</text></g>\n'
    )
