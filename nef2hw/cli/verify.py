"""``nef2hw verify``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from nef2hw.build.check_input import load_held_stimulus
from nef2hw.build.folder import WAVES, open_build
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
from nef2hw.program.program import Program
from nef2hw.sim.compiled.core import CompiledCore
from nef2hw.sim.compiled.verify import DEFAULT_STEPS, Keep, VerifyReport, verify_core
from nef2hw.sim.waves import signals_of, write_layout, write_vcd
from nef2hw.trace import Trace, join_traces

#: Chance of a stall per cycle and stream, and most steps, of the second pass.
STALL = 0.25
STALLED_STEPS = 100


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@steps_option(f", {DEFAULT_STEPS} without one")
@input_option
@hold_option
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Of random inputs and stalls.",
)
@click.option(
    "--wave", is_flag=True, help="Write DIR/waves.vcd, every state of every step, and a layout."
)
@json_option
def verify(
    directory: Path,
    steps: int | None,
    input_path: Path | None,
    hold: int,
    seed: int,
    wave: bool,
    as_json: bool,
) -> None:
    """Compare the RTL of a build with the golden model, bit for bit.

    Every spike, state and output of every step must be equal; a second pass repeats the beginning
    with random stalls. Without --input, random values that go to the ends of each input's range.

    \b
    Examples:
      nef2hw verify build/digits-ulx3s_85f --steps 1000
      nef2hw verify build/digits-ulx3s_85f --wave && gtkwave build/digits-ulx3s_85f/waves.gtkw
    """
    open_build(directory).check_files()
    source = load_source(directory)
    stimulus = load_held_stimulus(input_path, source.folded, hold, steps) if input_path else None
    found: list[VerifyReport] = []
    kept: list[tuple[Trace, Trace]] = []
    with closing(CompiledCore(source.program, notify=progress)) as core:
        for stall, limit in ((0.0, steps), (STALL, min(steps or DEFAULT_STEPS, STALLED_STEPS))):
            progress(f"simulating the RTL{' with stalls' if stall else ''}")
            keep = _keeper(kept) if wave and not found else _forget
            report = verify_core(core, stimulus, steps=limit, stall=stall, seed=seed, keep=keep)
            found.append(report)
            if not found[-1].equal:
                break
    if kept:
        _write_waves(directory, source.program, kept, found[0])
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


def _keeper(kept: list[tuple[Trace, Trace]]) -> Keep:
    return lambda golden, rtl: kept.append((golden, rtl))


def _forget(_golden: Trace, _rtl: Trace) -> None:
    """Keep nothing."""


def _write_waves(
    directory: Path, program: Program, kept: list[tuple[Trace, Trace]], report: VerifyReport
) -> None:
    """Write what the RTL did, and where that is wrong what the golden model did beside it."""
    golden, rtl = (join_traces(traces) for traces in zip(*kept, strict=True))
    network = program.network
    signals = signals_of(network, replace(rtl, inputs=golden.inputs))
    if not report.equal:
        signals += signals_of(network, replace(golden, inputs={}), "golden")
    dump, layout = (directory / name for name in WAVES)
    write_vcd(dump, signals, network.dt_s, f"nef2hw verify, {report}")
    write_layout(layout, dump, signals, network.dt_s)
    progress(f"wrote {dump}")
