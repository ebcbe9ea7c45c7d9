"""Radiona ULX3S: ECP5 in four sizes, 25 MHz, USB serial by an FT231X."""

from __future__ import annotations

from nef2hw.boards.spec import BoardSpec, Capacity


def _ulx3s(size: str, capacity: Capacity, *aliases: str) -> BoardSpec:
    return BoardSpec(
        name=f"ulx3s_{size.lower()}",
        title=f"ULX3S {size}",
        platform=f"amaranth_boards.ulx3s:ULX3S_{size}_Platform",
        family="ecp5",
        device=f"LFE5U-{size}",
        clock_hz=25_000_000,
        capacity=capacity,
        programmer="ulx3s",
        aliases=aliases,
    )


#: The 12F carries the die of the 25F; open tools use all of it.
SMALL = Capacity(lut=24_288, ff=24_288, block_rams=56, block_ram_bits=18_432, dsp=28)

BOARDS = (
    _ulx3s("12F", SMALL),
    _ulx3s("25F", SMALL),
    _ulx3s("45F", Capacity(lut=43_848, ff=43_848, block_rams=108, block_ram_bits=18_432, dsp=72)),
    _ulx3s(
        "85F",
        Capacity(lut=83_640, ff=83_640, block_rams=208, block_ram_bits=18_432, dsp=156),
        "ulx3s",
    ),
)
