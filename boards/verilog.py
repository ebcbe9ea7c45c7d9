"""No board at all: Verilog for a device of the user's own choice."""

from __future__ import annotations

from nef2hw.boards.devices import ANY_DEVICE
from nef2hw.boards.spec import BoardSpec, Pinout

BOARDS = (
    BoardSpec(
        name="verilog",
        title="generic Verilog",
        platform=Pinout(part={}, clock="clk"),
        family="verilog",
        device="any",
        clock_hz=50_000_000,
        capacity=ANY_DEVICE,
        programmer=(),
        serial="ports rx and tx of rtl/top.v",
        aliases=("generic",),
    ),
)
