"""MuseLab iCESugar-pro: ECP5 25F, 25 MHz, serial port and programming by iCELink."""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_25
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="icesugar_pro",
        title="iCESugar-pro",
        platform="amaranth_boards.icesugar_pro:ICESugarProPlatform",
        family="ecp5",
        device="LFE5U-25F",
        clock_hz=25_000_000,
        core_hz=50_000_000,
        capacity=ECP5_25,
        programmer=("openFPGALoader", "-c", "cmsisdap"),
        baud=115_200,
        notes=("the bitstream may also be copied onto the drive that iCELink shows",),
    ),
)
