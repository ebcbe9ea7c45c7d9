"""Lattice iCE40, by yosys, nextpnr-ice40 and icepack."""

from __future__ import annotations

from nef2hw.build.contents.ice40 import REFILLING
from nef2hw.build.families.family import AFTER_READ, TOP, Family, Flow
from nef2hw.build.pll import ice40

#: Single-port RAM has no initial content: a memory that is to become one must ask for none.
_DROP_HUGE_INIT = "\n".join(
    [
        "select -set huge_modules */a:ram_style=huge %m",
        "delete @huge_modules */t:$meminit_v2 %i",
    ]
)

ICE40 = Family(
    name="ice40",
    title="Lattice iCE40",
    platform="amaranth.vendor:LatticeICE40Platform",
    cells={
        "lut": {"SB_LUT4": 1},
        "ff": {"SB_DFF*": 1},
        "block_rams": {"SB_RAM40_4K*": 1},
        "dsp": {"SB_MAC16": 1},
        "spram_bits": {"SB_SPRAM256KA": 262_144},
    },
    placed={"logic_cells": "ICESTORM_LC"},
    flow=Flow(
        synthesis={
            "synth_opts": "-dsp",
            "script_after_read": f"{_DROP_HUGE_INIT}\n{AFTER_READ}",
        },
        constraints=f"{TOP}.pcf",
        netlist=f"{TOP}.json",
        routed=f"{TOP}.asc",
        bitstream=f"{TOP}.bin",
        tools=("yosys", "nextpnr-ice40", "icepack"),
    ),
    pll=ice40.PLL,
    refilling=REFILLING,
)
