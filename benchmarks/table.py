"""What the benchmark networks take on boards of every family, as one Markdown table.

    python benchmarks/table.py [--network NAME]... [--board NAME]... [--clock MHZ]
        [--lanes N] [--neuron-lanes N] [--seed N] [--again]

Builds each network for each board, a minute to some each, with default options where none are
given, as for ``nef2hw compile``, but for 2x500, whose weights are of 3 bits so that a board holds
them; builds stay in ``build/benchmarks`` and are not made again unless asked for. Cycles are
those of RTL that was simulated and compared with the golden model.
``utilization`` is synaptic operations per step over lanes times cycles. Where no placer is at
hand, synthesis alone gives the cells, and no clock.
The speed of the golden model and of nengo.Simulator, timed in the same run, follows.
Needs the extras ``toolchain``, ``sim`` and ``nengo``.
"""

from __future__ import annotations

import os

# Before NumPy is there: the software models are timed with one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from networks import EXAMPLES, NETWORKS, network_option, stimulus_for
from speed import measure

from nef2hw.boards.registry import find_board
from nef2hw.build.check_input import CheckInput
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.build.sizing.demands import Demands
from nef2hw.compiler.precision import Bits
from nef2hw.errors import CapacityError, TimingError

BOARDS = ("ulx3s_25f", "ulx3s_85f", "icebreaker", "arty", "tang_nano_9k")
FOLDER = Path("build/benchmarks")
EXAMPLE_INPUTS = {
    "digits": CheckInput(
        EXAMPLES / "digits/test_inputs.npz", EXAMPLES / "digits/test_labels.npy", hold=100
    ),
    "nef_channel": CheckInput(EXAMPLES / "nef_channel/input.npy"),
}
#: Where no board holds a network with the compiler's own choice.
WEIGHT_BITS = {"2x500 recurrent": 3}
#: Steps over which cycles are counted and RTL and golden model compared.
STEPS = 200


def build(name: str, board_name: str, options: BuildOptions, again: bool) -> dict[str, Any]:
    """Build a network for a board, or find what was built; return the report."""
    board = find_board(board_name)
    demands = options.demands
    asked = (demands.lanes, demands.neuron_lanes, options.clock_hz, options.seed)
    named = [name, board.name, *(f"{choice:g}" for choice in asked if choice is not None)]
    folder = FOLDER / "-".join(named).replace(" ", "-")
    report = folder / "report.json"
    if again or not report.is_file():
        model, given = write_model(name)
        notify = _progress(f"{name}, {board.name}")
        make_build(model, board, folder, options, given, notify)
    found: dict[str, Any] = json.loads(report.read_text())
    return found


def write_model(name: str) -> tuple[Path, CheckInput]:
    """Write a network, and its input unless it is an example that has one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    model = FOLDER / f"{name.replace(' ', '-')}.npz"
    trained = NETWORKS[name]()
    trained.save(model)
    if name in EXAMPLE_INPUTS:
        return model, EXAMPLE_INPUTS[name]
    stimulus = model.with_suffix(".input.npz")
    np.savez(stimulus, **stimulus_for(trained, STEPS))
    return model, CheckInput(stimulus)


def _progress(what: str) -> Any:
    return lambda message: click.echo(f"{what}: {message}", err=True)


def figures(report: Mapping[str, Any]) -> dict[str, str]:
    """Pick the figures of one build."""
    used = {name: entry["used"] for name, entry in report["resources"].items()}
    cycles, speed = report["cycles_per_step"]["simulated"], report["speed"]
    clock_mhz = report["clock_mhz"]["reached"]
    rate = clock_mhz and clock_mhz * 1e6 / cycles["mean"]
    return {
        "lanes / neuron lanes": f"{report['lanes']} / {report['neuron_lanes']}",
        "LUT / FF": f"{used['lut']} / {used['ff']}",
        "block RAM / DSP": f"{used['block_rams']} / {used['dsp']}",
        "cycles per step, min / mean / max": "{min} / {mean:.0f} / {max}".format(**cycles),
        "utilization": f"{speed['lane_utilization']:.0%}",
        "clock, MHz": f"{clock_mhz:.1f}" if clock_mhz else "",
        "steps per second": f"{rate:,.0f}" if rate else "",
        "synaptic operations per second": f"{speed['synaptic_operations_per_step'] * rate:.2g}"
        if rate
        else "",
        "against float": error(report["fidelity"]),
    }


def error(fidelity: Mapping[str, Any]) -> str:
    """Say how far golden model and float are apart, the probes' errors in units of their range."""
    if fidelity["accuracy_float"] is not None:
        return f"{fidelity['accuracy_golden']:.2%} right, float {fidelity['accuracy_float']:.2%}"
    ranges = fidelity["decoded_range"]
    return ", ".join(f"RMSE {v / ranges[k]:.2%}" for k, v in fidelity["decoded_rmse"].items())


def print_table(columns: Mapping[str, Mapping[str, str]], head: Iterable[str]) -> None:
    """Print a row for each of ``columns``, as Markdown."""
    head = list(head)
    click.echo(f"| | {' | '.join(head)} |")
    click.echo("|---" * (len(head) + 1) + "|")
    for name, found in columns.items():
        click.echo(f"| {name} | {' | '.join(found.get(key, '') for key in head)} |")


@click.command()
@network_option
@click.option("--board", "boards", multiple=True, default=BOARDS, show_default=True)
@click.option("--clock", "clock_mhz", type=float, help="MHz to ask for; default the board's own.")
@click.option("--lanes", type=int, help="Lanes; default as the compiler chooses.")
@click.option("--neuron-lanes", type=int, help="Neuron lanes; default as the compiler chooses.")
@click.option("--seed", type=int, help="Of placement.")
@click.option("--again", is_flag=True, help="Build again what was built.")
@click.option("--steps", default=2000, show_default=True, help="Steps of the software models.")
def main(
    networks: tuple[str, ...],
    boards: tuple[str, ...],
    clock_mhz: float | None,
    lanes: int | None,
    neuron_lanes: int | None,
    seed: int | None,
    again: bool,
    steps: int,
) -> None:
    """Build the networks for the boards and print what they take."""
    demands = Demands(lanes=lanes, neuron_lanes=neuron_lanes)
    clock_hz = clock_mhz and clock_mhz * 1e6
    rows: dict[str, dict[str, str]] = {}
    for name in networks:
        bits = Bits(weight_bits=WEIGHT_BITS.get(name))
        options = BuildOptions(demands=demands, bits=bits, clock_hz=clock_hz, seed=seed)
        for board in boards:
            try:
                report = build(name, board, options, again)
            except (CapacityError, TimingError) as problem:
                rows[f"{name}, {board}"] = {"lanes / neuron lanes": f"not built: {problem}"}
            else:
                rows[f"{name}, {board}"] = figures(report)
    head = dict.fromkeys(key for row in rows.values() for key in row)
    print_table(rows, head)
    click.echo()
    speeds = {name: measure(name, steps) for name in networks}
    compared = ("golden_steps_per_s", "nengo_steps_per_s", "golden_over_nengo")
    print_table(
        {name: {key: f"{found[key]:,.3g}" for key in compared} for name, found in speeds.items()},
        compared,
    )


if __name__ == "__main__":
    main()
