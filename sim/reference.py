"""Float reference: what the trained network does, spike for spike as Nengo does it.

Nothing is quantized and inputs are taken as they are, outside their declared
range too: the difference to the golden model is the whole price of hardware.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from nef2hw.compiler.fold import step_order
from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.errors import ModelError
from nef2hw.model.network import FloatArray, IfNeurons, LifNeurons
from nef2hw.sim.reference_links import Link
from nef2hw.sim.reference_neurons import start
from nef2hw.stimulus import Stimulus, hold_stimulus
from nef2hw.trace import Trace

SpikeArray = npt.NDArray[np.uint8]

#: Most spikes of a neuron in one step.
MAX_SPIKES = int(np.iinfo(np.uint8).max)


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
        Stimulus, spikes of every ensemble (how often each neuron fires) and values of every
        probe, each step.

    Raises
    ------
    StimulusError
        When the stimulus does not fit the inputs.
    ModelError
        When a neuron fires more often in a step than a trace can tell.
    """
    held = hold_stimulus(stimulus, folded.inputs, steps)
    if steps is None:
        steps = len(next(iter(held.values()))) if held else 1
    populations = {population.name: population for population in folded.populations}
    outputs = _run(folded, populations, held, steps)
    return Trace(
        steps=steps,
        spikes={
            name: _spikes(name, outputs[name])
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
    """Return counts of spikes or readout values of each population, (steps, size)."""
    order = [populations[name] for name in step_order(folded)]
    binary = _binary_sources(folded)
    links = [Link(connection, connection.pre in binary) for connection in folded.connections]
    into = {name: [link for link in links if link.post == name] for name in populations}
    states = {
        population.name: start(population, population.neurons, folded.dt_s)
        for population in order
        if population.neurons is not None
    }
    outputs = {population.name: np.zeros((steps, population.size)) for population in order}
    relayed = {r.name: outputs[r.population][:, r.first : r.first + r.size] for r in folded.relays}
    sources = {**stimulus, **outputs, **relayed}
    for step in range(steps):
        for population in order:
            total = population.bias.copy()
            for link in into[population.name]:
                total += link.before() if link.delayed else link.now(sources[link.pre][step])
            state = states.get(population.name)
            outputs[population.name][step] = total if state is None else state.step(total)
        for link in links:
            if link.delayed:
                link.send(sources[link.pre][step])
    return outputs


def _binary_sources(folded: FoldedNetwork) -> set[str]:
    """Return the sources that give 0 or 1, nothing else."""
    return {source.name for source in folded.inputs if source.kind == "spike"} | {
        population.name
        for population in folded.populations
        if isinstance(population.neurons, LifNeurons | IfNeurons)
    }


def _spikes(name: str, counts: FloatArray) -> SpikeArray:
    """Return counts as a trace holds them.

    Raises
    ------
    ModelError
        For more spikes of a neuron in one step than a trace can tell.
    """
    if counts.max(initial=0) > MAX_SPIKES:
        step, neuron = np.argwhere(counts > MAX_SPIKES)[0]
        raise ModelError(
            f"ensembles/{name}: neuron {neuron} fires {counts[step, neuron]:g} times in step "
            f"{step}, at most {MAX_SPIKES} can be told; lower its gain and bias, or shorten dt"
        )
    return counts.astype(np.uint8)
