"""Populations that stand for the nodes of a graph, under the names they will have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.frontends.names import unique_names
from nef2hw.frontends.nir.content import Content
from nef2hw.frontends.nir.membranes import Spiking
from nef2hw.frontends.nir.notes import Notebook, quoted
from nef2hw.model.network import Endpoint, Ensemble, IfNeurons, IndexArray, locked

#: What brings V to this in every step makes a neuron spike in every step.
CERTAIN = 2.0


@dataclass(frozen=True, eq=False)
class Part:
    """An input or population that holds some of a source's values."""

    end: Endpoint
    members: IndexArray  #: (m,), which of the source's values
    unit: float = 1.0  #: what a value of 1 is for connections


#: By the names of inputs and spiking nodes; None is the constant 1.
Parts = Mapping[str | None, Sequence[Part]]


def find_parts(content: Content, notes: Notebook) -> Parts:
    """Name the populations of all sources."""
    labels: list[tuple[str | None, str]] = [(name, name) for name in content.inputs]
    for name, spiking in content.spiking.items():
        labels += [(name, label) for label in _labels(name, spiking)]
    if content.has_moving_constant:
        labels += [(None, "constant")]
    parts: dict[str | None, list[Part]] = {source: [] for source, _ in labels}
    for (source, _), name in zip(
        labels, unique_names((label for _, label in labels), "x"), strict=True
    ):
        parts[source].append(_part(content, source, name, len(parts[source])))
    for source, found in parts.items():
        if source is not None and len(found) > 1:
            notes.add(
                "nodes with several time constants are several populations",
                f"{quoted(source)} is {' '.join(part.end.name for part in found)}",
            )
    return parts


def ensembles(content: Content, parts: Parts) -> Iterator[Ensemble]:
    """Make the populations of all spiking nodes, and of the constant if it is needed."""
    for name, spiking in content.spiking.items():
        bias = spiking.bias + spiking.factor * content.bias_of(
            content.currents[name], len(spiking.bias)
        )
        for part, population in zip(parts[name], spiking.populations, strict=True):
            voltage = spiking.voltage_init[part.members]
            yield Ensemble(
                part.end.name,
                gain=locked(np.ones(len(part.members))),
                bias=locked(bias[part.members]),
                neurons=population.neurons,
                voltage_init=locked(voltage) if voltage.any() else None,
            )
    for part in parts.get(None, ()):
        yield _constant(part.end.name, content.dt_s)


def _constant(name: str, dt_s: float) -> Ensemble:
    """Make a neuron that spikes in every step, so that what it gives is the constant 1."""
    return Ensemble(
        name,
        gain=locked(np.ones(1)),
        bias=locked(np.full(1, CERTAIN / dt_s)),
        neurons=IfNeurons(amplitude=dt_s),
    )


def _labels(name: str, spiking: Spiking) -> list[str]:
    if len(spiking.populations) == 1:
        return [name]
    return [f"{name}_{k}" for k in range(len(spiking.populations))]


def _part(content: Content, source: str | None, name: str, count: int) -> Part:
    if source is None:
        return Part(Endpoint(name, neurons=True), np.arange(1))
    if source in content.inputs:
        given = content.inputs[source]
        unit = 1 / content.dt_s if given.kind == "spike" else 1.0
        return Part(Endpoint(name), np.arange(given.size), unit)
    members = np.flatnonzero(content.spiking[source].populations[count].members)
    return Part(Endpoint(name, neurons=True), members)
