"""What cores take of a device: real synthesis runs, and the estimate that is fitted to them.

    python benchmarks/resources.py [--family NAME]... [--fit-only] [--quick N]

Synthesizes the designs of ``resource_designs.py`` one at a time, about a minute each, and keeps
what they take in ``measured/<family>.json``. A design is synthesized again only if its hardware
or the script of synthesis has changed, so that a run that was broken off goes on where it was.
Then fits the coefficients of ``nef2hw/build/sizing/coefficients.json`` and prints, for every
design, what it takes, the error of the estimate, and the error if the design had not been part of
the fit. Block RAMs and multipliers are not fitted: they are counted, and must be exact.
"""

from __future__ import annotations

import json
import sys
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
from nef2hw.build.sizing.families import RULES
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


def table(records: Mapping[str, Record], family: str, fitted: Coefficients) -> Iterator[str]:
    """Yield a row for each design, and the summary."""
    names, held_out = list(fitted), dict(left_out(records, family))
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
    """Synthesize the designs of all families, in turn."""
    rounds = zip_longest(*(designs_for(family)[:quick] for family in families))
    for designs in rounds:
        for family, design in zip(families, designs, strict=True):
            if design is not None:
                measure(design, family, Path("build/resources"), _tell)


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
    known = json.loads(COEFFICIENTS.read_text()) if COEFFICIENTS.is_file() else {}
    wrong = 0
    for family in families:
        names = {design.name for design in designs_for(family)}
        records = {n: r for n, r in load_measured(family).items() if n in names}
        known[family] = fit(list(records.values()), family)
        wrong += sum(bool(inexact(record, family)) for record in records.values())
        click.echo("\n".join(table(records, family, known[family])) + "\n")
    COEFFICIENTS.write_text(json.dumps(known, indent=2) + "\n")
    sys.exit(f"{wrong} designs are counted wrong" if wrong else 0)


if __name__ == "__main__":
    main()
