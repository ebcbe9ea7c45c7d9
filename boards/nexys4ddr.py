"""Digilent Nexys 4 DDR, later sold as Nexys A7-100T: Artix-7 100T, 100 MHz, USB serial."""

from __future__ import annotations

from nef2hw.boards.devices import XC7A100T
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="nexys4ddr",
        title="Nexys 4 DDR",
        platform="amaranth_boards.nexys4ddr:Nexys4DDRPlatform",
        family="xilinx7",
        device="xc7a100t",
        clock_hz=100_000_000,
        core_hz=50_000_000,
        capacity=XC7A100T,
        programmer=("openFPGALoader", "-b", "nexys_a7_100"),
        aliases=("nexys_a7", "nexys_a7_100t"),
    ),
)
