"""The golden model: the network in integers, named like the hardware.

Every value that the hardware keeps or sends is computed here with the same
rounding and saturation, population by population. It works from the integer
network alone; how the weights are laid out in memories is not its business, so
that equality with the hardware proves the layout too. `nef2hw.sim.golden_runs` does
the same for whole runs, faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from nef2hw.program.decode import probe_values
from nef2hw.program.fixed_point import CodeArray, round_shift
from nef2hw.program.network import (
    FRACTION_BITS,
    Compartment,
    Formats,
    NeuronCodes,
    Population,
    QuantizedNetwork,
)
from nef2hw.trace import Trace


@dataclass
class CompartmentState:
    """Sums and filtered state of one compartment, (n,) each."""

    arriving: CodeArray  #: delivered in this step, for the next if ``delay`` is 1
    delivered: CodeArray  #: delivered for this step
    filtered: CodeArray


@dataclass
class NeuronState:
    """Membrane state of one population, (n,) each."""

    voltage: CodeArray
    overshoot: CodeArray
    refractory: CodeArray


@dataclass
class StepResult:
    """What leaves the core in one step."""

    spikes: dict[str, CodeArray] = field(default_factory=dict)
    readouts: dict[str, CodeArray] = field(default_factory=dict)
    relayed: dict[str, CodeArray] = field(default_factory=dict)  #: what stays in the core


def filter_step(
    filtered: CodeArray,
    drive: CodeArray,
    compartment: Compartment,
    formats: Formats,
    partner: CodeArray | None = None,
) -> CodeArray:
    """Decay the filtered state, add what was delivered and what the partner's state gives."""
    arrived = drive << (0 if compartment.held else formats.guard_bits)
    if compartment.coupling is not None and partner is not None:
        given = round_shift(partner * compartment.coupling.code, formats.leak_frac)
        arrived = arrived - given if compartment.coupling.negative else arrived + given
    if compartment.leak_code is None:
        return arrived
    return filtered - round_shift(filtered * compartment.leak_code, formats.leak_frac) + arrived


def contribution(filtered: CodeArray, compartment: Compartment, formats: Formats) -> CodeArray:
    """Bring the filtered state to the binary point of each neuron's sum."""
    return round_shift(filtered << formats.align_bits, compartment.shift_code)


def decay_now(state: NeuronState, neurons: NeuronCodes, formats: Formats) -> CodeArray:
    """Fraction of a step's decay that the refractory time leaves."""
    decay: CodeArray = np.where(state.refractory == 0, neurons.decay_code, 0)
    for steps_left, ratio, offset in zip(
        (2, 1), neurons.ratio_code, neurons.offset_code, strict=True
    ):
        partial = np.flatnonzero(state.refractory == steps_left)
        line = round_shift(state.overshoot[partial] * ratio, formats.ratio_frac) - offset
        decay[partial] = np.minimum(np.maximum(line, 0), neurons.decay_code)
    return decay


