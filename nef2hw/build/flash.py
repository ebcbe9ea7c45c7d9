"""Loading a bitstream onto a board."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from nef2hw.build.dfu import with_dfu_suffix
from nef2hw.build.folder import DFU_SUFFIX, LOGS, BuildFolder
from nef2hw.errors import ProgramError, ToolError
from nef2hw.tools import Tool, find_tool, run_tool

#: The only tools that a build may name for its board.
LOADERS = ("openFPGALoader", "dfu-util", "icesprog")

#: Vendor and product of a USB device, in hexadecimal.
_DEVICE = re.compile(r"([0-9a-fA-F]{1,4}):([0-9a-fA-F]{1,4})")


def flash(build: BuildFolder, notify: Callable[[str], None] = lambda _: None) -> None:
    """Load the bitstream of ``build`` with its board's tool.

    Raises
    ------
    ProgramError
        The build has no bitstream, or its board no tool that is known.
    ToolError
        The tool is missing, or found no such board.
    """
    bitstream = build.bitstream
    name, *arguments = build.programmer or ("none",)
    if name not in LOADERS:
        raise ProgramError(
            f"{build.title} is programmed with {name!r}; nef2hw can use {', '.join(LOADERS)}: "
            f"load {bitstream} by other means"
        )
    tool = _loader(name, arguments, bitstream)
    if name == "dfu-util":
        bitstream = _for_dfu(bitstream, arguments, build.title)
    notify(f"loading {bitstream} onto {build.title}")
    run_tool(
        tool,
        [*arguments, bitstream.name],
        cwd=bitstream.parent,
        log=build.path / LOGS / "program.log",
        notify=notify,
    )


def _loader(name: str, arguments: list[str], bitstream: Path) -> Tool:
    """Find the tool, or tell what it would have been asked to do."""
    try:
        return find_tool(name)
    except ToolError as error:
        command = " ".join([name, *arguments, str(bitstream)])
        raise ToolError(f"{error}, or load the bitstream from elsewhere: {command}") from error


def _for_dfu(bitstream: Path, arguments: list[str], title: str) -> Path:
    """Write a copy of ``bitstream`` for the device that ``-d vendor:product`` names."""
    named = _DEVICE.fullmatch(dict(pairwise(arguments)).get("-d", ""))
    if named is None:
        raise ProgramError(
            f"{title} is programmed with dfu-util {' '.join(arguments)}, expected -d "
            "vendor:product in hexadecimal, as -d 1209:5af0; mend the board's programmer and "
            "compile again"
        )
    made = bitstream.with_suffix(DFU_SUFFIX)
    vendor, product = (int(part, 16) for part in named.groups())
    made.write_bytes(with_dfu_suffix(bitstream.read_bytes(), vendor, product))
    return made
