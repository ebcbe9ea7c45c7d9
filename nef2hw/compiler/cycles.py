"""An estimate of the clock cycles that a step takes.

Update and delivery overlap between barriers, so a step takes, summed over the
levels, the longer of the two. The constants below are the latencies of the
core's pipelines; simulated RTL gives the exact count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.program.config import CoreConfig
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Compartment, InputPort, Population, QuantizedNetwork
from nef2hw.program.planes import plane_places
from nef2hw.program.program import Program

#: Cycles from the first words that are asked for to the first neuron, and from the last neuron
#: to its spike.
FILLING, DRAINING = 6, 13
#: Least cycles between passes, beside those for which an instruction is fetched.
TURNOVER = 7
#: Cycles to begin and end a step.
STEP = 7


@dataclass(frozen=True)
class Activity:
    """Events of each source in one step: spikes, or set bits of an input's planes."""

    events: Mapping[str, float]


@dataclass(frozen=True)
class LevelCycles:
    """Cycles between two barriers; the longer of the two counts."""

    update: float  #: neurons, one by one, and the pipeline's filling and draining once
    delivery: float  #: words of rows, words taken, words of planes


@dataclass(frozen=True)
class StepCycles:
    """The terms of a step."""

    fixed: int
    inputs: float  #: delivery of inputs that reach neurons in the same step
    levels: tuple[LevelCycles, ...]

    @property
    def total(self) -> int:
        """Cycles of the step."""
        longest = sum(max(level.update, level.delivery) for level in self.levels)
        return round(self.fixed + self.inputs + longest)


def silence(program: Program) -> Activity:
    """Nothing fires and no input changes."""
    return Activity(dict.fromkeys(_sources(program.network), 0))


def uproar(program: Program) -> Activity:
    """Every neuron fires as often as it can and every bit of every input is set."""
    network = program.network
    bits = {port.name: port.size * port.planes for port in network.inputs}
    most = (1 << network.formats.count_bits) - 1
    spikes = {
        p.name: p.size * (most if p.neurons.count else 1)
        for p in network.populations
        if p.neurons is not None
    }
    return Activity({**bits, **spikes})


def observed(
    program: Program,
    codes: Mapping[str, CodeArray],
    spikes: Mapping[str, npt.NDArray[Any]],
) -> Activity:
    """Mean events per step of inputs and spikes, (steps, n) each."""
    inputs = {port.name: _mean_bits(port, codes[port.name]) for port in program.network.inputs}
    return Activity({**inputs, **{name: float(s.sum(1).mean()) for name, s in spikes.items()}})


def step_cycles(program: Program, activity: Activity) -> StepCycles:
    """Estimate the cycles of a step with the given activity."""
    network, config = program.network, program.config
    words = _row_words(network, config.lanes)
    early = {p.name for p in network.inputs if _immediate(network, p.name)}
    delivered = {name: count * words.get(name, 0) for name, count in activity.events.items()}
    for place in plane_places(network.inputs):
        busy = activity.events[place.port.name] > 0
        delivered[place.port.name] += place.words * place.port.planes * busy
    last = max(p.level for p in network.populations)
    levels = []
    for level in range(last + 1):
        here = [p for p in network.populations if p.level == level]
        sent = sum(delivered.get(p.name, 0) for p in here)
        late = [p.name for p in network.inputs if p.name not in early] if level == 0 else []
        taken = sum(-(-p.size // config.lanes) * max(1, len(p.compartments)) for p in here)
        update = FILLING + sum(_update(p, config) for p in here) + DRAINING
        levels.append(LevelCycles(update, sent + taken + sum(delivered[n] for n in late)))
    return StepCycles(
        STEP + config.instruction_words, sum(delivered[n] for n in early), tuple(levels)
    )


def _update(population: Population, config: CoreConfig) -> int:
    passes = max(1, len(population.compartments))
    shortest = config.instruction_words + TURNOVER
    rows = -(-population.size // config.neuron_lanes)
    return passes * max(rows * config.neuron_interval, shortest)


def _row_words(network: QuantizedNetwork, lanes: int) -> dict[str, int]:
    """Words in a row of each source."""
    words: dict[str, int] = {}
    for population in network.populations:
        for compartment in population.compartments:
            for projection in compartment.projections:
                count = -(-population.size // lanes)
                words[projection.pre] = words.get(projection.pre, 0) + count
    return words


def _sources(network: QuantizedNetwork) -> list[str]:
    spiking = [p.name for p in network.populations if p.neurons is not None]
    return [port.name for port in network.inputs] + spiking


def _immediate(network: QuantizedNetwork, name: str) -> bool:
    return any(
        _feeds(compartment, name)
        for population in network.populations
        for compartment in population.compartments
        if compartment.delay == 0
    )


def _feeds(compartment: Compartment, name: str) -> bool:
    return any(projection.pre == name for projection in compartment.projections)


def _mean_bits(port: InputPort, codes: CodeArray) -> float:
    """Mean bits delivered per step; a changed value is delivered in two steps."""
    bits = (np.abs(codes)[:, :, None] >> np.arange(port.planes) & 1).sum(axis=(1, 2))
    if port.spiking:
        return float(bits.mean())
    changed = np.ones(len(codes), dtype=bool)
    changed[1:] = (codes[1:] != codes[:-1]).any(axis=1)
    again = np.concatenate([[False], changed[:-1]])
    return float((bits * (changed | again)).mean())
