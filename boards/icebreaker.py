"""1BitSquared iCEBreaker: iCE40 UP5K, 1 Mbit of single-port RAM, 12 MHz, USB serial."""

from __future__ import annotations

from nef2hw.boards.spec import BoardSpec, Capacity

BOARDS = (
    BoardSpec(
        name="icebreaker",
        title="iCEBreaker",
        platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
        family="ice40",
        device="iCE40UP5K",
        clock_hz=12_000_000,
        capacity=Capacity(
            lut=5_280,
            ff=5_280,
            block_rams=30,
            block_ram_bits=4_096,
            dsp=8,
            spram_bits=4 * 262_144,
        ),
        programmer="ice40_generic",
    ),
)