def overshoot_fraction(excess: CodeArray, drive: CodeArray, decay_frac: int) -> CodeArray:
    """Quotient ``(V - 1)/(J - 1)``, truncated; all ones if it does not fit."""
    top = (1 << FRACTION_BITS) - 1
    quotient: CodeArray = np.minimum((excess << decay_frac) // np.maximum(drive, 1), top)
    return quotient


def neuron_step(
    state: NeuronState, current: CodeArray, neurons: NeuronCodes, formats: Formats
) -> tuple[NeuronState, CodeArray]:
    """Advance a population by one step; return its new state and its counts of spikes."""
    one = np.int64(1) << formats.voltage_frac
    if neurons.count:
        voltage = state.voltage + np.maximum(current, 0)
        counts = voltage >> formats.voltage_frac
        return replace(state, voltage=voltage - counts * one), counts
    if neurons.integrate:
        voltage = state.voltage + current
    else:
        decay = decay_now(state, neurons, formats)
        voltage = state.voltage + round_shift((current - state.voltage) * decay, formats.decay_frac)
    spikes = voltage > one
    left = np.minimum(voltage - one, formats.voltage.high) if neurons.subtract else 0
    overshoot = state.overshoot
    if not neurons.integrate and not neurons.subtract:
        fraction = overshoot_fraction(voltage - one, current - one, formats.decay_frac)
        overshoot = np.where(spikes, fraction, overshoot)
    after = NeuronState(
        voltage=np.where(spikes, left, np.maximum(voltage, neurons.min_voltage_code)),
        overshoot=overshoot,
        refractory=np.where(spikes, neurons.hold_steps, np.maximum(state.refractory - 1, 0)),
    )
    return after, spikes.astype(np.int64)


class GoldenModel:
    """The state of a network, advanced step by step.

    Parameters
    ----------
    network : QuantizedNetwork

    Attributes
    ----------
    compartments : dict
        ``CompartmentState`` by population name and index of compartment.
    membranes : dict
        ``NeuronState`` by name of spiking population.
    saturated_currents : dict
        Count of saturated currents so far, by name of spiking population.
    """

    def __init__(self, network: QuantizedNetwork) -> None:
        self.network = network
        self._inputs = {port.name: port for port in network.inputs}
        self._targets = _targets_by_source(network)
        self.reset()

    def reset(self) -> None:
        """Return to the initial state."""
        self.compartments = {
            (p.name, k): CompartmentState(*(np.zeros(p.size, dtype=np.int64) for _ in range(3)))
            for p in self.network.populations
            for k in range(len(p.compartments))
        }
        self.membranes = {
            p.name: _initial(p) for p in self.network.populations if p.neurons is not None
        }
        self.saturated_currents = dict.fromkeys(self.membranes, 0)
        self._held: dict[str, tuple[CodeArray, list[CodeArray]]] = {}

    def step(self, codes: Mapping[str, CodeArray]) -> StepResult:
        """Advance by one step.

        Parameters
        ----------
        codes : mapping of (size,) int64
            Code of every input.
        """
        for name, values in codes.items():
            self._deliver(name, values)
        result = StepResult()
        for population in self.network.populations:
            self._update(population, result)
        for state in self.compartments.values():
            state.delivered, state.arriving = state.arriving, np.zeros_like(state.arriving)
        return result

    def states(self) -> dict[str, CodeArray]:
        """Return a copy of every state, named as in a trace."""
        named = {f"{p}/{k}/filter": s.filtered for (p, k), s in self.compartments.items()}
        for name, membrane in self.membranes.items():
            named[f"{name}/voltage"] = membrane.voltage
            named[f"{name}/overshoot"] = membrane.overshoot
            named[f"{name}/refractory"] = membrane.refractory
        return {name: state.copy() for name, state in named.items()}

    def _update(self, population: Population, result: StepResult) -> None:
        formats = self.network.formats
        total = population.bias_code.copy()
        for k, compartment in enumerate(population.compartments):
            state = self.compartments[population.name, k]
            drive = state.arriving if compartment.delay == 0 else state.delivered
            state.filtered = filter_step(
                state.filtered, drive, compartment, formats, self._partner(population, compartment)
            )
            total += contribution(state.filtered, compartment, formats)
        if population.relayed:
            result.relayed[population.name] = total
            self._relay(population.name, total)
            return
        if population.neurons is None:
            result.readouts[population.name] = total
            return
        spikes = self._fire(population, population.neurons, total)
        result.spikes[population.name] = spikes
        self._deliver(population.name, spikes)

    def _partner(self, population: Population, compartment: Compartment) -> CodeArray | None:
        """State of the compartment that this one is coupled to."""
        if compartment.coupling is None:
            return None
        return self.compartments[population.name, compartment.coupling.partner].filtered

    def _fire(self, population: Population, neurons: NeuronCodes, total: CodeArray) -> CodeArray:
        limits = self.network.formats.current
        current = np.minimum(np.maximum(total, limits.low), limits.high)
        self.saturated_currents[population.name] += int(np.count_nonzero(current != total))
        state = self.membranes[population.name]
        self.membranes[population.name], spikes = neuron_step(
            state, current, neurons, self.network.formats
        )
        return spikes

    def _deliver(self, source: str, values: CodeArray) -> None:
        held = source in self._inputs and self._inputs[source].held
        sums = self._held_sums(source, values) if held else self._spike_sums(source, values)
        for (state, _), total in zip(self._targets.get(source, ()), sums, strict=True):
            self.compartments[state].arriving += total

    def _relay(self, population: str, values: CodeArray) -> None:
        """Hand on the slices of a population's values."""
        for relay in self.network.relays:
            if relay.population == population:
                self._deliver(relay.name, values[relay.first : relay.first + relay.size])

    def _spike_sums(self, source: str, spikes: CodeArray) -> list[CodeArray]:
        """Add the rows of the sources that fired, as often as they did, or weigh values."""
        active = np.flatnonzero(spikes)
        counts = spikes[active]
        return [counts @ weights[active] for _, weights in self._targets.get(source, ())]

    def _held_sums(self, source: str, values: CodeArray) -> list[CodeArray]:
        """Weigh the values of an input, anew only when they have changed."""
        before = self._held.get(source)
        if before is None or not np.array_equal(before[0], values):
            sums = [values @ weights for _, weights in self._targets.get(source, ())]
            self._held[source] = before = (values.copy(), sums)
        return before[1]


def _targets_by_source(
    network: QuantizedNetwork,
) -> dict[str, list[tuple[tuple[str, int], CodeArray]]]:
    """List, for each source, the compartments it feeds and the weights."""
    targets: dict[str, list[tuple[tuple[str, int], CodeArray]]] = {}
    for population in network.populations:
        for k, compartment in enumerate(population.compartments):
            for projection in compartment.projections:
                entry = ((population.name, k), projection.weight_code)
                targets.setdefault(projection.pre, []).append(entry)
    return targets


def _initial(population: Population) -> NeuronState:
    assert population.voltage_init_code is not None
    assert population.overshoot_init_code is not None
    assert population.refractory_init_code is not None
    return NeuronState(
        population.voltage_init_code.copy(),
        population.overshoot_init_code.copy(),
        population.refractory_init_code.copy(),
    )


def simulate_golden(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray], states: bool = False
) -> Trace:
    """Run the golden model on ``codes``, (steps, size) for each input.

    Parameters
    ----------
    states : bool
        Whether the trace holds every state after every step.
    """
    model = GoldenModel(network)
    steps = min(len(rows) for rows in codes.values())
    results, kept = [], []
    for n in range(steps):
        results.append(model.step({name: rows[n] for name, rows in codes.items()}))
        if states:
            kept.append(model.states())
    spikes = _stack([r.spikes for r in results])
    readouts = _stack([r.readouts for r in results])
    return Trace(
        steps=steps,
        spikes={name: rows.astype(np.uint8) for name, rows in spikes.items()},
        probes=probe_values(network, spikes, readouts),
        states=_stack(kept),
        relayed=_stack([r.relayed for r in results]),
    )


def _stack(rows: list[dict[str, CodeArray]]) -> dict[str, CodeArray]:
    return {name: np.stack([row[name] for row in rows]) for name in (rows[0] if rows else {})}
