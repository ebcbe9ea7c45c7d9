"""``nef2hw program``, ``load`` and ``run``: what talks to a board."""

from __future__ import annotations

from pathlib import Path

import click

from nef2hw.build.check import load_held_stimulus
from nef2hw.build.flash import flash
from nef2hw.build.folder import open_build
from nef2hw.build.source import load_source
from nef2hw.build.targets import open_session, run_on_port
from nef2hw.cli.parameters import (
    EXISTING_FOLDER,
    hold_option,
    input_option,
    port_option,
    steps_option,
    trace_option,
)
from nef2hw.cli.terminal import progress


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
def program(directory: Path) -> None:
    """Load the bitstream of a build onto the board at the USB port.

    \b
    Example:
      nef2hw program build/digits-ulx3s_85f
    """
    build = open_build(directory)
    bitstream = build.bitstream
    for note in build.report["board"].get("notes", ()):
        click.echo(f"{build.title}: {note}", err=True)
    flash(build, notify=progress)
    click.echo(f"{build.title} runs {bitstream}")


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@port_option
def load(directory: Path, port: str) -> None:
    """Load weights and constants of a build into the core that a board is running.

    \b
    Example:
      nef2hw load build/retrained --port /dev/ttyUSB0
    """
    build = open_build(directory)
    found = load_source(directory).program
    with open_session(found, port, build.baud, progress) as session:
        session.identify()
        session.load()
    click.echo(f"loaded image {found.image.digest} and read it back")


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@port_option
@input_option
@hold_option
@steps_option
@click.option("--states", is_flag=True, help="Read the integer states of every step too; slow.")
@trace_option
def run(
    directory: Path,
    port: str,
    input_path: Path | None,
    hold: int,
    steps: int | None,
    states: bool,
    trace_path: Path,
) -> None:
    """Run a build on a board, or on the simulated board, and write what it did.

    \b
    Examples:
      nef2hw run build/digits-ulx3s_85f --port /dev/ttyUSB0 --input x.npz -o trace.npz
      nef2hw run build/digits-ulx3s_85f --port sim --input x.npz --steps 50
    """
    build = open_build(directory)
    source = load_source(directory)
    stimulus = load_held_stimulus(input_path, source.folded, hold, steps)
    trace = run_on_port(source.program, stimulus, port, build.baud, states=states, notify=progress)
    trace.save(trace_path)
    click.echo(f"{trace.steps} steps written to {trace_path}")
