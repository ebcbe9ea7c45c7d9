"""``nef2hw simulate``."""

from __future__ import annotations

from pathlib import Path

import click

from nef2hw.build.check_input import load_held_stimulus
from nef2hw.build.source import load_source
from nef2hw.build.targets import TARGETS, simulate_target
from nef2hw.cli.parameters import (
    EXISTING,
    check_other,
    hold_option,
    input_option,
    steps_option,
    trace_option,
)
from nef2hw.cli.terminal import progress


@click.command()
@click.argument("source", metavar="MODEL|DIR", type=EXISTING)
@input_option
@hold_option
@steps_option()
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default="golden",
    show_default=True,
    help="Float reference, integer golden model, simulated RTL, or simulated board.",
)
@click.option("--states", is_flag=True, help="Write the integer states of every step too.")
@trace_option
def simulate(
    source: Path,
    input_path: Path | None,
    hold: int,
    steps: int | None,
    target: str,
    states: bool,
    trace_path: Path,
) -> None:
    """Run a model or a build on an input and write what it did.

    \b
    Example:
      nef2hw simulate model.npz --input x.npy --target reference -o float.npz
      nef2hw simulate build/digits-ulx3s_85f --input x.npz --hold 100 -o integers.npz
    """
    check_other(trace_path, source, input_path)
    found = load_source(source)
    stimulus = load_held_stimulus(input_path, found.folded, hold, steps)
    trace = simulate_target(found, stimulus, target, states=states, notify=progress)
    trace.save(trace_path)
    click.echo(f"{trace.steps} steps ({target}) written to {trace_path}")
