"""A population of the golden model over a block of steps.

What its inputs and earlier populations deliver is weighed for all steps of the block at once,
and only filters and membranes go from step to step. Samples of a batch lie side by side like
neurons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.program.fixed_point import CodeArray, FixedPoint
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.sim.golden import NeuronState
from nef2hw.sim.golden_banks import Slot, banks_of
from nef2hw.sim.golden_deliveries import Delivery
from nef2hw.sim.golden_membranes import Membrane, membrane_step
from nef2hw.sim.golden_sums import SentArray, Weights, constants


@dataclass(frozen=True)
class Feed:
    """What a source outside the group delivers to a compartment."""

    slot: Slot
    pre: str
    weights: Weights
    held: bool  #: the source holds its values for many steps


class PopulationRun:
    """A population over a block of steps."""

    def __init__(
        self,
        population: Population,
        network: QuantizedNetwork,
        group: Sequence[str],
        batch: int,
    ) -> None:
        self.name = population.name
        self.compartments = population.compartments
        self.size = population.size
        self.lanes = population.size * batch
        self.saturated = 0
        self._range = Saturation(network.formats.current)
        self._bias = np.tile(population.bias_code, batch)
        self.membrane: Membrane | None = None
        self._fires_dtype: type[np.generic] = np.bool_
        if population.neurons is not None:
            self.membrane = Membrane.of(_initial(population, batch))
            self._step = membrane_step(self.membrane, population.neurons, network.formats)
            if population.neurons.count:
                self._fires_dtype = np.int64
        self._banks = banks_of(population, network.formats, self.lanes, group)
        slots = {k: slot for bank in self._banks for k, slot in bank.slots.items()}
        #: Of its compartments, in their order.
        self.slots = [slots[k] for k in sorted(slots)]
        self._stepped = [bank for bank in self._banks if bank.stepped]
        self._feeds = [
            Feed(
                self.slots[k],
                projection.pre,
                Weights(projection.weight_code, largest_sent(network, projection.pre)),
                compartment.held,
            )
            for k, compartment in enumerate(population.compartments)
            for projection in compartment.projections
            if projection.pre not in group
        ]
        self.total: CodeArray = np.zeros((0, self.lanes), dtype=np.int64)
        self._current = self.total  #: the total, within its range
        self.fires: SentArray = np.zeros((0, self.lanes), dtype=np.int64)
        #: What its spikes bring to its group, and what its values do if it hands them on.
        self.of_spikes: list[Delivery] = []
        self.of_values: list[Delivery] = []
        self.relays = [r for r in network.relays if r.population == population.name]
        self.states: dict[str, CodeArray] = {}

    def begin(self, sent: Mapping[str, SentArray], steps: int, states: bool) -> None:
        """Weigh what is known of a block, (steps, lanes) by source, and sum it up."""
        self.total = np.empty((steps, self.lanes), dtype=np.int64)
        self.total[:] = self._bias
        for bank in self._banks:
            bank.begin(steps)
        for feed in self._feeds:
            feed.slot.deliver(self._weigh(feed, sent[feed.pre]))
        for bank in self._banks:
            if not bank.stepped:
                bank.advance_block(self.total)
        if self.membrane is not None:
            self.fires = np.empty(self.total.shape, dtype=self._fires_dtype)
            self._current = np.empty_like(self.total)
            if not self._stepped:
                self._range.clip(self.total, self._current)
            kept = ("voltage", "overshoot", "refractory") if states else ()
            self.states = {name: np.empty_like(self.total) for name in kept}

    def _weigh(self, feed: Feed, sent: SentArray) -> CodeArray:
        """Sums that ``sent`` (steps, batch * n_pre) delivers, (steps, lanes)."""
        rows, which = _distinct(sent) if feed.held else (sent, slice(None))
        samples = rows.reshape(len(rows) * self.lanes // self.size, -1)
        return feed.weights.weigh(samples).reshape(len(rows), -1)[which]

    @property
    def group_of_results(self) -> str:
        """Which of a recording's groups its values belong to."""
        if self.membrane is not None:
            return "spikes"
        return "relayed" if self.relays else "readouts"

    def relayed(self) -> dict[str, SentArray]:
        """Values of the block by relay, (steps, batch * size) each."""
        values = self.total.reshape(len(self.total), -1, self.size)
        parts = {r.name: values[:, :, r.first : r.first + r.size] for r in self.relays}
        return {name: part.reshape(len(part), -1) for name, part in parts.items()}

    @property
    def sent(self) -> SentArray:
        """Spikes of the block, or the values of a readout, (steps, lanes)."""
        return self.total if self.membrane is None else self.fires

    def end(self) -> None:
        """Count the currents of a block that were beyond their range."""
        if self.membrane is not None:
            self.saturated += self._range.count(self.total)

    def advance_block(self) -> None:
        """Do all steps of the block, of a population that is a group by itself."""
        if self._stepped or self.states:
            for step in range(len(self.total)):
                self.advance(step)
        elif self.membrane is not None:
            for current, fires in zip(self._current, self.fires, strict=True):
                self._step(current, fires)

    def advance(self, step: int) -> None:
        """Do one step of the block, and deliver its spikes within the group."""
        total = self.total[step]
        for bank in self._stepped:
            bank.advance(step, total)
        for delivery in self.of_values:
            delivery.deliver(total, step)
        if self.membrane is None:
            return
        current = self._current[step]
        if self._stepped:
            self._range.clip(total, current)
        fires = self.fires[step]
        self._step(current, fires)
        for name, rows in self.states.items():
            rows[step] = getattr(self.membrane, name)
        for delivery in self.of_spikes:
            delivery.deliver(fires, step)


def _initial(population: Population, batch: int) -> NeuronState:
    """Return the initial state of ``batch`` copies of a population, side by side."""
    first = (
        population.voltage_init_code,
        population.overshoot_init_code,
        population.refractory_init_code,
    )
    return NeuronState(*(np.tile(np.asarray(code, dtype=np.int64), batch) for code in first))


def largest_sent(network: QuantizedNetwork, source: str) -> int:
    """Magnitude that no value of an input or population exceeds."""
    for port in network.inputs:
        if port.name == source:
            return int(max(abs(port.low_code).max(), abs(port.high_code).max()))
    if any(relay.name == source for relay in network.relays):
        return (1 << network.formats.relay_planes) - 1
    neurons = network.population(source).neurons
    assert neurons is not None
    return 1 << network.formats.count_bits if neurons.count else 1


def _distinct(rows: CodeArray) -> tuple[CodeArray, CodeArray]:
    """Return the rows that differ from the one before, and which of them each row is."""
    changed = np.ones(len(rows), dtype=bool)
    changed[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[changed], np.cumsum(changed) - 1


class Saturation:
    """Clips to the range of a format."""

    def __init__(self, limits: FixedPoint) -> None:
        self._low, self._high = constants(limits.low, limits.high)

    def clip(self, total: CodeArray, out: CodeArray) -> None:
        """Write the values, or the nearest that are within the limits."""
        np.maximum(total, self._low, out=out)
        np.minimum(out, self._high, out=out)

    def count(self, total: CodeArray) -> int:
        """Return how many values are beyond the limits."""
        return int(np.count_nonzero(total < self._low) + np.count_nonzero(total > self._high))
