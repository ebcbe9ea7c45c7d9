"""``nef2hw verify``."""

from __future__ import annotations

from pathlib import Path

import click

from nef2hw.build.check import CheckInput
from nef2hw.build.prove import prove
from nef2hw.build.source import load_source
from nef2hw.cli.parameters import (
    EXISTING_FOLDER,
    hold_option,
    input_option,
    json_option,
    steps_option,
)
from nef2hw.cli.terminal import print_json, progress


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@steps_option
@input_option(required=False)
@hold_option
@json_option
@click.pass_context
def verify(
    context: click.Context,
    directory: Path,
    steps: int | None,
    input_path: Path | None,
    hold: int,
    as_json: bool,
) -> None:
    """Compare the RTL of a build with the golden model, bit for bit.

    Every spike, state and output of every step must be equal, with random stalls and without.
    Without --input, extremes and noise within the inputs' ranges are used.

    \b
    Example:
      nef2hw verify build/digits-ulx3s_85f --steps 1000
    """
    proof = prove(load_source(directory), CheckInput(input_path, hold=hold, steps=steps), progress)
    if as_json:
        print_json(proof.as_dict())
    elif proof.difference is None:
        click.echo(
            f"equal: RTL and golden model agree on every spike, state and output of {proof.steps} "
            f"steps ({proof.values} values, {proof.cycles} clock cycles, {proof.seconds:.1f} s)"
        )
    else:
        click.echo(f"different: {proof.difference}")
    if proof.difference is not None:
        click.echo(f"nef2hw: {directory}: RTL and golden model differ", err=True)
        context.exit(1)
