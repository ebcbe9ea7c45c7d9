"""Radiona ULX3S: ECP5 in four sizes, 25 MHz, USB serial by an FT231X."""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_25, ECP5_45, ECP5_85
from nef2hw.boards.spec import BoardSpec, Capacity


def _ulx3s(size: str, capacity: Capacity, *aliases: str) -> BoardSpec:
    return BoardSpec(
        name=f"ulx3s_{size.lower()}",
        title=f"ULX3S {size}",
        platform=f"amaranth_boards.ulx3s:ULX3S_{size}_Platform",
        family="ecp5",
        device=f"LFE5U-{size}",
        clock_hz=25_000_000,
        core_hz=50_000_000,
        capacity=capacity,
        programmer=("openFPGALoader", "-b", "ulx3s"),
        aliases=aliases,
    )


BOARDS = (
    _ulx3s("12F", ECP5_25),
    _ulx3s("25F", ECP5_25),
    _ulx3s("45F", ECP5_45),
    _ulx3s("85F", ECP5_85, "ulx3s"),
)
