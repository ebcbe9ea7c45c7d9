"""What the examples take on the boards: the figures of README's table, as Markdown.

    python benchmarks/boards.py [--board NAME]... [--example NAME]...

Builds real bitstreams with default options, some minutes each; builds stay in ``build/``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from nef2hw.boards.registry import find_board
from nef2hw.build.check import CheckInput
from nef2hw.build.make import make_build

ROOT = Path(__file__).parent.parent
BOARDS = ("ulx3s_85f", "icebreaker")
INPUTS = {
    "digits": CheckInput(
        ROOT / "examples/digits/test_inputs.npz", ROOT / "examples/digits/test_labels.npy", 100
    ),
    "nef_channel": CheckInput(ROOT / "examples/nef_channel/input.npy"),
}


def figures(report: dict[str, Any]) -> dict[str, str]:
    """Pick the figures of one build."""
    used = {name: entry["used"] for name, entry in report["resources"].items()}
    cycles = report["cycles_per_step"]["simulated"]
    fidelity = report["fidelity"]
    accuracy = fidelity["accuracy_golden"]
    error = "; ".join(f"{v:.3g}" for v in fidelity["decoded_rmse"].values())
    return {
        "lanes": str(report["lanes"]),
        "LUT / FF": f"{used['lut']} / {used['ff']}",
        "logic cells": str(used.get("logic_cells", "")),
        "block RAM / DSP": f"{used['block_rams']} / {used['dsp']}",
        "clock possible (asked), MHz": "{reached:.1f} ({asked:g})".format(**report["clock_mhz"]),
        "cycles per step, min / mean / max": "{min} / {typical} / {max}".format(**cycles),
        "against float": f"RMSE {error}"
        if accuracy is None
        else f"{accuracy:.2%}, float {fidelity['accuracy_float']:.2%}",
    }


@click.command()
@click.option("--board", "boards", multiple=True, default=BOARDS, show_default=True)
@click.option("--example", "examples", multiple=True, default=tuple(INPUTS), show_default=True)
def main(boards: tuple[str, ...], examples: tuple[str, ...]) -> None:
    """Build the examples and print what they take."""
    columns = {}
    for example in examples:
        for name in boards:
            board = find_board(name)
            model = ROOT / "examples" / example / "model.npz"
            folder = Path("build") / f"{example}-{board.name}"
            build = make_build(
                model, board, folder, None, INPUTS[example], lambda m: click.echo(m, err=True)
            )
            report = json.loads((build.path / "report.json").read_text())
            columns[f"{example}, {board.name}"] = figures(report)
    click.echo(f"| | {' | '.join(columns)} |")
    click.echo("|---" * (len(columns) + 1) + "|")
    for row in next(iter(columns.values())):
        click.echo(f"| {row} | {' | '.join(column[row] for column in columns.values())} |")


if __name__ == "__main__":
    main()
