"""Options for the size of a core, and the table of the sizes weighed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from nef2hw.build.families.registry import FAMILIES
from nef2hw.build.resources import TITLES
from nef2hw.build.sizing.demands import Demands
from nef2hw.build.sizing.explain import worth_telling
from nef2hw.cli.gathering import gathered
from nef2hw.cli.parameters import FiniteRange
from nef2hw.cli.terminal import print_table

_COUNT = click.IntRange(min=1)
#: No device has room for more.
_LANES = click.IntRange(1, 1 << 16)

_OPTIONS = (
    click.option("--lanes", type=_LANES, help="Weights added per clock cycle."),
    click.option(
        "--neuron-lanes", type=_COUNT, help="Neurons that are updated together: 1, 2, 4 or 8."
    ),
    click.option(
        "--target-rate",
        "target_rate_hz",
        type=FiniteRange(min=0, min_open=True),
        metavar="STEPS_PER_S",
        help="Take the smallest core that makes so many steps per second, not the fastest.",
    ),
    click.option("--max-luts", type=_COUNT, help="Look-up tables that may be used."),
    click.option("--max-block-rams", type=_COUNT, help="Block RAMs that may be used."),
    click.option("--max-dsps", type=_COUNT, help="Multipliers that may be used."),
)


def sizing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to ``command``, which gets them as ``demands``."""
    with_options = gathered("demands", Demands)(command)
    for option in reversed(_OPTIONS):
        with_options = option(with_options)
    return with_options


def print_sizing(explained: Mapping[str, Any]) -> None:
    """Print what `nef2hw.build.sizing.explain.explain` returns."""
    head = ("", "lanes", "neuron lanes", "interval", "weights", "sums", "cycles", "most", "steps/s")
    shown = worth_telling(explained)
    resources = tuple(shown[0]["resources"])
    rows = [_row(entry, resources) for entry in shown]
    print_table((*head, *(_short(name) for name in resources), "fits"), rows)
    click.echo()
    click.echo(
        f"All figures are estimates, at {explained['clock_mhz']:g} MHz. {_bounds(explained)} "
        f"{len(explained['alternatives']) - len(shown)} more were weighed; --json has them."
    )


def _bounds(explained: Mapping[str, Any]) -> str:
    """Say what a core may take, or whose resources are shown where there is no device."""
    board, allowed = explained["board"], explained["allowed"]
    may = ", ".join(f"{count} {TITLES[name]}" for name, count in allowed.items())
    limit = f"On {board} a core may take {may}." if may else f"On {board} nothing is limited."
    known = explained["family"] == explained["estimated_as"]
    shown = FAMILIES[explained["estimated_as"]].title
    return limit if known else f"{limit} Resources are those of {shown}."


def _row(entry: Mapping[str, Any], resources: tuple[str, ...]) -> tuple[str, ...]:
    cycles, used = entry["cycles_per_step"], entry["resources"]
    over = " ".join(_short(name) for name in entry["overflows"])
    return (
        "*" if entry["chosen"] else "",
        str(entry["lanes"]),
        str(entry["neuron_lanes"]),
        str(entry["neuron_interval"]),
        entry["weights"],
        entry["sums"],
        str(cycles["typical"]),
        str(cycles["max"]),
        str(entry["steps_per_s"]),
        *(str(used[name]) for name in resources),
        f"no: {over}" if over else "chosen" if entry["chosen"] else "yes",
    )


def _short(resource: str) -> str:
    return {"lut": "LUT", "ff": "FF", "dsp": "DSP"}.get(resource, resource.replace("_", " "))
