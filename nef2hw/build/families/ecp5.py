"""Lattice ECP5, by yosys, nextpnr-ecp5 and ecppack."""

from __future__ import annotations

from nef2hw.build.contents.ecp5 import REFILLING
from nef2hw.build.families.family import AFTER_READ, PLACEMENT, ROUTER, TOP, Family, Flow
from nef2hw.build.pll import ecp5

ECP5 = Family(
    name="ecp5",
    title="Lattice ECP5",
    platform="amaranth.vendor:LatticeECP5Platform",
    cells={
        "lut": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4},
        "ff": {"TRELLIS_FF": 1},
        "block_rams": {"DP16KD": 1},
        "dsp": {"MULT18X18D": 1},
    },
    placed={"lut": "TRELLIS_COMB", "ff": "TRELLIS_FF"},
    flow=Flow(
        synthesis={"script_after_read": AFTER_READ},
        constraints=f"{TOP}.lpf",
        netlist=f"{TOP}.json",
        routed=f"{TOP}.config",
        # The second router is quick even where memories fill a large part of a device, but leaves
        # long detours unless told to mind the timing. Where nearly all block RAMs are taken, or the
        # clock is out of reach, it comes to no end; the first one is slow, but does.
        placement=f"{PLACEMENT} {ROUTER}",
        routers=("--router router2 --tmg-ripup", "--router router1"),
        tools=("yosys", "nextpnr-ecp5", "ecppack"),
    ),
    pll=ecp5.PLL,
    refilling=REFILLING,
    receive_bytes=2_048,
)
