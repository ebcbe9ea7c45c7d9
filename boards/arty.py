"""Digilent Arty A7: Artix-7 35T or 100T, 100 MHz, USB serial by an FT2232H."""

from __future__ import annotations

from nef2hw.boards.devices import XC7A35T, XC7A100T
from nef2hw.boards.spec import BoardSpec, Capacity


def _arty(name: str, size: str, capacity: Capacity, *aliases: str) -> BoardSpec:
    return BoardSpec(
        name=name,
        title=f"Arty A7-{size}T",
        platform=f"amaranth_boards.arty_a7:ArtyA7_{size}Platform",
        family="xilinx7",
        device=f"xc7a{size}ti",
        clock_hz=100_000_000,
        core_hz=50_000_000,
        capacity=capacity,
        programmer=("openFPGALoader", "-b", f"arty_a7_{size}t"),
        aliases=aliases,
    )


BOARDS = (
    _arty("arty", "35", XC7A35T, "arty_35t", "arty_a7", "arty_a7_35t"),
    _arty("arty_100t", "100", XC7A100T, "arty_a7_100t"),
)
