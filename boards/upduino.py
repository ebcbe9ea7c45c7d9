"""tinyVision.ai UPduino 3.x: iCE40 UP5K, 12 MHz once its jumper is closed.

The FT232H shares its serial lines with the configuration flash and its handshake line with the
flash's chip select, so the serial port is on two pins of the header: gpio_12 and gpio_21 of the
maker's constraint file, those that other projects use too.
"""

from __future__ import annotations

from nef2hw.boards.devices import ICE40_UP5K
from nef2hw.boards.spec import BoardSpec, SerialPins

BOARDS = (
    BoardSpec(
        name="upduino",
        title="UPduino 3",
        platform="amaranth_boards.upduino_v3:UpduinoV3Platform",
        family="ice40",
        device="iCE40UP5K",
        clock_hz=12_000_000,
        core_hz=24_000_000,
        clock="clk12",
        capacity=ICE40_UP5K,
        programmer=("openFPGALoader", "-b", "ice40_generic", "-c", "ft232"),
        uart=SerialPins(rx="12", tx="21", attributes={"IO_STANDARD": "SB_LVCMOS"}),
        serial="a 3.3 V USB-serial adapter: its TX to gpio_12, its RX to gpio_21",
        aliases=("upduino_v3",),
        notes=("close the solder jumper OSC (R16): it brings the 12 MHz clock to the FPGA",),
    ),
)
