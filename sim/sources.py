"""What a network on a core may lose accuracy by: kinds of rounding and limits, place by place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.compiler.compartments import REMAINDER
from nef2hw.program.network import Compartment, Population, QuantizedNetwork

IndexArray = npt.NDArray[np.intp]

CODING = "input coding"  #: values of an input, rounded to its planes
WEIGHTS = "weights"  #: of a connection
SYNAPSE = "synapse"  #: constants of a filter
BIAS = "bias"
CURRENT = "current"  #: filtered states, and their parts in the sum, rounded
SATURATION = "saturation"  #: values beyond an input's range, currents beyond their format
VOLTAGE = "voltage"  #: membrane voltage and its decay, rounded
REFRACTORY = "refractory"  #: time within a step at which a spike was, rounded

KINDS = (CODING, WEIGHTS, SYNAPSE, BIAS, CURRENT, SATURATION, VOLTAGE, REFRACTORY)


@dataclass(frozen=True)
class Source:
    """One kind of rounding, or of a limit, at one place."""

    kind: str  #: of `KINDS`
    place: str  #: such as ``connections/a-b`` or ``ensembles/a``

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind} of {self.place}"


@dataclass(frozen=True)
class Switches:
    """Which of several variants of a network, side by side, have which sources."""

    variants: Sequence[Collection[Source]]

    def __len__(self) -> int:
        """Number of variants."""
        return len(self.variants)

    def rows(self, kind: str, place: str) -> IndexArray:
        """Indices of the variants that have a source."""
        source = Source(kind, place)
        found = [k for k, switched_on in enumerate(self.variants) if source in switched_on]
        return np.array(found, dtype=np.intp)


def place_of(population: Population) -> str:
    """Name a population as the parts of a model are named."""
    return f"ensembles/{population.name}" if population.neurons is not None else population.name


def place_of_connection(name: str) -> str:
    """Name a connection as the parts of a model are named."""
    name = name.removesuffix(REMAINDER)
    return name if "/" in name else f"connections/{name}"


def place_of_synapse(index: int, population: Population) -> str:
    """Name a filter by the connections that share it."""
    compartment: Compartment = population.compartments[index]
    if not compartment.projections and compartment.coupling is not None:
        compartment = population.compartments[compartment.coupling.partner]
    names = dict.fromkeys(place_of_connection(p.name) for p in compartment.projections)
    return " + ".join(names)


def sources_of(network: QuantizedNetwork) -> tuple[Source, ...]:
    """List everything that makes the integers differ from the float network."""
    found: dict[Source, None] = {}
    for port in network.inputs:
        if not port.spiking:
            place = f"inputs/{port.name}"
            found |= {Source(CODING, place): None, Source(SATURATION, place): None}
    for population in network.populations:
        found |= dict.fromkeys(_of_population(population))
    return tuple(found)


def _of_population(population: Population) -> list[Source]:
    found = []
    for index, compartment in enumerate(population.compartments):
        found += [Source(WEIGHTS, place_of_connection(p.name)) for p in compartment.projections]
        if compartment.leak_code is not None:
            found.append(Source(SYNAPSE, place_of_synapse(index, population)))
    place = place_of(population)
    found += [Source(BIAS, place), Source(CURRENT, place)]
    neurons = population.neurons
    if neurons is not None:
        found += [Source(SATURATION, place), Source(VOLTAGE, place)]
        if not neurons.integrate and not neurons.subtract:
            found.append(Source(REFRACTORY, place))
    return found
