"""Sipeed Tang Nano 9K and 20K: Gowin GW1NR-9 and GW2AR-18, 27 MHz, USB serial."""

from __future__ import annotations

from nef2hw.boards.devices import GW1N_9, GW2A_18
from nef2hw.boards.spec import BoardSpec, Pinout, SerialPins

BOARDS = (
    BoardSpec(
        name="tang_nano_9k",
        title="Tang Nano 9K",
        platform="amaranth_boards.tang_nano_9k:TangNano9kPlatform",
        family="gowin",
        device="GW1NR-LV9QN88PC6/I5",
        clock_hz=27_000_000,
        capacity=GW1N_9,
        programmer=("openFPGALoader", "-b", "tangnano9k"),
        baud=115_200,
        aliases=("tangnano9k",),
    ),
    BoardSpec(
        name="tang_nano_20k",
        title="Tang Nano 20K",
        platform=Pinout(
            part={"family": "GW2AR-18C"},
            clock="4",
            attributes={"IO_TYPE": "LVCMOS33"},
        ),
        family="gowin",
        device="GW2AR-LV18QN88C8/I7",
        clock_hz=27_000_000,
        capacity=GW2A_18,
        programmer=("openFPGALoader", "-b", "tangnano20k"),
        uart=SerialPins(rx="70", tx="69", attributes={"PULL_MODE": "UP", "IO_TYPE": "LVCMOS33"}),
        baud=115_200,
        aliases=("tangnano20k",),
    ),
)
