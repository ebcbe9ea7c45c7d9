"""What cores take of a device: real synthesis runs, and the estimate that is fitted to them.

    python benchmarks/resources.py [--family NAME]... [--fit-only] [--quick N]

Synthesizes the designs of ``resource_designs.py`` one at a time, about a minute each, and keeps
what they take in ``measured/<family>.json``. A design is synthesized again only if its hardware
or the script of synthesis has changed, so that a run that was broken off goes on where it was.
Then fits the coefficients of ``nef2hw/build/sizing/coefficients.json``, those of all families,
since what few designs leave open is taken from ECP5, and prints, for every
design, what it takes, the error of the estimate, and the error if the design had not been part of
the fit. Block RAMs and multipliers are not fitted: they are counted, and must be exact.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click
import numpy as np
from resource_designs import designs_for
from resource_fit import config_of, fit, left_out
from resource_runs import load_measured, measure

from nef2hw.build.sizing import model
from nef2hw.build.sizing.families import RULES, STAND_IN
from nef2hw.build.sizing.model import Coefficients, estimate

COEFFICIENTS = Path(model.__file__).with_name("coefficients.json")
#: Resources that are counted.
EXACT = ("block_rams", "dsp", "spram_bits")

Record = Mapping[str, Any]


def errors(record: Record, family: str, fitted: Coefficients) -> dict[str, float]:
    """Relative errors of the fitted resources of a design."""
    found = estimate(config_of(record), family, fitted)
    return {name: found[name] / record["used"][name] - 1.0 for name in fitted}


def inexact(record: Record, family: str) -> dict[str, tuple[int, int]]:
    """Counted resources that are estimated wrong: estimate and measurement."""
    found, used = estimate(config_of(record), family, {}), record["used"]
    return {
        name: (found[name], used[name])
        for name in EXACT
        if name in used and found[name] != used[name]
    }


def other_family(family: str) -> Coefficients | None:
    """Coefficients of the family that the others are taken to be like; None for itself."""
    if family == STAND_IN:
        return None
    return fit(list(load_measured(STAND_IN).values()), STAND_IN)


def table(records: Mapping[str, Record], family: str, fitted: Coefficients) -> Iterator[str]:
    """Yield a row for each design, and the summary."""
    names, held_out = list(fitted), dict(left_out(records, family, other_family(family)))
    yield f"| {family} | " + " | ".join(f"{n} | fit | left out" for n in names) + " | counted |"
    yield "|---" * (3 * len(names) + 2) + "|"
    worst = []
    for design, record in records.items():
        inside, outside = errors(record, family, fitted), errors(record, family, held_out[design])
        worst.append([[inside[n], outside[n]] for n in names])
        cells = [f"{record['used'][n]} | {inside[n]:+.1%} | {outside[n]:+.1%}" for n in names]
        wrong = inexact(record, family)
        yield f"| {design} | {' | '.join(cells)} | {wrong or 'exact'} |"
    found = np.abs(np.array(worst))
    for what, figures in (("mean", found.mean(0)), ("most", found.max(0))):
        cells = [f"| {inside:.1%} | {outside:.1%}" for inside, outside in figures]
        yield f"| {what} | {' | '.join(cells)} | |"


def measure_all(families: tuple[str, ...], quick: int | None) -> None:
    """Synthesize the designs of all families, in turn, and tell how long it took."""
    started = time.monotonic()
    rounds = list(zip_longest(*(designs_for(family)[:quick] for family in families)))
    todo = [
        (family, design)
        for designs in rounds
        for family, design in zip(families, designs, strict=True)
        if design is not None
    ]
    for number, (family, design) in enumerate(todo, 1):
        minutes = (time.monotonic() - started) / 60
        measure(design, family, Path("build/resources"), _tell)
        _tell(f"{number} of {len(todo)} cores, {minutes:.0f} min")
    _tell(f"{len(todo)} cores in {(time.monotonic() - started) / 60:.0f} min")


def _tell(message: str) -> None:
    click.echo(message, err=True)


@click.command()
@click.option(
    "--family", "families", multiple=True, type=click.Choice(list(RULES)), default=list(RULES)
)
@click.option("--fit-only", is_flag=True, help="Synthesize nothing.")
@click.option("--quick", type=int, metavar="N", help="Synthesize only the first N of a family.")
def main(families: tuple[str, ...], fit_only: bool, quick: int | None) -> None:
    """Measure, fit, and print how well the estimate does."""
    if not fit_only:
        measure_all(families, quick)
    measured = {family: load_measured(family) for family in RULES}
    fitted = {
        family: fit(list(records.values()), family, other_family(family))
        for family, records in measured.items()
    }
    COEFFICIENTS.write_text(json.dumps(fitted, indent=2) + "\n")
    wrong = 0
    for family in families:
        wrong += sum(bool(inexact(record, family)) for record in measured[family].values())
        click.echo("\n".join(table(measured[family], family, fitted[family])) + "\n")
    sys.exit(f"{wrong} designs are counted wrong" if wrong else 0)


if __name__ == "__main__":
    main()
