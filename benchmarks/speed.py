"""How fast the software models are, in one run: golden model, nengo.Simulator, plain C, RTL.

    python benchmarks/speed.py [--steps N] [--network NAME]... [--rtl] [--json]

Needs the extras ``sim`` and ``nengo`` and a C compiler, for ``--rtl`` one of C++. All run the same
network on the same input, in turns, each on one thread; the best of several runs counts. Machines
differ: compare the ratios.
"""

from __future__ import annotations

import os

# Before NumPy is there: with several threads, who else is busy would decide.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import ctypes
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import click
import nengo
import numpy as np
from networks import EXAMPLES, NETWORKS, network_option, stimulus_for

from nef2hw.compiler.fold import fold
from nef2hw.compiler.folded import DiscreteFilter, FoldedNetwork
from nef2hw.compiler.quantize import quantize
from nef2hw.program.decode import encode_inputs
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.sim.golden import simulate_golden
from nef2hw.sim.golden_runs import run_golden, run_golden_batch
from nef2hw.sim.reference import simulate_reference
from nef2hw.stimulus import Stimulus
from nef2hw.tools import find_tool

RUNS = 5
#: Samples of a network that are run side by side.
SAMPLES = 8
#: Samples of the digits at once, and steps of each.
BATCH, BATCH_STEPS = 256, 100


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
        for relay in folded.relays:
            values = slice(relay.first, relay.first + relay.size)
            objects[relay.name] = objects[relay.population][values]
        values_of = {source.name for source in (*folded.inputs, *folded.relays)}
        for connection in folded.connections:
            spiking = connection.pre not in values_of
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


