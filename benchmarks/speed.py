"""How fast the software models are: golden model, nengo.Simulator and simulated RTL, in one run.

    python benchmarks/speed.py [--steps N] [--json]

Needs the extras ``sim`` and ``nengo`` and a C++ compiler. All three run the same network on the
same input; the median of three runs counts. Machines differ: compare the ratios.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import click
import nengo
import numpy as np

import nef2hw
from nef2hw.compiler.fold import fold
from nef2hw.compiler.folded import DiscreteFilter, FoldedNetwork
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.compiled.verify import verify
from nef2hw.sim.golden import simulate_golden
from nef2hw.stimulus import Stimulus

EXAMPLES = Path(__file__).parent.parent / "examples"
NETWORKS = ("digits", "nef_channel")
RUNS = 3
HOLD_STEPS = 100


def nengo_network(folded: FoldedNetwork, stimulus: Stimulus) -> nengo.Network:
    """Build the folded network in Nengo: populations with unit gain, dense weights between them."""
    objects: dict[str, object] = {}
    with nengo.Network() as network:
        for source in folded.inputs:
            rows = stimulus[source.name]
            objects[source.name] = nengo.Node(_player(rows, folded.dt_s), size_out=source.size)
        for population in folded.populations:
            if population.neurons is None:
                objects[population.name] = nengo.Node(size_in=population.size)
                nengo.Probe(objects[population.name])
                continue
            neurons = nengo.LIF(population.neurons.tau_rc_s, population.neurons.tau_ref_s)
            ensemble = nengo.Ensemble(
                population.size,
                1,
                neuron_type=neurons,
                gain=np.ones(population.size),
                bias=population.bias,
            )
            objects[population.name] = ensemble.neurons
            nengo.Probe(ensemble.neurons)
        inputs = {source.name for source in folded.inputs}
        for connection in folded.connections:
            spiking = connection.pre not in inputs
            nengo.Connection(
                objects[connection.pre],
                objects[connection.post],
                transform=connection.weights * (folded.dt_s if spiking else 1.0),
                synapse=_synapse(connection.filter),
            )
    return network


def _synapse(discrete: DiscreteFilter | None) -> nengo.LinearFilter | None:
    if discrete is None:
        return None
    assert len(discrete.A) == 1
    return nengo.LinearFilter([discrete.B[0]], [1, -discrete.A[0][0]], analog=False)


def _player(rows: np.ndarray, dt_s: float) -> Callable[[float], np.ndarray]:
    return lambda t: rows[min(round(t / dt_s) - 1, len(rows) - 1)]


def median_seconds(run: Callable[[], object]) -> float:
    """Median wall time of some runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def measure(name: str, steps: int) -> dict[str, float]:
    """Measure one example."""
    trained = nef2hw.load(EXAMPLES / name / "model.npz")
    folded = fold(trained)
    program = nef2hw.compile(trained, board="ulx3s").program
    rng = np.random.default_rng(0)
    stimulus = {
        i.name: np.repeat(rng.uniform(i.low, i.high, (-(-steps // HOLD_STEPS), i.size)), 100, 0)
        for i in folded.inputs
    }
    codes = encode_inputs(program.network, stimulus)
    golden = median_seconds(lambda: simulate_golden(program.network, codes))
    with nengo.Simulator(
        nengo_network(folded, stimulus), dt=folded.dt_s, progress_bar=False
    ) as simulator:
        reference = median_seconds(lambda: simulator.run_steps(steps, progress_bar=False))
    report = verify(program, codes=codes, steps=min(steps, 1000))
    return {
        "golden_steps_per_s": steps / golden,
        "nengo_steps_per_s": steps / reference,
        "golden_over_nengo": reference / golden,
        "rtl_cycles_per_s": report.cycles_per_second,
    }


@click.command()
@click.option("--steps", default=2000, show_default=True, help="Steps of each run.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(steps: int, as_json: bool) -> None:
    """Time golden model, nengo.Simulator and simulated RTL on the examples."""
    figures = {name: measure(name, steps) for name in NETWORKS}
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    for name, row in figures.items():
        click.echo(name)
        for figure, value in row.items():
            click.echo(f"  {figure:20} {value:12,.1f}")


if __name__ == "__main__":
    main()
