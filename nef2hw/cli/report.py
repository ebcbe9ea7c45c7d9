"""``nef2hw report``."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from nef2hw.build.folder import open_build, report_of
from nef2hw.build.summary import summary
from nef2hw.cli.parameters import EXISTING_FOLDER, json_option
from nef2hw.cli.terminal import print_json, print_pairs, print_table


@click.command()
@click.argument("directory", metavar="DIR", type=EXISTING_FOLDER)
@click.option("--open", "in_browser", is_flag=True, help="Open the HTML page too.")
@json_option
def report(directory: Path, in_browser: bool, as_json: bool) -> None:
    """Show the report of a build: clock, resources, accuracy, error against float.

    \b
    Example:
      nef2hw report build/digits-ulx3s_85f
    """
    found = open_build(directory).report
    if as_json:
        print_json(found)
    else:
        with report_of(directory):
            print_report(found)
    if in_browser:
        webbrowser.open((directory / "report.html").resolve().as_uri())


def print_report(report: dict[str, object]) -> None:
    """Print the summary and the resources."""
    print_pairs({**summary(report), **_placement(report.get("placement"))}.items())
    resources = report["resources"]
    if isinstance(resources, dict):
        click.echo()
        rows = [
            (name, str(usage["used"]), str(usage["present"]), _share(usage))
            for name, usage in resources.items()
        ]
        estimated = any(usage.get("estimated") for usage in resources.values())
        print_table(("resource", "estimated" if estimated else "used", "present", ""), rows)


def _placement(placement: object) -> dict[str, str]:
    """Say whether the core was placed for this build, and who loads its image."""
    if not isinstance(placement, dict):
        return {}
    return {
        "core": "from the cache" if placement["from_cache"] else "placed for this build",
        "image": "in the bitstream"
        if placement["image_in_bitstream"]
        else "loaded by the host before the first run",
    }


def _share(usage: dict[str, int]) -> str:
    return f"{usage['used'] / usage['present']:.0%}" if usage["present"] else ""
