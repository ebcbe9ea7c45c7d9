"""Variants of a network side by side, each with some of the integers' sources of error.

A variant without any source is the float network, one with all of them the golden
model; those between tell what a single source does. All numbers are float64 in the
units of the integer codes, which hold every code exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from nef2hw.compiler.unrounded import UnroundedCompartment, UnroundedPopulation
from nef2hw.model.network import FloatArray
from nef2hw.program.network import (
    Compartment,
    InputPort,
    Population,
    Projection,
    QuantizedNetwork,
)
from nef2hw.sim.sources import (
    BIAS,
    CODING,
    CURRENT,
    SATURATION,
    SYNAPSE,
    WEIGHTS,
    Source,
    Switches,
    place_of,
    place_of_connection,
    place_of_synapse,
)
from nef2hw.sim.variants_neurons import Membranes
from nef2hw.sim.variants_rows import SideBySide, round_rows
from nef2hw.sim.variants_trace import Recorder, VariantTrace


class _Target:
    """A projection: unrounded weights for most variants, codes for some."""

    def __init__(
        self, slot: _Slot, exact: FloatArray, projection: Projection, switches: Switches
    ) -> None:
        self.slot = slot
        self._exact = np.ascontiguousarray(exact)
        self._code = projection.weight_code.astype(np.float64)
        self._rows = switches.rows(WEIGHTS, place_of_connection(projection.name))
        self._others = np.setdiff1d(np.arange(len(switches)), self._rows)

    def weigh(self, sent: FloatArray) -> FloatArray:
        """Return the sums that ``sent`` (variants, samples, n_pre) delivers."""
        sums = np.empty((*sent.shape[:2], self._exact.shape[1]))
        for rows, weights in ((self._others, self._exact), (self._rows, self._code)):
            if rows.size:
                sums[rows] = _weighed(sent[rows], weights)
        return sums


def _weighed(sent: FloatArray, weights: FloatArray) -> FloatArray:
    """Multiply by ``weights``; what all variants send alike, as most inputs are, only once."""
    if (sent == sent[:1]).all():
        sent = sent[:1]
    sums: FloatArray = sent.reshape(-1, sent.shape[2]) @ weights
    return sums.reshape(*sent.shape[:2], -1)


class _Slot:
    """Sums and filtered state of a compartment, (variants, samples, n) each."""

    def __init__(
        self,
        index: int,
        population: Population,
        exact: UnroundedCompartment,
        variants: SideBySide,
    ) -> None:
        compartment: Compartment = population.compartments[index]
        formats, switches = variants.formats, variants.switches
        rows = switches.rows(SYNAPSE, place_of_synapse(index, population))
        unit = 2.0**-formats.leak_frac
        guard = 1.0 if compartment.held else 2.0**formats.guard_bits
        self.delay, self._rounding = compartment.delay, switches.rows(CURRENT, place_of(population))
        self.partner: _Slot | None = None
        self._filters = compartment.leak_code is not None
        self._leak = variants.constant(exact.leak, compartment.leak_code or 0, rows) * unit
        self._gain = variants.constant(exact.gain, 1.0, rows) * guard
        coupling = compartment.coupling
        code = 0 if coupling is None else coupling.code
        self._coupling = variants.constant(abs(exact.coupling), code, rows) * unit
        self._sign = -1.0 if coupling is not None and coupling.negative else 1.0
        self._scale = np.exp2((formats.align_bits - compartment.shift_code).astype(np.float64))
        shape = variants.shape(population.size)
        self.arriving, self.delivered, self.filtered = (np.zeros(shape) for _ in range(3))

    def advance(self) -> FloatArray:
        """Filter what has arrived; return the part in the sum."""
        drive = self.arriving if self.delay == 0 else self.delivered
        arrived: FloatArray = drive * self._gain
        if self.partner is not None:
            given = round_rows(self.partner.filtered * self._coupling, self._rounding)
            arrived += self._sign * given
        if self._filters:
            lost = round_rows(self.filtered * self._leak, self._rounding)
            arrived += self.filtered - lost
        self.filtered = arrived
        return round_rows(arrived * self._scale, self._rounding)

    def end(self) -> None:
        """Let what has arrived in this step be what is delivered for the next."""
        self.delivered, self.arriving = self.arriving, self.delivered
        self.arriving.fill(0.0)


class _Part:
    """A population."""

    def __init__(
        self, population: Population, exact: UnroundedPopulation, variants: SideBySide
    ) -> None:
        self.population = population
        self.slots = [
            _Slot(k, population, compartment, variants)
            for k, compartment in enumerate(exact.compartments)
        ]
        for slot, compartment in zip(self.slots, population.compartments, strict=True):
            if compartment.coupling is not None:
                slot.partner = self.slots[compartment.coupling.partner]
        biased = variants.switches.rows(BIAS, place_of(population))
        self._bias = variants.neurons(exact.bias, population.bias_code, biased)
        self._membranes = None
        if population.neurons is not None:
            self._membranes = Membranes(population, exact, variants)

    def step(self) -> FloatArray:
        """Return counts of spikes, or values, (variants, samples, n)."""
        total = self._bias.copy()
        for slot in self.slots:
            total += slot.advance()
        return total if self._membranes is None else self._membranes.step(total)


class _Run:
    """All populations, and where what they send goes."""

    def __init__(
        self,
        network: QuantizedNetwork,
        exact: Mapping[str, UnroundedPopulation],
        variants: SideBySide,
    ) -> None:
        self._network, self._switches = network, variants.switches
        self.parts = [_Part(p, exact[p.name], variants) for p in network.populations]
        self._targets: dict[str, list[_Target]] = {}
        for part in self.parts:
            of_slots = exact[part.population.name].compartments
            for slot, weights, compartment in zip(
                part.slots, of_slots, part.population.compartments, strict=True
            ):
                for given, projection in zip(weights.weights, compartment.projections, strict=True):
                    target = _Target(slot, given, projection, self._switches)
                    self._targets.setdefault(projection.pre, []).append(target)
        self._held: dict[str, tuple[FloatArray, list[FloatArray]]] = {}

    def step(self, given: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance by one step of inputs (samples, size); return what populations give."""
        for port in self._network.inputs:
            self._feed(port, given[port.name])
        outputs = {}
        for part in self.parts:
            outputs[part.population.name] = sent = part.step()
            if part.population.neurons is not None:
                self._deliver(part.population.name, sent)
            for relay in self._network.relays:
                if relay.population == part.population.name:
                    self._deliver(relay.name, sent[:, :, relay.first : relay.first + relay.size])
        for part in self.parts:
            for slot in part.slots:
                slot.end()
        return outputs

    def _feed(self, port: InputPort, values: FloatArray) -> None:
        """Deliver an input; what it weighs is known already while it does not change."""
        targets = self._targets.get(port.name, [])
        before = self._held.get(port.name)
        if before is None or not np.array_equal(before[0], values):
            codes = self._codes(port, values)
            before = self._held[port.name] = (values, [t.weigh(codes) for t in targets])
        for target, sums in zip(targets, before[1], strict=True):
            target.slot.arriving += sums

    def _codes(self, port: InputPort, values: FloatArray) -> FloatArray:
        shape = (len(self._switches), *values.shape)
        codes = np.broadcast_to(values / port.step, shape).copy()
        coded = self._switches.rows(CODING, f"inputs/{port.name}")
        limited = self._switches.rows(SATURATION, f"inputs/{port.name}")
        codes[coded] = np.rint(codes[coded])
        codes[limited] = np.clip(codes[limited], port.low_code, port.high_code)
        return codes

    def _deliver(self, source: str, sent: FloatArray) -> None:
        for target in self._targets.get(source, ()):
            target.slot.arriving += target.weigh(sent)


def simulate_variants(
    network: QuantizedNetwork,
    exact: Mapping[str, UnroundedPopulation],
    stimulus: Mapping[str, FloatArray],
    variants: Sequence[Collection[Source]],
    probes: Collection[str] | None = None,
) -> VariantTrace:
    """Run variants of ``network`` side by side.

    Parameters
    ----------
    exact : what the codes of each population were rounded from
    stimulus : (samples, steps, size) for each input, each sample from the initial state
    variants : the sources of error that each variant has
    probes : those that are kept, by default all
    """
    samples, steps = next(iter(stimulus.values())).shape[:2]
    run = _Run(network, exact, SideBySide(network.formats, Switches(variants), samples))
    recorder = Recorder(network, (len(variants), samples), steps, probes)
    for step in range(steps):
        recorder.add(step, run.step({name: rows[:, step] for name, rows in stimulus.items()}))
    return recorder.trace()
