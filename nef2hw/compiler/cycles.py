"""The clock cycles that a step takes, and what they are spent on.

The cycles are counted exactly, for given inputs and spikes, by a model of the
core's control. Update and delivery overlap between barriers, so that a step
takes, summed over the levels, little more than the longer of these terms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nef2hw.compiler.clock.clock import Clock
from nef2hw.compiler.source_rows import used_words
from nef2hw.program.config import CoreConfig
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Compartment, InputPort, Population, QuantizedNetwork
from nef2hw.program.planes import plane_places, relay_places
from nef2hw.program.program import Program
from nef2hw.program.words import VALUES_PER_WORD


def count_cycles(
    program: Program,
    codes: Mapping[str, CodeArray],
    spikes: Mapping[str, npt.NDArray[Any]],
    relayed: Mapping[str, CodeArray] | None = None,
) -> CodeArray:
    """Count the cycles of every step after a reset, as long as nobody stalls the core.

    Parameters
    ----------
    codes
        (steps, size) codes of every input.
    spikes
        (steps, n) spikes of every spiking population in these steps.
    relayed
        (steps, n) codes of every population of values that are relayed, if there is one.

    Returns
    -------
    (steps,) int64
    """
    clock = Clock(program)
    steps = min(len(rows) for rows in codes.values())
    given = (codes, spikes, relayed or {})
    counts = [
        clock.step(*({name: rows[n] for name, rows in group.items()} for group in given))
        for n in range(steps)
    ]
    return np.array(counts, dtype=np.int64)


def silent_cycles(program: Program) -> int:
    """Count the cycles of a step in which nothing fires and no input has changed."""
    network, steps = program.network, 3
    codes = {port.name: np.zeros((steps, port.size), dtype=np.int64) for port in network.inputs}
    spikes = {p.name: np.zeros((steps, p.size), dtype=np.int64) for p in spiking(network)}
    relayed = {p.name: np.zeros((steps, p.size), dtype=np.int64) for p in _relayed(network)}
    return int(count_cycles(program, codes, spikes, relayed)[-1])


def busiest_cycles(program: Program) -> int:
    """Count the cycles of a step in which all neurons fire, and all bits of all values are set."""
    network = program.network
    codes = {
        port.name: np.full((1, port.size), (1 << port.planes) - 1, dtype=np.int64)
        for port in network.inputs
    }
    spikes = {p.name: np.full((1, p.size), _most(p, network)) for p in spiking(network)}
    top = (1 << network.formats.relay_planes) - 1
    relayed = {p.name: np.full((1, p.size), top, dtype=np.int64) for p in _relayed(network)}
    return int(count_cycles(program, codes, spikes, relayed)[0])


@dataclass(frozen=True)
class Activity:
    """Events of each source in one step: spikes, or set bits of an input's or relay's planes."""

    events: Mapping[str, float]


class Laid(Protocol):
    """A network, and the core that it is laid out for."""

    @property
    def network(self) -> QuantizedNetwork:
        """What is computed."""

    @property
    def config(self) -> CoreConfig:
        """The structure of the core."""


@dataclass(frozen=True)
class LevelCycles:
    """Cycles between two barriers; the longer of the two counts."""

    update: float  #: rows of neurons that enter, once for each compartment
    delivery: float  #: words of rows, words taken, words of planes
    relays: float = 0  #: words of rows and of planes of relays, which are delivered before


@dataclass(frozen=True)
class StepCycles:
    """What the cycles of a step are spent on."""

    inputs: float  #: delivery of inputs that reach neurons in the same step
    levels: tuple[LevelCycles, ...]


def silence(program: Laid) -> Activity:
    """Nothing fires and no input changes."""
    return Activity(dict.fromkeys(sources(program.network), 0))


def uproar(program: Laid) -> Activity:
    """Every neuron fires as often as it can and every bit of every value is set."""
    network = program.network
    bits = {port.name: port.size * port.planes for port in network.inputs}
    spikes = {p.name: p.size * _most(p, network) for p in spiking(network)}
    relays = {relay.name: relay.size * network.formats.relay_planes for relay in network.relays}
    return Activity({**bits, **spikes, **relays})


def observed(
    program: Program,
    codes: Mapping[str, CodeArray],
    spikes: Mapping[str, npt.NDArray[Any]],
    relayed: Mapping[str, CodeArray] | None = None,
) -> Activity:
    """Mean events per step of inputs, spikes and relayed values, (steps, n) each."""
    network = program.network
    inputs = {port.name: _mean_bits(port, codes[port.name]) for port in network.inputs}
    relays = {}
    for relay in network.relays:
        values = (relayed or {})[relay.population][:, relay.first : relay.first + relay.size]
        relays[relay.name] = float(_bits(values, network.formats.relay_planes).mean())
    fired = {name: float(s.sum(1).mean()) for name, s in spikes.items()}
    return Activity({**inputs, **fired, **relays})


def synaptic_operations(network: QuantizedNetwork, activity: Activity) -> float:
    """Count the weights that are added in a step with the given activity."""
    return sum(
        activity.events[projection.pre] * population.size
        for population in network.populations
        for compartment in population.compartments
        for projection in compartment.projections
    )


def step_cycles(program: Laid, activity: Activity) -> StepCycles:
    """Return the terms of a step with the given activity."""
    network, config = program.network, program.config
    words = row_words(network, config.lanes)
    early = {p.name for p in network.inputs if immediate(network, p.name)}
    delivered = {name: count * words.get(name, 0) for name, count in activity.events.items()}
    for place in plane_places(network.inputs):
        busy = activity.events[place.port.name] > 0
        delivered[place.port.name] += place.words * place.port.planes * busy
    last = max(p.level for p in network.populations)
    relays, levels = relay_words(network, delivered), []
    for level in range(last + 1):
        here = [p for p in network.populations if p.level == level]
        sent = sum(delivered.get(p.name, 0) for p in here)
        late = [p.name for p in network.inputs if p.name not in early] if level == 0 else []
        taken = sum(-(-p.size // config.lanes) * max(1, len(p.compartments)) for p in here)
        update = sum(_update(p, config) for p in here)
        delivery = sent + taken + sum(delivered[n] for n in late)
        levels.append(LevelCycles(update, delivery, relays[level]))
    return StepCycles(sum(delivered[n] for n in early), tuple(levels))


def _update(population: Population, config: CoreConfig) -> int:
    passes = max(1, len(population.compartments))
    rows = -(-population.size // config.neuron_lanes)
    writing = population.size // VALUES_PER_WORD * config.formats.relay_planes
    return passes * rows * config.neuron_interval + writing * population.relayed


def relay_words(network: QuantizedNetwork, delivered: Mapping[str, float]) -> Mapping[int, float]:
    """Words of all relays that are delivered before each level."""
    words: dict[int, float] = defaultdict(float)
    for place in relay_places(network):
        level = network.population(place.relay.population).level + 1
        planes = place.words * network.formats.relay_planes
        words[level] += planes + delivered[place.relay.name]
    return words


def row_words(network: QuantizedNetwork, lanes: int) -> dict[str, int]:
    """Words in a row of each source."""
    words: dict[str, int] = {}
    for population in network.populations:
        for compartment in population.compartments:
            for projection in compartment.projections:
                count = len(used_words(projection.weight_code, lanes))
                words[projection.pre] = words.get(projection.pre, 0) + count
    return words


def sources(network: QuantizedNetwork) -> list[str]:
    """Inputs, relays and spiking populations."""
    values = [*(p.name for p in network.inputs), *(r.name for r in network.relays)]
    return [*values, *(p.name for p in spiking(network))]


def spiking(network: QuantizedNetwork) -> list[Population]:
    """Populations of neurons."""
    return [p for p in network.populations if p.neurons is not None]


def _relayed(network: QuantizedNetwork) -> list[Population]:
    return [p for p in network.populations if p.relayed]


def _most(population: Population, network: QuantizedNetwork) -> int:
    """Most spikes of a neuron in a step."""
    assert population.neurons is not None
    return (1 << network.formats.count_bits) - 1 if population.neurons.count else 1


def immediate(network: QuantizedNetwork, name: str) -> bool:
    """Whether an input reaches neurons in the same step."""
    return any(
        _feeds(compartment, name)
        for population in network.populations
        for compartment in population.compartments
        if compartment.delay == 0
    )


def _feeds(compartment: Compartment, name: str) -> bool:
    return any(projection.pre == name for projection in compartment.projections)


def _bits(codes: CodeArray, planes: int) -> CodeArray:
    """Set bits of each row of ``codes``."""
    bits: CodeArray = (np.abs(codes)[:, :, None] >> np.arange(planes) & 1).sum(axis=(1, 2))
    return bits


def _mean_bits(port: InputPort, codes: CodeArray) -> float:
    """Mean bits delivered per step; a changed value is delivered in two steps."""
    bits = _bits(codes, port.planes)
    if port.spiking:
        return float(bits.mean())
    changed = np.ones(len(codes), dtype=bool)
    changed[1:] = (codes[1:] != codes[:-1]).any(axis=1)
    again = np.concatenate([[False], changed[:-1]])
    return float((bits * (changed | again)).mean())
