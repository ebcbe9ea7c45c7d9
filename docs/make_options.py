"""Write ``options.md``: the help of every command, as the commands themselves print it."""

from __future__ import annotations

from pathlib import Path

import click

from nef2hw.cli.main import main

WIDTH = 100
TITLE = """# All options

What `nef2hw COMMAND --help` prints, written by `python docs/make_options.py`.
[The command line](command-line.md) explains.
"""


def help_of(name: str, command: click.Command) -> str:
    """Return the help of a command, as wide as the page."""
    parent = click.Context(main, info_name="nef2hw", **main.context_settings)
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    return command.get_help(context)


def page() -> str:
    """Return the whole page."""
    context = click.Context(main)
    commands = {name: main.get_command(context, name) for name in main.list_commands(context)}
    parts = [
        f"## {name}\n\n```text\n{help_of(name, command)}\n```\n"
        for name, command in commands.items()
        if command is not None
    ]
    return "\n".join([TITLE, *parts])


if __name__ == "__main__":
    Path(__file__).with_name("options.md").write_text(page())