def best_seconds(runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Least wall time of each, of some runs in turns."""
    seconds = dict.fromkeys(runs, float("inf"))
    for _ in range(RUNS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


def measure(name: str, steps: int) -> dict[str, float]:
    """Steps per second of everything that runs the network, and golden model over the rest."""
    trained = NETWORKS[name]()
    folded = fold(trained)
    network = quantize(folded)
    stimulus = stimulus_for(trained, steps)
    codes = encode_inputs(network, stimulus)
    samples = side_by_side(codes)
    runs: dict[str, Callable[[], object]] = {
        "golden": lambda: run_golden(network, codes),
        "batch": lambda: run_golden_batch(network, samples),
        "stepwise_golden": lambda: simulate_golden(network, codes),
        "reference": lambda: simulate_reference(folded, stimulus),
    }
    if name == "784-128-10":
        runs["plain_c"] = event_loop(network, codes)
    with nengo.Simulator(
        nengo_network(folded, stimulus), dt=folded.dt_s, progress_bar=False
    ) as simulator:
        runs["nengo"] = lambda: simulator.run_steps(steps, progress_bar=False)
        seconds = best_seconds(runs)
    batch_s = seconds.pop("batch")
    figures = {f"{who}_steps_per_s": steps / time_s for who, time_s in seconds.items()}
    figures["golden_over_nengo"] = seconds["nengo"] / seconds["golden"]
    figures["golden_samples_over_nengo"] = seconds["nengo"] * SAMPLES / batch_s
    if "plain_c" in seconds:
        figures["golden_over_plain_c"] = seconds["plain_c"] / seconds["golden"]
    if name == "digits":
        figures["samples_per_s"] = batch_rate(network)
    return figures


def side_by_side(codes: Mapping[str, CodeArray]) -> dict[str, CodeArray]:
    """Return samples, (SAMPLES, steps, size) for each input: the same rows, begun elsewhere."""
    return {
        name: np.stack([np.roll(rows, k * len(rows) // SAMPLES, axis=0) for k in range(SAMPLES)])
        for name, rows in codes.items()
    }


def batch_rate(network: QuantizedNetwork) -> float:
    """Digits per second that the golden model classifies in batches, each from reset."""
    images = np.load(EXAMPLES / "digits" / "test_inputs.npz")["x"][:BATCH]
    held = np.repeat(images, BATCH_STEPS, axis=0)
    codes = {
        name: rows.reshape(len(images), BATCH_STEPS, -1)
        for name, rows in encode_inputs(network, {"x": held}).items()
    }
    seconds = best_seconds({"batch": lambda: run_golden_batch(network, codes)})
    return len(images) / seconds["batch"]


def event_loop(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray]
) -> Callable[[], ctypes.c_int64]:
    """Build ``event_loop.c`` and return what runs it on the network's integers."""
    source = Path(__file__).with_name("event_loop.c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "event_loop.so"
        flags = ["-O3", "-march=native", "-shared", "-fPIC"]
        # C++ compilers come with one for C; asked for it by the language.
        command = [*find_tool("c++").command, "-x", "c", *flags, "-o", str(library), str(source)]
        subprocess.run(command, check=True)
        run = ctypes.CDLL(str(library)).run
    run.restype = ctypes.c_int64
    hidden, out = network.populations
    assert hidden.neurons is not None
    spikes = codes["x"]
    start = np.concatenate([[0], np.cumsum(np.count_nonzero(spikes, axis=1))]).astype(np.int32)
    events = np.nonzero(spikes)[1].astype(np.int32)
    layers = [population.compartments[0] for population in (hidden, out)]
    weights = [
        np.ascontiguousarray(layer.projections[0].weight_code, dtype=np.int16) for layer in layers
    ]
    # One shift for all neurons is near enough for a measure of time.
    shifts = [
        int(network.formats.guard_bits + network.formats.align_bits - np.median(layer.shift_code))
        for layer in layers
    ]
    decay = round(hidden.neurons.decay_code * 2.0 ** (16 - network.formats.decay_frac))
    counts = np.zeros(out.size, dtype=np.int64)

    def run_once() -> ctypes.c_int64:
        pointers = [array.ctypes.data for array in (start, events, *weights, counts)]
        begin, listed, to_hidden, to_out, found = map(ctypes.c_void_p, pointers)
        sizes = (hidden.size, out.size)
        return run(len(spikes), begin, listed, *sizes, to_hidden, to_out, *shifts, decay, 2, found)

    return run_once


def rtl_rate(name: str, steps: int) -> dict[str, float]:
    """Clock cycles per second of the compiled RTL beside the golden model, and its build time."""
    import nef2hw
    from nef2hw.sim.compiled.verify import verify

    program = nef2hw.compile(nef2hw.load(EXAMPLES / name / "model.npz")).program
    start = time.perf_counter()
    report = verify(program, steps=steps)
    return {
        "rtl_cycles_per_s": report.cycles_per_second,
        "rtl_build_s": time.perf_counter() - start - report.seconds,
        "verify_s": report.seconds,
    }


def print_table(figures: Mapping[str, Mapping[str, float]]) -> None:
    """Print a column for each network, as Markdown."""
    click.echo(f"| | {' | '.join(figures)} |")
    click.echo("|---" * (len(figures) + 1) + "|")
    for figure in dict.fromkeys(key for column in figures.values() for key in column):
        cells = [_cell(column.get(figure)) for column in figures.values()]
        click.echo(f"| {figure.replace('_', ' ')} | {' | '.join(cells)} |")


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


@click.command()
@click.option("--steps", default=2000, show_default=True, help="Steps of each run.")
@network_option
@click.option("--rtl", is_flag=True, help="Verify the RTL of the examples for as many steps, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(steps: int, networks: tuple[str, ...], rtl: bool, as_json: bool) -> None:
    """Time golden model, float reference, nengo.Simulator, plain C and simulated RTL."""
    figures = {name: measure(name, steps) for name in networks}
    if rtl:
        for name in networks:
            if (EXAMPLES / name).is_dir():
                figures[name] |= rtl_rate(name, steps)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
    else:
        print_table(figures)


if __name__ == "__main__":
    main()
