"""What reaches each spiking node and output, through the linear nodes between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import numpy as np

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.nir import signals
from nef2hw.frontends.nir.convolution import unroll
from nef2hw.frontends.nir.graph import Graph
from nef2hw.frontends.nir.nodes import (
    Affine,
    Convolution,
    Delay,
    Flatten,
    Membrane,
    Node,
    Pool,
    Port,
    Scale,
    placed,
)
from nef2hw.frontends.nir.notes import quoted
from nef2hw.frontends.nir.shapes import image_shape, neighbours, spread
from nef2hw.frontends.nir.signals import Signal
from nef2hw.frontends.nir.time import TimeStep
from nef2hw.frontends.nir.values import Shape, size_of
from nef2hw.model.network import FloatArray

#: Most numbers that all signals hold together (1 GiB), and what a signal's term counts for itself.
MAX_HELD, TERM_NUMBERS = 1 << 27, 64
#: A delay this near a whole number of steps is one.
WHOLE = 1e-6


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Signals into spiking nodes (their current I) and outputs, by name."""

    currents: Mapping[str, Signal]
    outputs: Mapping[str, Signal]


def is_source(node: Node) -> bool:
    """Whether signals begin at the node: at an input, or with spikes."""
    return (isinstance(node, Port) and node.type == "Input") or (
        isinstance(node, Membrane) and node.spikes
    )


def evaluate(
    graph: Graph, shapes: Mapping[str, Shape], time: TimeStep, may_unroll: bool
) -> Evaluated:
    """Follow all signals from sources to spiking nodes and outputs.

    Raises
    ------
    ModelError
        For a cycle without a spiking node, a delay of other than 0 or 1 steps, a convolution that
        may not be unrolled; with everything that is wrong.
    """
    into, _ = neighbours(graph)
    given: dict[str, Signal] = {
        name: signals.source_signal(name, size_of(shapes[name]))
        for name, node in graph.nodes.items()
        if is_source(node)
    }
    collect = Collector()
    held = 0
    for name in _order(graph, into):
        if name not in given and all(pre in given for pre in into[name]):
            node = graph.nodes[name]
            with collect, placed(name, node):
                incoming = signals.add(given[pre] for pre in into[name])
                taken = shapes[into[name][0]]
                given[name] = _through(node, incoming, taken, shapes[name], time, may_unroll)
            held += sum(TERM_NUMBERS + term.matrix.size for term in given.get(name, ()))
            if held > MAX_HELD:
                raise ModelError(
                    f"node {quoted(name)} makes this graph too large to multiply out, expected "
                    "fewer linear nodes in a row, or fewer ways to them"
                )
    collect.check()
    currents = {}
    for name, node in graph.nodes.items():
        if isinstance(node, Membrane) and node.spikes:
            with collect, placed(name, node):
                incoming = signals.add(given[pre] for pre in into[name])
                currents[name] = _synaptic(node, incoming, shapes[name], time)
    collect.check()
    return Evaluated(currents, {name: given[name] for name in graph.outputs})


def _order(graph: Graph, into: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Sort nodes so that each comes after those whose signals it needs."""
    linear = {
        name: [pre for pre in into[name] if not is_source(graph.nodes[pre])]
        for name, node in graph.nodes.items()
        if not is_source(node)
    }
    try:
        return tuple(TopologicalSorter(linear).static_order())
    except CycleError as problem:
        cycle = " -> ".join(map(quoted, problem.args[1]))
        raise ModelError(
            f"the cycle {cycle} has no node that spikes, expected LIF, CubaLIF or IF in every "
            "cycle; without one it is a filter, which LI can be"
        ) from problem


def _through(
    node: Node, incoming: Signal, taken: Shape, shape: Shape, time: TimeStep, may_unroll: bool
) -> Signal:
    """Pass a signal through a linear node."""
    match node:
        case Port() | Flatten():
            return incoming
        case Affine():
            return _with_bias(signals.weigh(incoming, node.weight), node.bias)
        case Scale():
            return signals.scale(incoming, spread(node.scale, shape))
        case Delay():
            return signals.delay(incoming, _steps(spread(node.delay_s, shape) / time.dt_s))
        case Convolution():
            image = image_shape(node, taken)
            assert image is not None
            result = unroll(incoming, node, image, may_unroll)
            bias = node.bias
            return _with_bias(
                result, None if bias is None else np.repeat(bias, size_of(shape) // len(bias))
            )
        case Pool():
            image = image_shape(node, taken)
            assert image is not None
            return unroll(incoming, node, image, may_unroll)
    return _leaky(node, incoming, shape, time)


def _with_bias(signal: Signal, bias: FloatArray | None) -> Signal:
    return signal if bias is None else signals.add([signal, signals.constant_signal(bias)])


def _steps(steps: FloatArray) -> FloatArray:
    whole = np.rint(steps)
    wrong = (np.abs(steps - whole) > WHOLE) | (whole > 1)
    if wrong.any():
        raise ModelError(
            f"delays by {steps[wrong][0]:g} steps, expected 0 or 1, the only delays that the "
            "hardware has; take it out, or delay in another node"
        )
    return whole


def _leaky(node: Membrane, incoming: Signal, shape: Shape, time: TimeStep) -> Signal:
    """Filter a signal by a membrane without a threshold; it rests at v_leak."""
    current = _synaptic(node, incoming, shape, time)
    key = "tau_mem" if "tau_mem" in node.values else "tau"
    voltage = signals.lowpass(
        signals.scale(current, spread(node.values["r"], shape)),
        time.effective_taus_s(key, spread(node.values[key], shape)),
    )
    return _with_bias(voltage, spread(node.values["v_leak"], shape))


def _synaptic(node: Membrane, incoming: Signal, shape: Shape, time: TimeStep) -> Signal:
    """Return the current I of a membrane."""
    if "tau_syn" not in node.values:
        return incoming
    return signals.lowpass(
        signals.scale(incoming, spread(node.values["w_in"], shape)),
        time.effective_taus_s("tau_syn", spread(node.values["tau_syn"], shape)),
    )
