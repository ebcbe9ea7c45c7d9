"""LambdaConcept ECPIX-5: ECP5-5G in two sizes, 100 MHz, USB serial by an FT2232H."""

from __future__ import annotations

from nef2hw.boards.devices import ECP5_45, ECP5_85
from nef2hw.boards.spec import BoardSpec, Capacity


def _ecpix5(size: str, capacity: Capacity, *aliases: str) -> BoardSpec:
    return BoardSpec(
        name=f"ecpix5_{size}f",
        title=f"ECPIX-5 {size}F",
        platform=f"amaranth_boards.ecpix5:ECPIX5{size}Platform",
        family="ecp5",
        device=f"LFE5UM5G-{size}F",
        clock_hz=100_000_000,
        core_hz=50_000_000,
        capacity=capacity,
        programmer=("openFPGALoader", "-b", "ecpix5"),
        aliases=aliases,
    )


BOARDS = (
    _ecpix5("45", ECP5_45),
    _ecpix5("85", ECP5_85, "ecpix5"),
)
