"""Gowin LittleBee and Arora, by yosys, nextpnr-himbaechel and gowin_pack.

Amaranth's platform calls a placer that is no more: its commands are replaced.
"""

from __future__ import annotations

from typing import Any

from nef2hw.build.contents.gowin import REFILLING
from nef2hw.build.families.family import AFTER_READ, TOP, Family, Flow
from nef2hw.build.pll import gowin

_YOSYS = r"""
{{invoke_tool("yosys")}}
    {{quiet("-q")}}
    -l {{name}}.rpt
    {{name}}.ys
"""

_NEXTPNR = r"""
{{invoke_tool("nextpnr-himbaechel-gowin")}}
    {{quiet("--quiet")}}
    {{get_override("nextpnr_opts")|options}}
    --log {{name}}.tim
    --device {{platform.part}}
    --vopt family={{platform.chip}}
    --vopt cst={{name}}.cst
    --freq {{platform.fastest_mhz}}
    --json {{name}}.syn.json
    --write {{name}}.pnr-routed.json
"""

_PACK = r"""
{{invoke_tool("gowin_pack")}}
    -d {{platform.chip}}
    -o {{name}}.fs
    {{get_override("gowin_pack_opts")|options}}
    {{name}}.pnr-routed.json
"""


class HimbaechelCommands:
    """Placement and packing with what replaced nextpnr-gowin."""

    required_tools = ("yosys", "nextpnr-himbaechel-gowin", "gowin_pack")
    command_templates = (_YOSYS, _NEXTPNR, _PACK)

    @property
    def chip(self: Any) -> str:
        """The die as apicula names it: one and the same in parts with memory beside it."""
        return str(self.family).replace("NR-", "N-").replace("AR-", "A-")

    @property
    def fastest_mhz(self: Any) -> float:
        """The clock of the core: the PLL's, where there is one."""
        clocks = [hz for _, hz in self.iter_signal_clock_constraints()]
        clocks = clocks or [hz for _, hz in self.iter_port_clock_constraints()]
        return max(clocks, default=0.0) / 1e6

    def toolchain_prepare(self: Any, fragment: Any, name: str, **options: Any) -> Any:
        """Let yosys know the series, and use no distributed RAM.

        There is little of it, and its cells find no legal place in a device that is well filled.
        """
        series = "gw2a" if self.chip.startswith("GW2A") else "gw1n"
        given = f"-family {series} -nolutram {options.pop('synth_opts', '')}"
        return super().toolchain_prepare(  # type: ignore[misc]
            fragment, name, synth_opts=given, **options
        )


def adapt(platform: Any) -> Any:
    """Return a class that is ``platform`` with the commands of the present tools."""
    return type(platform.__name__, (HimbaechelCommands, platform), {})


GOWIN = Family(
    name="gowin",
    title="Gowin",
    platform="amaranth.vendor:GowinPlatform",
    cells={
        "lut": {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1},
        "ff": {"DFF*": 1},
        "block_rams": {
            "SP": 1,
            "SPX9": 1,
            "SDPB": 1,
            "SDPX9B": 1,
            "DPB": 1,
            "DPX9B": 1,
            "pROM*": 1,
        },
        "dsp": {"MULT9X9": 1, "MULT18X18": 1, "MULT36X36": 4, "MULTALU*": 2, "MULTADDALU*": 2},
    },
    placed={"lut": "LUT4", "ff": "DFF"},
    flow=Flow(
        synthesis={"script_after_read": AFTER_READ},
        constraints=f"{TOP}.cst",
        netlist=f"{TOP}.syn.json",
        routed=f"{TOP}.pnr-routed.json",
        placed=f"{TOP}.pnr-routed.json",
        bitstream=f"{TOP}.fs",
        tools=("yosys", "nextpnr-himbaechel-gowin", "gowin_pack"),
    ),
    pll=gowin.PLL,
    refilling=REFILLING,
    adapt=adapt,
)
