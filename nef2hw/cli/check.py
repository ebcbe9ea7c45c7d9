"""``nef2hw check``."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.diagnose import Diagnosis, diagnose
from nef2hw.cli.imports import import_options
from nef2hw.cli.parameters import BOARD, EXISTING_FILE, json_option
from nef2hw.cli.terminal import print_json, print_pairs, print_table
from nef2hw.errors import ModelError
from nef2hw.frontends.files import read_network
from nef2hw.frontends.options import ImportOptions

#: Columns of text.
WIDTH = 100


@click.command()
@click.argument("file", type=EXISTING_FILE)
@click.option("--board", type=BOARD, help="Check that the board has room for it, too.")
@import_options
@json_option
def check(file: Path, board: BoardSpec | None, options: ImportOptions, as_json: bool) -> None:
    """Say everything that keeps FILE from running on hardware, and what it will mean there.

    FILE is a model, or anything that 'nef2hw import' takes. Exit status 1 if there is a problem.

    \b
    Examples:
      nef2hw check model.npz --board icebreaker
      nef2hw check network.nir --dt 0.0001 --json
    """
    found = diagnose(partial(read_network, file, options), board)
    if as_json:
        print_json({"file": str(file), **found.as_dict()})
    else:
        _print(found)
    if found.problems:
        count = len(found.problems)
        listed = "".join(f"\n  {problem}" for problem in found.problems) if not as_json else ""
        raise ModelError(f"{file}: {count} problem{'s' * (count > 1)}{listed}")


def _print(found: Diagnosis) -> None:
    if found.semantics is not None:
        _print_semantics(found.semantics)
    for what in (found.size, found.board):
        if what is not None:
            click.echo()
            print_pairs((key.replace("_", " "), _text(value)) for key, value in what.items())


def _print_semantics(meaning: Mapping[str, Any]) -> None:
    """Print tables of the parts that a network has."""
    print_pairs(
        [
            ("time step", f"{meaning['dt_s']:g} s"),
            ("update order", ", ".join(meaning["update_order"])),
        ]
    )
    for section in ("inputs", "ensembles", "connections", "probes"):
        parts = meaning[section]
        if parts:
            click.echo()
            _print_parts(section, parts)
    _print_list("in every step", meaning["rules"])
    _print_list("assumed", meaning["assumed"])


def _print_list(title: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo(f"\n{title}")
        for line in lines:
            click.echo(textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    "))


def _print_parts(section: str, parts: Mapping[str, Mapping[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for part in parts.values() for key in part))
    rows = [
        (name, *(_text(part[key]) if key in part else "" for key in columns))
        for name, part in parts.items()
    ]
    print_table((section, *(column.replace("_", " ") for column in columns)), rows)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['used']} of {value['present']}"
    return f"{value:g}" if isinstance(value, float) else str(value)
