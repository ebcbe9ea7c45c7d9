"""``nef2hw program``, ``load`` and ``run``: what talks to a board."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from nef2hw.build.check_input import load_held_stimulus
from nef2hw.build.flash import flash
from nef2hw.build.folder import open_build
from nef2hw.build.source import load_source
from nef2hw.build.targets import open_device, run_on_port
from nef2hw.cli.ending import INTERRUPTED
from nef2hw.cli.parameters import (
    EXISTING_FOLDER,
    check_other,
    hold_option,
    input_option,
    json_option,
    port_option,
    steps_option,
    trace_option,
)
from nef2hw.cli.terminal import Counter, print_json, print_pairs, progress
from nef2hw.host.link_report import LinkReport
from nef2hw.runtime import connect, find_target


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
    for note in build.notes:
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
    target = find_target(directory)
    with open_device(target.program, port, target.baud or 0, notify=progress) as device:
        device.identify()
        progress(f"loading {sum(b.nbytes for b in target.program.image.beats.values())} bytes")
        device.load()
    click.echo(f"loaded image {target.program.image.digest} and read it back")


@click.command("link-test")
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@port_option
@click.option("--baud", type=click.IntRange(min=1), help="Try another rate than the build's.")
@json_option
def link_test(directory: Path, port: str, baud: int | None, as_json: bool) -> None:
    """Measure the link to a board: errors, bit rate, delay; and say what to change.

    It sends patterns, loads the build's image, and reads both back. The exit status is 1 if
    anything was lost on the way.

    \b
    Example:
      nef2hw link-test build/digits-ulx3s_85f --port /dev/ttyUSB0
    """
    with connect(directory, port, baud=baud, notify=progress) as session:
        report = session.self_test()
    rate = baud or find_target(directory).baud or 0
    advice = report.advice(rate)
    if as_json:
        print_json({**asdict(report), "baud": rate, "sound": report.is_sound, "advice": advice})
    else:
        print_pairs(_link_lines(report, rate))
        for line in advice:
            click.echo(line)
    if not report.is_sound:
        raise SystemExit(1)


def _link_lines(report: LinkReport, baud: int) -> list[tuple[str, str]]:
    """Name and value of each line about a link."""
    rates = {"to the board": report.write_bits_per_s, "from the board": report.read_bits_per_s}
    return [
        *((f"bits per s {name}", f"{bits:.0f}, {bits / baud:.0%}") for name, bits in rates.items()),
        ("baud rate", str(baud)),
        ("bytes to and from", f"{report.written_bytes} and {report.read_bytes}"),
        ("time to an answer", f"{1e3 * report.answer_s:.2f} ms"),
        ("requests lost", str(report.lost_requests)),
        ("answers damaged", str(report.lost_answers)),
        ("requests repeated", str(report.repeated)),
    ]


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@port_option
@input_option
@hold_option
@steps_option()
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
    check_other(trace_path, input_path)
    target, source = find_target(directory), load_source(directory)
    stimulus = load_held_stimulus(input_path, source.folded, hold, steps)
    counter = Counter(min(len(rows) for rows in stimulus.values()))
    try:
        trace = run_on_port(
            target.program,
            stimulus,
            port,
            target.baud or 0,
            states=states,
            notify=progress,
            progress=counter,
        )
    except KeyboardInterrupt:
        counter.interrupt()
        click.echo(
            f"nef2hw: interrupted after {counter.done} steps, nothing was written; the board "
            "rests at once, and the next run resets it",
            err=True,
        )
        raise SystemExit(INTERRUPTED) from None
    trace.save(trace_path)
    click.echo(f"{trace.steps} steps written to {trace_path}")
