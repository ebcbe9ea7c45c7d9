"""The folder from which a 7-series bitstream is built, here or on another machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.family import TOP
from nef2hw.build.families.registry import family_of
from nef2hw.build.synthesis import write_sources
from nef2hw.build.xilinx7.part import Part, part_of
from nef2hw.build.xilinx7.scripts import OPEN_SCRIPT, VIVADO_SCRIPT, open_script, vivado_script
from nef2hw.build.xilinx7.steps import BITSTREAM
from nef2hw.sim.verilog import rtlil_to_verilog

#: The folder, inside that of a build.
FOLDER = "xilinx7"

FILES = (*(f"{TOP}.{kind}" for kind in ("v", "il", "ys", "xdc")), OPEN_SCRIPT, VIVADO_SCRIPT)


def write_scripts(folder: Path, title: str, part: Part) -> None:
    """Add Verilog and the scripts of both toolchains to what Amaranth wrote into ``folder``."""
    (folder / f"{TOP}.v").write_text(
        rtlil_to_verilog((folder / f"{TOP}.il").read_text(encoding="utf-8"))
    )
    script = folder / OPEN_SCRIPT
    script.write_text(open_script(title, part), encoding="utf-8")
    script.chmod(0o755)
    (folder / VIVADO_SCRIPT).write_text(vivado_script(title, part), encoding="utf-8")


def keep_scripts(
    design: Callable[[], Any], board: BoardSpec, clock_hz: float, work: Path, place: Path
) -> Mapping[str, str] | None:
    """Put the sources and scripts of a 7-series build into the folder ``xilinx7`` of ``work``.

    Parameters
    ----------
    design
        Makes the design, if ``place``, where the tools worked, does not hold it yet.

    Returns
    -------
    mapping
        The scripts ``open`` and ``vivado``, and the bitstream that either ``makes``; None for a
        board of another family.
    """
    flow = family_of(board).flow
    if flow is None or flow.toolchain != "xilinx7":
        return None
    if not place.is_dir():
        sources = write_sources(design(), board, place)
        write_scripts(place, board.title, part_of(sources.platform, clock_hz))
    (work / FOLDER).mkdir()
    for name in FILES:
        shutil.copy(place / name, work / FOLDER / name)
    return {
        "open": f"{FOLDER}/{OPEN_SCRIPT}",
        "vivado": f"{FOLDER}/{VIVADO_SCRIPT}",
        "makes": f"{FOLDER}/{BITSTREAM}",
    }
