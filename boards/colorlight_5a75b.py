"""Colorlight 5A-75B, revision 7.0: ECP5 25F on a card for LED walls, 25 MHz."""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_25
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="colorlight_5a75b",
        title="Colorlight 5A-75B 7.0",
        platform="amaranth_boards.colorlight_5a75b_r7_0:Colorlight_5A75B_R70Platform",
        family="ecp5",
        device="LFE5U-25F",
        clock_hz=25_000_000,
        core_hz=50_000_000,
        capacity=ECP5_25,
        programmer=("openFPGALoader", "-c", "ft232"),
        serial="a 3.3 V USB-serial adapter on J19: its TX to KEY+, its RX to DATA_LED-",
        aliases=("colorlight_5a_75b",),
        notes=("programming needs an external JTAG adapter, here one with an FT232H",),
    ),
)
