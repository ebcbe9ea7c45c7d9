"""From a NIR graph to a TrainedNetwork, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.electrical import NO_FLOOR
from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nir.content import Content
from nef2hw.frontends.nir.evaluate import Evaluated, evaluate
from nef2hw.frontends.nir.graph import Graph, metadata_values, read_graph
from nef2hw.frontends.nir.links import Link, links_into, read_out
from nef2hw.frontends.nir.membranes import read_spiking
from nef2hw.frontends.nir.nodes import Membrane, placed
from nef2hw.frontends.nir.notes import Notebook, quoted
from nef2hw.frontends.nir.options import Options
from nef2hw.frontends.nir.parts import ensembles, find_parts
from nef2hw.frontends.nir.raw import read_source
from nef2hw.frontends.nir.recurrence import late_edges
from nef2hw.frontends.nir.shapes import find_shapes
from nef2hw.frontends.nir.signals import Signal, Term, add
from nef2hw.frontends.nir.time import find_time
from nef2hw.frontends.nir.values import Shape, size_of
from nef2hw.model.network import PROBES, Connection, Input, TrainedNetwork, locked
from nef2hw.model.npz import model_arrays
from nef2hw.model.parse import model_problems

#: Range of an input of values whose user gives none.
DEFAULT_RANGE = (-1.0, 1.0)


def convert(source: Any, options: Options) -> TrainedNetwork:
    """Read, check, evaluate, build."""
    raw = read_source(source)
    notes = Notebook()
    collect = Collector()
    with collect:
        time = find_time(options, metadata_values(raw, "dt"), notes)
    with collect:
        graph = read_graph(raw, notes)
    collect.check()
    shapes = find_shapes(graph)
    membranes = {
        name: node
        for name, node in graph.nodes.items()
        if isinstance(node, Membrane) and node.spikes
    }
    spiking = {}
    for name, node in membranes.items():
        with collect, placed(name, node):
            spiking[name] = read_spiking(name, node, shapes[name], time, options, notes)
    with collect:
        evaluated = evaluate(graph, shapes, time, options.unroll)
    collect.check()
    inputs = {name: _input(name, shapes[name], options) for name in graph.inputs}
    signals = _with_late_spikes(graph, evaluated, notes)
    if options.filtered_bias == "settled":
        signals = _settled(signals)
    content = Content(time.dt_s, inputs, spiking, signals.currents, signals.outputs)
    network = _build(content, notes)
    _note_meaning(content, options, notes)
    network = replace(network, notes=notes.texts())
    problems = model_problems(model_arrays(network))
    if problems:
        raise ModelError("\n".join(problems))
    return network


def _input(name: str, shape: Shape, options: Options) -> Input:
    """Make an input; spikes are 0 or 1."""
    size = size_of(shape)
    kind = options.input_kind or "value"
    low, high = (0.0, 1.0) if kind == "spike" else options.input_range or DEFAULT_RANGE
    return Input(name, size, kind, locked(np.full(size, low)), locked(np.full(size, high)))


def _with_late_spikes(graph: Graph, evaluated: Evaluated, notes: Notebook) -> Evaluated:
    """Delay spikes by one step where they would go in circles within one."""
    spiking = evaluated.currents
    edges = [
        (str(term.source), name)
        for name, signal in spiking.items()
        for term in signal
        if term.source is not None and not term.delay
    ]
    late = late_edges(spiking, graph.inputs, edges)
    for pre, post in sorted(late):
        notes.add(
            "recurrent spikes arrive one step after they were fired",
            f"{quoted(pre)} -> {quoted(post)}",
        )
    return Evaluated(
        {
            name: add(
                (replace(term, delay=1) if _is_late(term, name, late) else term,) for term in signal
            )
            for name, signal in spiking.items()
        },
        evaluated.outputs,
    )


def _is_late(term: Term, post: str, late: set[tuple[str, str]]) -> bool:
    return not term.delay and (str(term.source), post) in late


def _settled(signals: Evaluated) -> Evaluated:
    """Let constants be from the first step what filters and delays bring them to."""

    def still(signal: Signal) -> Signal:
        return add(
            (replace(term, taus_s=(), delay=0) if term.source is None else term,) for term in signal
        )

    return Evaluated(
        {name: still(signal) for name, signal in signals.currents.items()},
        {name: still(signal) for name, signal in signals.outputs.items()},
    )


def _build(content: Content, notes: Notebook) -> TrainedNetwork:
    """Make populations, connections and probes.

    Raises
    ------
    ModelError
        With every signal that no connection or probe can be.
    """
    parts = find_parts(content, notes)
    collect = Collector()
    links = collect.each(content.spiking, lambda name: links_into(name, content, parts))
    names = unique_names(content.outputs, "output")
    readings = collect.each(
        zip(content.outputs, names, strict=True), lambda one: read_out(*one, content, parts)
    )
    collect.check()
    return TrainedNetwork(
        content.dt_s,
        tuple(replace(one, name=parts[name][0].end.name) for name, one in content.inputs.items()),
        tuple(ensembles(content, parts)),
        _named([link for found in (*links, *(found for _, found in readings)) for link in found]),
        tuple(probe for probe, _ in readings),
    )


def _named(links: Sequence[Link]) -> tuple[Connection, ...]:
    labels = (f"{link.pre.name}_to_{link.post.name.removeprefix(PROBES)}" for link in links)
    names = unique_names(labels, "connection")
    return tuple(link.named(name) for link, name in zip(links, names, strict=True))


def _note_meaning(content: Content, options: Options, notes: Notebook) -> None:
    """Say what was assumed where the user said nothing."""
    if options.input_kind is None:
        low, high = options.input_range or DEFAULT_RANGE
        notes.add(
            f"inputs are values, from {low:g} to {high:g}, a spike is a 1; input_range=(low, high) "
            "gives another range, input_kind='spike' takes events of 0 or 1 only"
        )
    if options.reset is None:
        notes.add(
            "a spike sets v to v_reset in its step; reset='subtract' takes the threshold from v, "
            "'subtract_late' does it a step later, which is what snnTorch does by default"
        )
    if content.has_moving_constant:
        notes.add(
            "biases that pass a filter come from a neuron that spikes in every step; "
            "filtered_bias='settled' does without, and lets them be there from the first step"
        )
    notes.add(
        "voltages start at v_leak, at the threshold at most, without a leak at v_reset; they have "
        f"no floor (min_voltage {NO_FLOOR:g}); hardware holds "
        "them down to about -128 thresholds"
    )
