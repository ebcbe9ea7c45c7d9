"""What nef2hw knows of a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Family = Literal["ecp5", "ice40", "gowin", "xilinx7", "verilog"]
FAMILY_NAMES: tuple[str, ...] = get_args(Family)

#: Name and value of each attribute that a pin gets in the constraint file.
PinAttributes = Mapping[str, str | int | bool]


@dataclass(frozen=True)
class Capacity:
    """What a device holds, as its data sheet counts it."""

    lut: int  #: look-up tables, of 4 inputs (7-series: 6)
    ff: int  #: flip-flops
    block_rams: int  #: block RAMs of ``block_ram_bits`` each
    block_ram_bits: int  #: bits of one block RAM that a data word can use
    dsp: int  #: hardware multipliers
    spram_bits: int = 0  #: single-port RAM, 0 if the family has none
    limited: bool = True  #: False where the device is the user's own choice

    @property
    def memory_bits(self) -> int:
        """Bits of all block RAMs together, without single-port RAM."""
        return self.block_rams * self.block_ram_bits


@dataclass(frozen=True)
class SerialPins:
    """The pins of a serial port on a board whose Amaranth platform has none."""

    rx: str  #: into the FPGA
    tx: str  #: out of the FPGA
    attributes: PinAttributes = field(default_factory=dict)


@dataclass(frozen=True)
class Pinout:
    """What to know of a board that has no Amaranth platform; the serial port is apart."""

    part: Mapping[str, str]  #: what the vendor's platform asks for: package, speed, ...
    clock: str  #: pin of the oscillator
    attributes: PinAttributes = field(default_factory=dict)  #: of that pin


@dataclass(frozen=True)
class BoardSpec:
    """One board: names, clock, capacity, and the Amaranth platform that has its pins."""

    name: str  #: as in ``--board``
    title: str  #: as people call it
    platform: str | Pinout  #: "module:Class" of the Amaranth platform, or the pins
    family: Family
    device: str  #: part name
    clock_hz: int  #: of the oscillator on the board
    capacity: Capacity
    #: Command that loads the bitstream; the name of its file is appended.
    programmer: tuple[str, ...]
    uart: tuple[str, int] | SerialPins = ("uart", 0)  #: resource name and number, or the pins
    serial: str = "the board's USB"  #: how a computer reaches the serial port
    baud: int = 1_000_000  #: of the serial port
    core_hz: int | None = None  #: of the core unless the user names one; None: the oscillator's
    clock: str | None = None  #: resource of the oscillator where it is not the platform's default
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  #: what the user must do or know before programming
