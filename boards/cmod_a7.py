"""Digilent Cmod A7-35T: Artix-7 35T, 12 MHz, USB serial by an FT2232H."""

from __future__ import annotations

from nef2hw.boards.devices import XC7A35T
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="cmod_a7",
        title="Cmod A7-35T",
        platform="amaranth_boards.cmod_a7:CmodA7_35Platform",
        family="xilinx7",
        device="xc7a35t",
        clock_hz=12_000_000,
        core_hz=48_000_000,
        capacity=XC7A35T,
        programmer=("openFPGALoader", "-b", "cmoda7_35t"),
        aliases=("cmod_a7_35t",),
    ),
)
