"""Lattice iCE40UP5K-B-EVN: iCE40 UP5K, 12 MHz.

Its FT2232H brings no serial port to the FPGA; the pins are 4 and 5 of header C (J3), named 23B
and 9B on the board.
"""

from __future__ import annotations

from nef2hw.boards.devices import ICE40_UP5K
from nef2hw.boards.spec import BoardSpec, SerialPins

BOARDS = (
    BoardSpec(
        name="ice40_up5k_b_evn",
        title="iCE40UP5K-B-EVN",
        platform="amaranth_boards.ice40_up5k_b_evn:ICE40UP5KBEVNPlatform",
        family="ice40",
        device="iCE40UP5K",
        clock_hz=12_000_000,
        core_hz=24_000_000,
        capacity=ICE40_UP5K,
        programmer=("openFPGALoader", "-b", "ice40_generic"),
        uart=SerialPins(rx="3", tx="21", attributes={"IO_STANDARD": "SB_LVCMOS"}),
        serial="a 3.3 V USB-serial adapter: its TX to 9B (J3 pin 5), its RX to 23B (J3 pin 4)",
        aliases=("up5k_evn",),
        notes=("jumper J51, closed when delivered, brings the 12 MHz clock to the FPGA",),
    ),
)
