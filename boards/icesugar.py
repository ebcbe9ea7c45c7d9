"""MuseLab iCESugar: iCE40 UP5K, 12 MHz, serial port and programming by iCELink."""

from __future__ import annotations

from nef2hw.boards.devices import ICE40_UP5K
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="icesugar",
        title="iCESugar",
        platform="amaranth_boards.icesugar:ICESugarPlatform",
        family="ice40",
        device="iCE40UP5K",
        clock_hz=12_000_000,
        core_hz=24_000_000,
        capacity=ICE40_UP5K,
        programmer=("icesprog",),
        baud=115_200,
        notes=(
            "instead of icesprog, the bitstream may be copied onto the drive that iCELink shows",
        ),
    ),
)
