"""Lattice ECP5 Versa: LFE5UM-45F, 100 MHz, USB serial by an FT2232H."""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_45
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="versa_ecp5",
        title="ECP5 Versa",
        platform="amaranth_boards.versa_ecp5:VersaECP5Platform",
        family="ecp5",
        device="LFE5UM-45F",
        clock_hz=100_000_000,
        core_hz=50_000_000,
        capacity=ECP5_45,
        programmer=("openFPGALoader", "-c", "ft2232"),
        notes=("take the ispCLOCK device out of the JTAG chain by its jumper",),
    ),
)
