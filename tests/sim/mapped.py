"""The core as synthesis leaves it: cells of a device, with the models that come with yosys."""

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil

from nef2hw.sim.compiled.build import share_folders
from nef2hw.tools import find_tool

_SCRIPT = """
read_rtlil design.il
{synthesis}
tee -o cells.txt stat
write_verilog -noattr mapped.v
"""


@dataclass(frozen=True)
class Family:
    """How a design becomes cells of a family, and where their models are."""

    synthesis: str
    models: str
    defines: str = ""


FAMILIES = {
    "ice40": Family(
        "synth_ice40 -dsp -top top",
        "ice40/cells_sim.v",
        "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n",
    ),
}


@dataclass(frozen=True)
class Netlist:
    """A design in cells."""

    verilog: str  #: with the models of the cells
    count: int  #: of cells


def mapped(component, family: str) -> Netlist:
    """Synthesize ``component`` for a family."""
    given, yosys = FAMILIES[family], find_tool("yosys")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.il").write_text(rtlil.convert(component, name="top", emit_src=False))
        (folder / "script.ys").write_text(_SCRIPT.format(synthesis=given.synthesis))
        command = [*yosys.command, "-q", "script.ys"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        models = next(s / given.models for s in share_folders(yosys) if (s / given.models).exists())
        counts = re.findall(r"^ +(\d+) .*cells$", (folder / "cells.txt").read_text(), re.M)
        verilog = models.read_text() + (folder / "mapped.v").read_text()
        return Netlist(given.defines + verilog, int(counts[-1]))
