"""The core as synthesis leaves it: cells of a device, with models of what they do."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from amaranth.back import rtlil

from nef2hw.build.families.family import AFTER_READ
from nef2hw.sim.compiled.build import share_folders
from nef2hw.tools import find_tool, run_tool

_SCRIPT = f"""
read_rtlil design.il
{AFTER_READ}
{{synthesis}}
tee -o cells.txt stat
write_verilog -noattr mapped.v
design -reset
read_verilog models.v mapped.v
hierarchy -check -top top
proc
flatten
clean
write_rtlil mapped.il
"""


@dataclass(frozen=True)
class Family:
    """How a design becomes cells of a family, and where their models are."""

    synthesis: str
    models: tuple[str, ...]  #: that yosys brings
    defines: str
    more: str = ""  #: models that it does not bring


FAMILIES = {
    "ice40": Family(
        "synth_ice40 -dsp -top top",
        ("ice40/cells_sim.v",),
        "`define NO_ICE40_DEFAULT_ASSIGNMENTS\n",
    ),
    "ecp5": Family(
        "synth_ecp5 -top top",
        ("lattice/common_sim.vh", "lattice/ccu2c_sim.vh"),
        "`define NO_INCLUDES\n",
        Path(__file__).with_name("ecp5_cells.v").read_text(),
    ),
}

#: A flip-flop's model begins with a wire, whose value only a simulator knows.
_BEGIN = ("initial Q = srval;", 'initial Q = REGSET == "SET";')

#: Its power never leaves a single-port RAM; what that would do to each word makes a large model.
_POWER_OFF = re.compile(r"always @\(negedge POWEROFF\) begin\n.*?\n\tend\n", re.DOTALL)


@dataclass(frozen=True)
class Netlist:
    """A design in cells."""

    text: str  #: what the models of the cells make of it, in RTLIL
    count: int  #: of cells


def mapped(component, family: str) -> Netlist:
    """Synthesize ``component`` for a family."""
    given, yosys = FAMILIES[family], find_tool("yosys")
    brought = [
        next(s / name for s in share_folders(yosys) if (s / name).exists()).read_text()
        for name in given.models
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "design.il").write_text(rtlil.convert(component, name="top", emit_src=False))
        models = "\n".join([given.defines, *brought, given.more])
        (folder / "models.v").write_text(_POWER_OFF.sub("", models.replace(*_BEGIN)))
        (folder / "script.ys").write_text(_SCRIPT.format(synthesis=given.synthesis))
        made = [Path("cells.txt"), Path("mapped.il")]
        run_tool(yosys, ["-q", "script.ys"], cwd=folder, log=folder / "log", makes=made)
        counts = re.findall(r"^ +(\d+) .*cells$", (folder / "cells.txt").read_text(), re.M)
        return Netlist((folder / "mapped.il").read_text(), int(counts[-1]))
