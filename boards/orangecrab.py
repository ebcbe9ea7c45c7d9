"""OrangeCrab r0.2: ECP5 in two sizes, 48 MHz, programmed over its own USB by DFU.

The USB port belongs to the FPGA, so the serial port is on the Feather pins 0 (in) and 1 (out).
"""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_25, ECP5_85
from nef2hw.boards.spec import BoardSpec, Capacity, SerialPins


def _orangecrab(size: str, capacity: Capacity, *aliases: str) -> BoardSpec:
    return BoardSpec(
        name=f"orangecrab_{size.lower()}",
        title=f"OrangeCrab {size}",
        platform=f"amaranth_boards.orangecrab_r0_2:OrangeCrabR0_2_{size}Platform",
        family="ecp5",
        device=f"LFE5U-{size}",
        clock_hz=48_000_000,
        capacity=capacity,
        programmer=("dfu-util", "-d", "1209:5af0", "-a", "0", "-D"),
        uart=SerialPins(rx="N17", tx="M18", attributes={"IO_TYPE": "LVCMOS33"}),
        serial="a 3.3 V USB-serial adapter: its TX to Feather pin 0, its RX to Feather pin 1",
        aliases=aliases,
        notes=("hold the button while plugging in USB: the loader starts and waits",),
    )


BOARDS = (
    _orangecrab("25F", ECP5_25, "orangecrab"),
    _orangecrab("85F", ECP5_85),
)
