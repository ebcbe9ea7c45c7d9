"""Clock cycles of a step against what they are spent on, from simulated RTL.

    python benchmarks/cycles.py [--steps N]

A random network of two layers, 784-128-10, is driven by spikes with one input in ten active; its
connections have a lowpass or no synapse. ``update`` is the cycles in which neurons enter, over all
passes, ``words`` those in which a word of weights is added. The aim, where the two overlap, is
1.05 of the longer plus 32. The examples follow, as compiled for their board. Needs a C++ compiler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import numpy as np

import nef2hw
from nef2hw.compiler.assemble import CoreShape, assemble
from nef2hw.compiler.cycles import observed
from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import LifNeurons
from nef2hw.model.synapses import Lowpass
from nef2hw.program.decode import encode_inputs
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.program import Program
from nef2hw.sim.compiled.core import simulate_rtl
from nef2hw.trace import Trace

EXAMPLES = Path(__file__).parent.parent / "examples"
DT_S = 0.001
SIZES = (784, 128, 10)
ACTIVE = 0.1
HOLD_STEPS = 10
#: (lanes, neuron lanes)
SHAPES = ((8, 1), (32, 1), (32, 4), (128, 2), (128, 8))


def layers(tau_s: float | None, seed: int = 0) -> FoldedNetwork:
    """Three layers of random weights, of which the first is the input."""
    rng = np.random.default_rng(seed)
    synapse = None if tau_s is None else discretize(Lowpass(tau_s), DT_S)[0]
    names = ("input", "hidden", "output")
    populations = [
        FoldedPopulation(name, np.full(size, 0.5), LifNeurons())
        for name, size in zip(names[1:], SIZES[1:], strict=True)
    ]
    connections = [
        FoldedConnection(
            f"{names[k]}-{names[k + 1]}",
            names[k],
            names[k + 1],
            rng.normal(0.02, 4 / np.sqrt(SIZES[k]), (SIZES[k + 1], SIZES[k])),
            synapse,
            0 if synapse is None else 1,
        )
        for k in range(2)
    ]
    return FoldedNetwork(
        DT_S,
        (FoldedInput("input", SIZES[0], "spike", np.zeros(SIZES[0]), np.ones(SIZES[0])),),
        tuple(populations),
        tuple(connections),
        (FoldedProbe("output", "spikes", "output", 1 / DT_S),),
    )


def update_cycles(program: Program) -> int:
    """Cycles in which a neuron, or as many as there are neuron lanes, enters the pipeline."""
    config = program.config
    return sum(
        -(-p.size // config.neuron_lanes) * config.neuron_interval * max(1, len(p.compartments))
        for p in program.network.populations
    )


def delivered_words(program: Program, codes: Mapping[str, CodeArray], trace: Trace) -> float:
    """Mean words of weights added per step."""
    network, words = program.network, 0.0
    events = observed(program, codes, trace.spikes).events
    for population in network.populations:
        row_words = -(-population.size // program.config.lanes)
        for compartment in population.compartments:
            for projection in compartment.projections:
                words += events[projection.pre] * row_words
    return words


def spikes_for(steps: int) -> dict[str, CodeArray]:
    """Return random input spikes."""
    rng = np.random.default_rng(1)
    return {"input": (rng.random((steps, SIZES[0])) < ACTIVE).astype(np.int64)}


def random_cases(steps: int) -> Iterator[tuple[str, Program, dict[str, CodeArray]]]:
    """Yield the random networks in cores of all shapes, with their input."""
    codes = spikes_for(steps)
    for tau_s in (0.005, None):
        network = quantize(layers(tau_s))
        synapse = "unfiltered" if tau_s is None else "lowpass"
        for lanes, neuron_lanes in SHAPES:
            shape = CoreShape(lanes, neuron_lanes=neuron_lanes, distributed_words=32)
            yield f"784-128-10 {synapse}, {lanes} / {neuron_lanes}", assemble(network, shape), codes


def example_cases(steps: int) -> Iterator[tuple[str, Program, dict[str, CodeArray]]]:
    """Yield the examples, with random inputs that change now and then."""
    rng = np.random.default_rng(2)
    for name in ("digits", "nef_channel"):
        compiled = nef2hw.compile(nef2hw.load(EXAMPLES / name / "model.npz"))
        stimulus = {
            given.name: np.repeat(
                rng.uniform(given.low, given.high, (-(-steps // HOLD_STEPS), given.size)),
                HOLD_STEPS,
                axis=0,
            )[:steps]
            for given in compiled.folded.inputs
        }
        program, config = compiled.program, compiled.program.config
        codes = encode_inputs(program.network, stimulus)
        yield f"{name}, {config.lanes} / {config.neuron_lanes}", program, codes


@click.command()
@click.option("--steps", default=200, show_default=True, help="Steps of each run.")
def main(steps: int) -> None:
    """Print cycles per step and what they are spent on."""
    click.echo(f"{'network, lanes / neuron lanes':36} update  words    min   mean    max    aim")
    for cases in (random_cases(steps), example_cases(steps)):
        for name, program, codes in cases:
            trace = simulate_rtl(program, codes, notify=lambda _: None)
            assert trace.cycles is not None
            update, words = update_cycles(program), delivered_words(program, codes, trace)
            cycles, aim = trace.cycles, 1.05 * max(update, words) + 32
            click.echo(
                f"{name:36} {update:6} {words:6.1f} {cycles.min():6} {cycles.mean():6.1f} "
                f"{cycles.max():6} {aim:6.1f}"
            )


if __name__ == "__main__":
    main()
