"""A population of the golden model over a block of steps.

What its inputs and earlier populations deliver is weighed for all steps of the block at once,
and only filters and membranes go from step to step. Samples of a batch lie side by side like
neurons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.sim.golden import NeuronState
from nef2hw.sim.golden_deliveries import Delivery
from nef2hw.sim.golden_membranes import Membrane, membrane_step
from nef2hw.sim.golden_slots import Feed, Slot, decays_in_place
from nef2hw.sim.golden_sums import SentArray, Weights, constants


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
        self.size = population.size
        self.lanes = population.size * batch
        self.saturated = 0
        limits = network.formats.current
        self._limits = constants(limits.low, limits.high)
        self._bias = np.tile(population.bias_code, batch)
        self.membrane: Membrane | None = None
        self._fires_dtype: type[np.generic] = np.bool_
        if population.neurons is not None:
            self.membrane = Membrane.of(_initial(population, batch))
            self._step = membrane_step(self.membrane, population.neurons, network.formats)
            if population.neurons.count:
                self._fires_dtype = np.int64
        self.slots = _slots(population, network, group, self.lanes)
        self.stepped = [slot for slot in self.slots if slot.stepped]
        self.total: CodeArray = np.zeros((0, self.lanes), dtype=np.int64)
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
        for slot in self.slots:
            slot.begin(steps)
            for feed in slot.feeds:
                slot.deliver(self._weigh(feed, sent[feed.pre]))
            if not slot.stepped:
                self.total += slot.advance_block()
        if self.membrane is not None:
            self.fires = np.empty(self.total.shape, dtype=self._fires_dtype)
            if not self.stepped:
                self.saturated += saturate(self.total, *self._limits)
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

    def advance_block(self) -> None:
        """Do all steps of the block, of a population that is a group by itself."""
        if self.stepped or self.states:
            for step in range(len(self.total)):
                self.advance(step)
        elif self.membrane is not None:
            for current, fires in zip(self.total, self.fires, strict=True):
                self._step(current, fires)

    def advance(self, step: int) -> None:
        """Do one step of the block, and deliver its spikes within the group."""
        total = self.total[step]
        for slot in self.stepped:
            coupling = slot.compartment.coupling
            partner = None if coupling is None else self.slots[coupling.partner].state
            np.add(total, slot.advance(step, partner), total)
        for delivery in self.of_values:
            delivery.deliver(total, step)
        if self.membrane is None:
            return
        if self.stepped:
            self.saturated += saturate(total, *self._limits)
        fires = self.fires[step]
        self._step(total, fires)
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


def _slots(
    population: Population, network: QuantizedNetwork, group: Sequence[str], lanes: int
) -> list[Slot]:
    compartments = population.compartments
    coupled = {k for k, c in enumerate(compartments) if c.coupling is not None}
    coupled |= {c.coupling.partner for c in compartments if c.coupling is not None}
    slots = []
    for k, compartment in enumerate(compartments):
        inside = [p for p in compartment.projections if p.pre in group]
        feeds = tuple(
            Feed(p.pre, Weights(p.weight_code, largest_sent(network, p.pre)), compartment.held)
            for p in compartment.projections
            if p.pre not in group
        )
        whole = compartment.leak_code is None or decays_in_place(compartment, network.formats)
        stepped = k in coupled or bool(inside) or not whole
        slots.append(Slot(compartment, network.formats, feeds, stepped, lanes))
    return slots


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


def saturate(total: CodeArray, low: CodeArray, high: CodeArray) -> int:
    """Clip in place; return how many values were beyond the limits."""
    beyond = 0
    for outside, limit in ((total > high, high), (total < low, low)):
        count = int(np.count_nonzero(outside))
        if count:
            total[outside] = limit
        beyond += count
    return beyond
