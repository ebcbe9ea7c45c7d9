"""Sipeed Tang Primer 20K: Gowin GW2A-18, 27 MHz, USB serial on the dock."""

from __future__ import annotations

from nef2hw.boards.devices import GW2A_18
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="tang_primer_20k",
        title="Tang Primer 20K",
        platform="amaranth_boards.tang_primer_20k:TangPrimer20kPlatform",
        family="gowin",
        device="GW2A-LV18PG256C8/I7",
        clock_hz=27_000_000,
        capacity=GW2A_18,
        programmer=("openFPGALoader", "-b", "tangprimer20k"),
        baud=115_200,
        aliases=("tangprimer20k",),
    ),
)
