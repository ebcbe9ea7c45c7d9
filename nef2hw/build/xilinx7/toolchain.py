"""Finding what can place a design on a 7-series part."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nef2hw.build.xilinx7.part import Part
from nef2hw.build.xilinx7.steps import CHIP, DATABASE, Step, place_himbaechel, place_xilinx
from nef2hw.errors import MissingToolchainError, ToolError
from nef2hw.tools import find_tool, has_tool

#: Folder of several chip databases, where CHIPDB names none.
CHIP_FOLDER = "CHIPDB_DIR"


@dataclass(frozen=True)
class OpenToolchain:
    """A placer, and where its data are."""

    place: Step
    variables: Mapping[str, str]  #: put into the arguments of the steps


@dataclass(frozen=True)
class Vivado:
    """Vivado was found."""


def find_toolchain(part: Part) -> OpenToolchain | Vivado:
    """Return the toolchain that is complete, an open one if there is.

    Raises
    ------
    MissingToolchainError
        None is; says what each lacks.
    """
    found, lacking = _open_toolchain(part)
    if found is not None:
        return found
    if has_tool("vivado"):
        return Vivado()
    raise MissingToolchainError(
        f"no bitstream was made: open tools lack {', '.join(lacking)}; and vivado was not found"
    )


def _open_toolchain(part: Part) -> tuple[OpenToolchain | None, list[str]]:
    """Look for the open tools; return them or what they lack."""
    lacking = [tool for tool in ("fasm2frames", "xc7frames2bit") if not has_tool(tool)]
    database = os.environ.get(DATABASE, "")
    if not (database and (Path(database) / part.folder).is_dir()):
        lacking.append(f"the folder of {part.folder} ({DATABASE})")
    variables = {DATABASE: database}
    place = None
    chip = _chip_database(part)
    if chip is not None and has_tool("nextpnr-xilinx"):
        place = place_xilinx(part)
        variables[CHIP] = str(chip)
    elif _himbaechel_knows_xilinx():
        place = place_himbaechel(part)
    else:
        lacking.insert(0, f"nextpnr-himbaechel, or nextpnr-xilinx with its chip database ({CHIP})")
    if place is None or lacking:
        return None, lacking
    return OpenToolchain(place, variables), []


def _chip_database(part: Part) -> Path | None:
    folder = os.environ.get(CHIP_FOLDER)
    candidates = [os.environ.get(CHIP)]
    if folder:
        candidates += [f"{folder}/{part.package_name}.bin", f"{folder}/{part.die}.bin"]
    return next((Path(c) for c in candidates if c and Path(c).is_file()), None)


def _himbaechel_knows_xilinx() -> bool:
    """Ask nextpnr-himbaechel, which may have been built for other families only."""
    try:
        tool = find_tool("nextpnr-himbaechel")
        asked = subprocess.run(
            [*tool.command, "--list-uarch"], capture_output=True, text=True, timeout=30, check=False
        )
    except (ToolError, OSError, subprocess.TimeoutExpired):
        return False
    return "xilinx" in asked.stdout + asked.stderr
