"""Float reference: what the trained network does, spike for spike as Nengo does it.

Nothing is quantized and inputs are taken as they are, outside their declared
range too: the difference to the golden model is the whole price of hardware.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nef2hw.compiler.fold import step_order
from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.model.network import FloatArray, LifNeurons
from nef2hw.stimulus import Stimulus, hold_stimulus
from nef2hw.trace import Trace

SpikeArray = npt.NDArray[np.uint8]


def simulate_reference(
    folded: FoldedNetwork, stimulus: Mapping[str, FloatArray], steps: int | None = None
) -> Trace:
    """Simulate ``folded`` in float64.

    Parameters
    ----------
    folded : the network
    stimulus : (rows, size) for each input; a single row is held
    steps : number of steps, by default as many as there are rows

    Returns
    -------
    Trace
        Stimulus, spikes of every ensemble and values of every probe, each step.
    """
    held = hold_stimulus(stimulus, folded.inputs, steps)
    if steps is None:
        steps = len(next(iter(held.values()))) if held else 1
    populations = {population.name: population for population in folded.populations}
    outputs = _run(folded, populations, held, steps)
    return Trace(
        steps=steps,
        spikes={
            name: outputs[name].astype(np.uint8)
            for name, population in populations.items()
            if population.neurons is not None
        },
        probes={probe.name: _probe_values(probe, outputs) for probe in folded.probes},
        inputs=held,
    )


def _probe_values(probe: FoldedProbe, outputs: Mapping[str, FloatArray]) -> FloatArray:
    return outputs[probe.population] * probe.scale


def _run(
    folded: FoldedNetwork,
    populations: Mapping[str, FoldedPopulation],
    stimulus: Stimulus,
    steps: int,
) -> dict[str, FloatArray]:
    """Return spikes (0 or 1) or readout values of each population, (steps, size)."""
    order = [populations[name] for name in step_order(folded)]
    links = [_Link(connection, folded) for connection in folded.connections]
    into = {name: [link for link in links if link.post == name] for name in populations}
    neurons = {
        population.name: _LifState(population, population.neurons, folded.dt_s)
        for population in order
        if population.neurons is not None
    }
    outputs = {population.name: np.zeros((steps, population.size)) for population in order}
    sources = {**stimulus, **outputs}
    for step in range(steps):
        for population in order:
            total = population.bias.copy()
            for link in into[population.name]:
                total += link.output if link.delayed else link.weigh(sources[link.pre][step])
            state = neurons.get(population.name)
            outputs[population.name][step] = total if state is None else state.step(total)
        for link in links:
            if link.delayed:
                link.filter(sources[link.pre][step])
    return outputs


class _Link:
    """A connection and the filtered current it delivers."""

    def __init__(self, connection: FoldedConnection, folded: FoldedNetwork) -> None:
        self.pre = connection.pre
        self.post = connection.post
        self.delayed = connection.delay == 1
        self.output = np.zeros(connection.weights.shape[0])
        self._keep = connection.filter.A[0][0] if connection.filter else 0.0
        self._gain = connection.filter.B[0] if connection.filter else 1.0
        self._weights = connection.weights
        self._rows = np.ascontiguousarray(connection.weights.T)
        self._sparse = all(
            source.name != self.pre or source.kind == "spike" for source in folded.inputs
        )

    def weigh(self, source: FloatArray) -> FloatArray:
        """Return W u; of spikes only the rows that fired are added."""
        if not self._sparse:
            return np.asarray(self._weights @ source)
        return np.asarray(self._rows[np.flatnonzero(source)].sum(axis=0))

    def filter(self, source: FloatArray) -> None:
        """Advance the filter by one step; its output is seen in the next."""
        self.output = self._keep * self.output + self._gain * self.weigh(source)


class _LifState:
    """Nengo's LIF neurons, the same operations in the same order."""

    def __init__(self, population: FoldedPopulation, lif: LifNeurons, dt_s: float) -> None:
        zeros = np.zeros(population.size)
        voltage, refractory = population.voltage_init, population.refractory_init_s
        self._lif = lif
        self._dt_s = dt_s
        self._voltage = zeros.copy() if voltage is None else voltage.copy()
        self._refractory_s = zeros.copy() if refractory is None else refractory.copy()

    def step(self, current: FloatArray) -> npt.NDArray[np.bool_]:
        """Advance one step and return who spikes."""
        lif, dt_s, voltage = self._lif, self._dt_s, self._voltage
        self._refractory_s -= dt_s
        free_s = np.clip(dt_s - self._refractory_s, 0, dt_s)
        voltage -= (current - voltage) * np.expm1(-free_s / lif.tau_rc_s)
        spiked = voltage > 1
        overshoot = (voltage[spiked] - 1) / (current[spiked] - 1)
        np.maximum(voltage, lif.min_voltage, out=voltage)
        voltage[spiked] = 0
        self._refractory_s[spiked] = lif.tau_ref_s + dt_s + lif.tau_rc_s * np.log1p(-overshoot)
        return spiked
