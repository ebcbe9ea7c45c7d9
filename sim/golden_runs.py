"""Whole runs of the golden model, and many of them at once.

`nef2hw.sim.golden` specifies a step. Here a block of steps goes through one
population after the other: what inputs and earlier populations deliver is weighed
for all its steps at once, and only filters and membranes go from step to step.
Populations that drive each other in a circle go through the block together, step
by step. Samples of a batch lie side by side like neurons. Tests hold every state
equal to the specification's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from nef2hw.program.decode import probe_values
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.sim.golden import NeuronState
from nef2hw.sim.golden_membranes import membrane_step
from nef2hw.sim.golden_slots import Feed, Slot, decays_in_place
from nef2hw.sim.golden_sums import SentArray, Weights, constants
from nef2hw.trace import Trace

#: Neurons times steps of a block: arrays of that many values stay in a processor's cache.
BLOCK_VALUES = 1 << 14
LONGEST_BLOCK = 256

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass
class Recording:
    """What a run leaves, (steps, batch, n) of every population or state."""

    steps: int
    batch: int
    spikes: dict[str, SentArray] = field(default_factory=dict)
    readouts: dict[str, CodeArray] = field(default_factory=dict)
    states: dict[str, CodeArray] = field(default_factory=dict)
    relayed: dict[str, CodeArray] = field(default_factory=dict)

    def put(self, group: str, name: str, rows: SentArray, first: int) -> None:
        """Copy the rows (steps, batch * n) of a block that begins with step ``first``."""
        arrays: dict[str, SentArray] = getattr(self, group)
        if name not in arrays:
            shape = (self.steps, self.batch, rows.shape[1] // self.batch)
            arrays[name] = np.empty(shape, dtype=rows.dtype)
        arrays[name][first : first + len(rows)] = rows.reshape(len(rows), self.batch, -1)

    def traces(self, network: QuantizedNetwork) -> list[Trace]:
        """Return a trace of each sample."""
        probes = probe_values(network, self.spikes, self.readouts)
        spikes = {name: fired.astype(np.uint8) for name, fired in self.spikes.items()}
        return [
            Trace(
                self.steps,
                _of(spikes, k),
                _of(probes, k),
                _of(self.states, k),
                relayed=_of(self.relayed, k),
            )
            for k in range(self.batch)
        ]


def _of(arrays: Mapping[str, npt.NDArray[Scalar]], k: int) -> dict[str, npt.NDArray[Scalar]]:
    return {name: rows[:, k] for name, rows in arrays.items()}


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
        self.membrane: NeuronState | None = None
        self._fires_dtype: type[np.generic] = np.bool_
        if population.neurons is not None:
            self.membrane = _initial(population, batch)
            self._step = membrane_step(self.membrane, population.neurons, network.formats)
            if population.neurons.count:
                self._fires_dtype = np.int64
        self.slots = _slots(population, network, group, self.lanes)
        self.stepped = [slot for slot in self.slots if slot.stepped]
        self.total: CodeArray = np.zeros((0, self.lanes), dtype=np.int64)
        self.fires: SentArray = np.zeros((0, self.lanes), dtype=np.int64)
        #: Slots of its group that its spikes go to.
        self.targets: list[tuple[Slot, Weights]] = []
        #: Those that its relays go to, with the relayed part of its values.
        self.takers: list[tuple[Slot, Weights, slice]] = []
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
        for slot, weights, part in self.takers:
            values = total.reshape(-1, self.size)[:, part]
            row = slot.row(step)
            row += weights.weigh(values).ravel()
        if self.membrane is None:
            return
        if self.stepped:
            self.saturated += saturate(total, *self._limits)
        fires = self.fires[step]
        self._step(total, fires)
        for name, rows in self.states.items():
            rows[step] = getattr(self.membrane, name)
        for slot, weights in self.targets:
            self._deliver(fires, weights, slot.row(step))

    def _deliver(self, fires: SentArray, weights: Weights, row: CodeArray) -> None:
        if self.lanes == self.size:
            weights.add_rows(fires, row)
        else:
            row += weights.weigh(fires.reshape(-1, self.size)).ravel()


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
            Feed(p.pre, Weights(p.weight_code, _largest(network, p.pre)), compartment.held)
            for p in compartment.projections
            if p.pre not in group
        )
        whole = compartment.leak_code is None or decays_in_place(compartment, network.formats)
        stepped = k in coupled or bool(inside) or not whole
        slots.append(Slot(compartment, network.formats, feeds, stepped, lanes))
    return slots


def _largest(network: QuantizedNetwork, source: str) -> int:
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


class GoldenRun:
    """The state of a batch of networks, all alike, advanced by blocks of steps.

    Parameters
    ----------
    network : QuantizedNetwork
    batch : number of samples, each with an input and a state of its own
    """

    def __init__(self, network: QuantizedNetwork, batch: int = 1) -> None:
        self._network = network
        self._batch = batch
        self._groups = [
            [
                PopulationRun(network.population(name), network, _senders(group, network), batch)
                for name in group
            ]
            for group in groups_in_order(network)
        ]
        for group in self._groups:
            _join(group, network)
        widest = max((p.size for p in network.populations), default=1) * batch
        self._block = max(1, min(LONGEST_BLOCK, BLOCK_VALUES // widest))

    @property
    def saturated_currents(self) -> dict[str, int]:
        """Count of saturated currents so far, by name of spiking population."""
        found = {run.name: run for group in self._groups for run in group}
        return {
            population.name: found[population.name].saturated
            for population in self._network.populations
            if population.neurons is not None
        }

    def run(self, codes: Mapping[str, CodeArray], states: bool = False) -> Recording:
        """Advance by as many steps as ``codes`` has, (steps, batch, size) for each input."""
        steps = min(len(rows) for rows in codes.values())
        flat = {name: rows.reshape(len(rows), -1) for name, rows in codes.items()}
        record = Recording(steps, self._batch)
        for first in range(0, steps, self._block):
            last = min(first + self._block, steps)
            sent: dict[str, SentArray] = {name: rows[first:last] for name, rows in flat.items()}
            for group in self._groups:
                _run_group(group, sent, last - first, states)
            self._keep(record, first, states)
        return record

    def _keep(self, record: Recording, first: int, states: bool) -> None:
        """Copy the results of the block that begins with step ``first``."""
        for run in (run for group in self._groups for run in group):
            record.put(run.group_of_results, run.name, run.sent, first)
            if not states:
                continue
            for k, slot in enumerate(run.slots):
                record.put("states", f"{run.name}/{k}/filter", slot.filtered, first)
            for name, rows in run.states.items():
                record.put("states", f"{run.name}/{name}", rows, first)


def groups_in_order(network: QuantizedNetwork) -> list[list[str]]:
    """Group populations that drive each other in a circle; each group follows those it needs.

    Within a group the order is the network's.
    """
    names = [population.name for population in network.populations]
    reached = np.eye(len(names), dtype=bool)  #: [k, j]: j depends on k
    for population in network.populations:
        for pre in sources_of(population, network):
            if pre in names:
                reached[names.index(pre), names.index(population.name)] = True
    for k in range(len(names)):
        reached |= np.outer(reached[:, k], reached[k])
    groups: dict[bytes, list[str]] = {}
    # Whoever depends on another one depends on more than that one does.
    for k in np.argsort(reached.sum(axis=0), kind="stable"):
        circle = reached[k] & reached[:, k]
        groups.setdefault(circle.tobytes(), []).append(names[k])
    return list(groups.values())


def sources_of(population: Population, network: QuantizedNetwork) -> list[str]:
    """Return the sources of all connections into ``population``; of a relay, its population."""
    owners = {relay.name: relay.population for relay in network.relays}
    sources = [p.pre for compartment in population.compartments for p in compartment.projections]
    return [owners.get(source, source) for source in sources]


def _senders(group: Sequence[str], network: QuantizedNetwork) -> list[str]:
    """Names of the populations of a group, and of the relays that are parts of them."""
    return [*group, *(relay.name for relay in network.relays if relay.population in group)]


def _join(group: Sequence[PopulationRun], network: QuantizedNetwork) -> None:
    """Tell the populations of a group where their spikes and values go within the group."""
    runs = {run.name: run for run in group}
    relays = {relay.name: (run, relay) for run in group for relay in run.relays}
    for slot in (slot for run in group for slot in run.slots):
        for projection in slot.compartment.projections:
            if projection.pre in runs:
                weights = Weights(projection.weight_code, _largest(network, projection.pre))
                runs[projection.pre].targets.append((slot, weights))
            elif projection.pre in relays:
                weights = Weights(projection.weight_code, _largest(network, projection.pre))
                giver, relay = relays[projection.pre]
                part = slice(relay.first, relay.first + relay.size)
                giver.takers.append((slot, weights, part))


def _run_group(
    group: Sequence[PopulationRun], sent: dict[str, SentArray], steps: int, states: bool
) -> None:
    """Take a group through a block, and add its spikes to ``sent``."""
    for run in group:
        run.begin(sent, steps, states)
    if len(group) == 1:
        group[0].advance_block()
    else:
        for step in range(steps):
            for run in group:
                run.advance(step)
    for run in group:
        if run.membrane is not None:
            sent[run.name] = run.fires
        sent |= run.relayed()


def run_golden(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray], states: bool = False
) -> Trace:
    """Do as `nef2hw.sim.golden.simulate_golden` does, faster.

    Parameters
    ----------
    codes : (steps, size) for each input
    states : whether the trace holds every state after every step
    """
    batch = {name: rows[np.newaxis] for name, rows in codes.items()}
    return run_golden_batch(network, batch, states)[0]


def run_golden_batch(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray], states: bool = False
) -> list[Trace]:
    """Run the network on several stimuli at once, on each from the initial state.

    Parameters
    ----------
    codes : (samples, steps, size) for each input
    states : whether the traces hold every state after every step
    """
    samples = len(next(iter(codes.values())))
    record = GoldenRun(network, samples).run(
        {name: rows.swapaxes(0, 1) for name, rows in codes.items()}, states
    )
    return record.traces(network)
