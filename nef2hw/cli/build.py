"""``nef2hw compile``."""

from __future__ import annotations

from pathlib import Path

import click

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.budget import parse_budget
from nef2hw.build.check_input import NOISE_STEPS, CheckInput
from nef2hw.build.compiled_model import explain_model
from nef2hw.build.folder import BuildFolder
from nef2hw.build.make import default_folder, make_build
from nef2hw.build.options import BuildOptions
from nef2hw.build.sizing.demands import Demands
from nef2hw.cli.gathering import gathered
from nef2hw.cli.parameters import (
    BOARD,
    EXISTING_FILE,
    NEW_FOLDER,
    FiniteRange,
    hold_option,
    input_option,
    json_option,
    steps_option,
)
from nef2hw.cli.report import print_report
from nef2hw.cli.sizing import print_sizing, sizing_options
from nef2hw.cli.terminal import print_json, progress
from nef2hw.compiler.precision import Bits
from nef2hw.errors import CapacityError, MissingToolchainError


def build_options(
    *,
    no_bitstream: bool,
    weight_bits: int | None,
    voltage_bits: int | None,
    input_bits: int | None,
    core: str,
    budget: tuple[str, ...],
    demands: Demands,
    dense: bool,
    seed: int | None,
    seeds: int | None,
    no_cache: bool,
    clock_mhz: float | None,
) -> BuildOptions:
    """Return what the options of structure, formats and tools say.

    Raises
    ------
    click.UsageError
        A size or format is chosen for a core that is there already.
    """
    chosen = demands != Demands() or weight_bits is not None or voltage_bits is not None or budget
    if core == "standard" and chosen:
        raise _no_choice()
    return BuildOptions(
        bits=Bits(weight_bits, voltage_bits, input_bits),
        budget=parse_budget(budget),
        demands=demands,
        dense=dense,
        standard_core=core == "standard",
        seed=seed,
        seeds=seeds,
        clock_hz=None if clock_mhz is None else clock_mhz * 1e6,
        bitstream=not no_bitstream,
        cache=not no_cache,
    )


def _no_choice() -> click.UsageError:
    return click.UsageError("--core standard leaves no choice of size or formats")


def check_input(
    *,
    input_path: Path | None,
    labels_path: Path | None,
    hold: int,
    steps: int | None,
    reset_each: bool,
    data_path: Path | None,
) -> CheckInput:
    """Return what the options of the input say."""
    return CheckInput(input_path, labels_path, hold, steps, reset_each, data_path)


@click.command("compile")
@click.argument("model", type=EXISTING_FILE)
@click.option(
    "--board",
    type=BOARD,
    required=True,
    help="See 'nef2hw boards'; or a Python file that defines one, which is executed.",
)
@click.option(
    "-o",
    "--output",
    "directory",
    type=NEW_FOLDER,
    metavar="DIR",
    help="Folder of the build.  [default: build/<model>-<board>]",
)
@click.option("--no-bitstream", is_flag=True, help="Stop after Verilog, fit check and report.")
@click.option("--weight-bits", type=int, help="Bits of a weight, sign included.  [default: 8]")
@click.option("--voltage-bits", type=int, help="Fractional bits of the membrane voltage.")
@click.option("--input-bits", type=int, help="Magnitude bits of a value input.  [default: 10]")
@click.option(
    "--core",
    type=click.Choice(["fitted", "standard"]),
    default="fitted",
    show_default=True,
    help="Make a core for the network, or take the one that the board has for all that fit it.",
)
@click.option(
    "--budget",
    multiple=True,
    metavar="MEASURE=LIMIT",
    help="rmse=R or accuracy=A: choose the cheapest formats that lose no more against float.",
)
@click.option(
    "--data",
    "data_path",
    type=EXISTING_FILE,
    help=".npz of samples by input name and 'labels': input and labels in one.",
)
@sizing_options
@click.option(
    "--explain", is_flag=True, help="Print the cores that were weighed and their sizes, and stop."
)
@click.option("--dense", is_flag=True, help="A weight for each pair of neurons; factor nothing.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the placement.")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    help="Try so many placements, as many at once as there are processors.",
)
@click.option(
    "--no-cache", is_flag=True, help="Place the core though an earlier build did; keep nothing."
)
@click.option(
    "--clock",
    "clock_mhz",
    type=FiniteRange(min=0, min_open=True),
    metavar="MHZ",
    help="Clock of the core.  [default: the board's]",
)
@input_option
@click.option(
    "--labels",
    "labels_path",
    type=EXISTING_FILE,
    help=".npy with the class of each row of the input, to measure accuracy.",
)
@hold_option
@click.option(
    "--reset-each", is_flag=True, help="Begin from the initial state for each row of the input."
)
@steps_option(f", {NOISE_STEPS} without one")
@json_option
@gathered("options", build_options)
@gathered("given", check_input)
def compile_(
    model: Path,
    board: BoardSpec,
    directory: Path | None,
    options: BuildOptions,
    given: CheckInput,
    explain: bool,
    as_json: bool,
) -> None:
    """Compile MODEL to a checked, placed and routed bitstream, and report on it.

    The core is as fast as fits, if neither its size nor a target rate is given. With --input,
    golden model and float reference are compared on that input, otherwise on noise.

    \b
    Examples:
      nef2hw compile model.npz --board icebreaker
      nef2hw compile model.npz --board ulx3s --no-bitstream --weight-bits 6
      nef2hw compile model.npz --board ulx3s --target-rate 1000 --explain
      nef2hw compile model.npz --board ulx3s --input x.npz --labels y.npy --hold 100
      nef2hw compile model.npz --board ulx3s --budget accuracy=0.01 --data xy.npz --hold 100
    """
    if explain:
        if options.standard_core:
            raise _no_choice()
        explained = explain_model(model, board, options, given, progress)
        (print_json if as_json else print_sizing)(explained)
        if explained["problem"]:
            raise CapacityError(explained["problem"])
        return
    path = directory or default_folder(model, board)
    folder = make_build(model, board, path, options, given, notify=progress)
    if as_json:
        print_json(folder.report)
    else:
        print_report(folder.report)
        click.echo(f"\nbuilt {folder.path}")
    _check_bitstream(folder)


def _check_bitstream(folder: BuildFolder) -> None:
    """Fail where a bitstream was asked for and no toolchain could make it."""
    if missing := folder.report["missing"]:
        scripts = folder.report["scripts"]
        raise MissingToolchainError(
            f"{missing}; the rest is in {folder.path}, where {scripts['open']} or "
            f"{scripts['vivado']} make the bitstream (--no-bitstream asks for none)"
        )
