"""A neural controller in closed loop with a simulated lift: spikes hold up a weight.

    python examples/controller/run.py --port sim
    python examples/controller/run.py build/controller-icebreaker --port /dev/ttyUSB1

The computer simulates the lift, a mass with friction; in every period of the loop, it sends error
and speed to the board and takes the force that the network answers with. Later in the run, a load
is put on the lift. Sixty neurons integrate coarsely: an error of about 0.1 m stays.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

import nef2hw
from nef2hw.errors import Nef2hwError
from nef2hw.host.realtime import Sample
from nef2hw.live import new_figure, run_live

MODEL = Path(__file__).parent / "model.npz"
PERIOD_STEPS = 5  #: steps of the network for each exchange with the lift
MASS_KG = 1.0
FRICTION_N_S_PER_M = 0.5
LOAD_N = -1.5
LENGTH_S, SIMULATED_S = 16.0, 8.0
HOLD_S = 4.0  #: time at each height
SETTLED_S = 3.0  #: time after a step from which the error counts
LOAD_BEGINS = 0.625  #: part of the run after which the load is put on


@dataclass
class Lift:
    """A mass that a force moves up and down; semi-implicit Euler steps."""

    height_m: float = 0.0
    speed_m_per_s: float = 0.0

    def move(self, force_n: float, dt_s: float) -> None:
        """Let ``force_n`` act for ``dt_s``."""
        acceleration = (force_n - FRICTION_N_S_PER_M * self.speed_m_per_s) / MASS_KG
        self.speed_m_per_s += acceleration * dt_s
        self.height_m += self.speed_m_per_s * dt_s


@dataclass
class History:
    """What happened, a value per exchange."""

    time_s: list[float] = field(default_factory=list)
    wanted_m: list[float] = field(default_factory=list)
    height_m: list[float] = field(default_factory=list)
    force_n: list[float] = field(default_factory=list)
    integral_n: list[float] = field(default_factory=list)
    spikes: list[tuple[float, int]] = field(default_factory=list)  #: time and neuron


def wanted_height(time_s: float) -> float:
    """Return the height asked for, a step up and down every few seconds."""
    return 1.0 if time_s % (2 * HOLD_S) < HOLD_S else 0.0


def control(
    session: nef2hw.Session, seconds: float, speed: float | None, history: History
) -> nef2hw.host.realtime.Stream:
    """Run the loop for ``seconds`` of model time."""
    lift, period_s = Lift(), PERIOD_STEPS * session.dt_s

    def next_row(sample: Sample | None) -> dict[str, Any] | None:
        time_s = 0.0 if sample is None else sample.time_s
        if sample is not None:
            _act(lift, sample, seconds, period_s, history)
        if time_s >= seconds:
            return None
        error = wanted_height(time_s) - lift.height_m
        return {"error": [error], "speed": [lift.speed_m_per_s]}

    stream = session.stream(next_row, steps_per_row=PERIOD_STEPS, speed=speed)
    for _ in stream:
        pass
    return stream


def _act(lift: Lift, sample: Sample, seconds: float, period_s: float, history: History) -> None:
    """Let the force of a sample act on the lift, and note what happened."""
    force_n = float(sample.outputs.probes["force"][-1, 0])
    load_n = LOAD_N if sample.time_s >= LOAD_BEGINS * seconds else 0.0
    lift.move(force_n + load_n, period_s)
    history.time_s.append(sample.time_s)
    history.wanted_m.append(wanted_height(sample.time_s))
    history.height_m.append(lift.height_m)
    history.force_n.append(force_n)
    history.integral_n.append(float(sample.outputs.probes["integral"][-1, 0]))
    start_s = sample.time_s - period_s
    for step, neuron in zip(*np.nonzero(sample.outputs.spikes["integrator"]), strict=True):
        history.spikes.append((start_s + step * period_s / PERIOD_STEPS, int(neuron)))


def picture(history: History, seconds: float) -> Callable[[], None]:
    """Lay out the figure; return what brings it up to date."""
    figure = new_figure(9, 7)
    height, force, raster = figure.subplots(3, 1, sharex=True)
    lines = {
        "wanted_m": height.plot([], [], "--", color="0.5", label="wanted")[0],
        "height_m": height.plot([], [], color="C0", label="lift")[0],
        "force_n": force.plot([], [], color="C1", linewidth=0.8, label="force")[0],
        "integral_n": force.plot([], [], color="C3", label="integral")[0],
    }
    dots = raster.plot([], [], ",", color="k")[0]
    height.set(ylabel="height (m)", ylim=(-1.2, 2.0), xlim=(0, seconds))
    force.set(ylabel="force (N)", ylim=(-13, 13))
    raster.set(ylabel="integrator neuron", xlabel="time (s)", ylim=(-1, 60))
    for axes in (height, force):
        axes.axvline(LOAD_BEGINS * seconds, color="0.8", zorder=0)
        axes.legend(loc="upper right", ncols=2)
    height.annotate("load put on", (LOAD_BEGINS * seconds, -1.0), color="0.4")

    def draw() -> None:
        count = len(history.integral_n)
        for name, line in lines.items():
            line.set_data(history.time_s[:count], getattr(history, name)[:count])
        spikes = history.spikes[:]
        dots.set_data([time_s for time_s, _ in spikes], [neuron for _, neuron in spikes])

    return draw


@click.command()
@click.argument("build", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--port", required=True, help="Serial port of the board, or 'sim'.")
@click.option("--seconds", type=float, help="Length of the run, model time. [16; sim: 8]")
@click.option("--speed", type=float, help="Model time over real time; 1 on a board. [sim: any]")
@click.option("--plot/--no-plot", default=True, help="Show what goes on in a window.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the picture to this file.")
def main(
    build: Path | None,
    port: str,
    seconds: float | None,
    speed: float | None,
    plot: bool,
    save: Path | None,
) -> None:
    """Control the lift, and say how well the computer kept pace."""
    network = build or nef2hw.compile(nef2hw.load(MODEL), board="icebreaker")
    pace = speed or (None if port == "sim" else 1.0)
    length_s = seconds or (SIMULATED_S if port == "sim" else LENGTH_S)
    history = History()
    draw = picture(history, length_s) if plot or save else None
    with nef2hw.connect(network, port, notify=lambda told: click.echo(told, err=True)) as session:
        streams = []
        run_live(
            lambda: streams.append(control(session, length_s, pace, history)), draw, save, plot
        )
    error = np.subtract(history.wanted_m, history.height_m)
    settled = [k for k, time_s in enumerate(history.time_s) if time_s % HOLD_S > SETTLED_S]
    click.echo(streams[0].summary)
    click.echo(f"error {SETTLED_S:g} s after each step: {np.abs(error[settled]).mean():.3f} m")


if __name__ == "__main__":
    try:
        main()
    except Nef2hwError as problem:
        sys.exit(f"{problem}")
