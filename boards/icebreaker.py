"""1BitSquared iCEBreaker: iCE40 UP5K, 12 MHz, USB serial."""

from __future__ import annotations

from nef2hw.boards.devices import ICE40_UP5K
from nef2hw.boards.spec import BoardSpec

BOARDS = (
    BoardSpec(
        name="icebreaker",
        title="iCEBreaker",
        platform="amaranth_boards.icebreaker:ICEBreakerPlatform",
        family="ice40",
        device="iCE40UP5K",
        clock_hz=12_000_000,
        core_hz=24_000_000,
        capacity=ICE40_UP5K,
        programmer=("openFPGALoader", "-b", "ice40_generic"),
    ),
)
