"""``nef2hw verify``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from nef2hw.build.check_input import load_held_stimulus
from nef2hw.build.source import load_source
from nef2hw.cli.parameters import (
    EXISTING_FOLDER,
    hold_option,
    input_option,
    json_option,
    steps_option,
)
from nef2hw.cli.terminal import print_json, progress
from nef2hw.errors import ProgramError
from nef2hw.sim.compiled.core import CompiledCore
from nef2hw.sim.compiled.verify import DEFAULT_STEPS, verify_core

#: Chance of a stall per cycle and stream, and most steps, of the second pass.
STALL = 0.25
STALLED_STEPS = 100


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@steps_option
@input_option
@hold_option
@click.option("--seed", type=int, default=0, show_default=True, help="Of random inputs and stalls.")
@json_option
def verify(
    directory: Path,
    steps: int | None,
    input_path: Path | None,
    hold: int,
    seed: int,
    as_json: bool,
) -> None:
    """Compare the RTL of a build with the golden model, bit for bit.

    Every spike, state and output of every step must be equal; a second pass repeats the beginning
    with random stalls. Without --input, random values that go to the ends of each input's range.

    \b
    Example:
      nef2hw verify build/digits-ulx3s_85f --steps 1000
    """
    source = load_source(directory)
    stimulus = load_held_stimulus(input_path, source.folded, hold, steps) if input_path else None
    found = []
    with closing(CompiledCore(source.program, notify=progress)) as core:
        for stall, limit in ((0.0, steps), (STALL, min(steps or DEFAULT_STEPS, STALLED_STEPS))):
            progress(f"simulating the RTL{' with stalls' if stall else ''}")
            found.append(verify_core(core, stimulus, steps=limit, stall=stall, seed=seed))
            if not found[-1].equal:
                break
    if as_json:
        print_json([report.as_dict() for report in found])
    else:
        for report in found:
            click.echo(f"{report}{', with stalls' if report.stall else ''}")
    if not found[-1].equal:
        raise ProgramError(
            f"{directory}: the RTL does not compute what the golden model does, first at "
            f"{found[-1].difference}"
        )
