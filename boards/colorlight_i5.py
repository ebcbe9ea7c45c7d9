"""Colorlight i5, revision 7.0, on MuseLab's extension board: ECP5 25F, 25 MHz."""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_25
from nef2hw.boards.spec import BoardSpec, Pinout, SerialPins

BOARDS = (
    BoardSpec(
        name="colorlight_i5",
        title="Colorlight i5",
        platform=Pinout(
            part={"package": "BG381", "speed": "6"},
            clock="P3",
            attributes={"IO_TYPE": "LVCMOS33"},
        ),
        family="ecp5",
        device="LFE5U-25F",
        clock_hz=25_000_000,
        core_hz=50_000_000,
        capacity=ECP5_25,
        programmer=("openFPGALoader", "-b", "colorlight-i5"),
        uart=SerialPins(rx="H18", tx="J17", attributes={"IO_TYPE": "LVCMOS33"}),
        serial="the extension board's USB",
        baud=115_200,
    ),
)
