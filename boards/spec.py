"""What nef2hw knows of a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["ecp5", "ice40"]


@dataclass(frozen=True)
class Capacity:
    """What a device holds, as its data sheet counts it."""

    lut: int  #: 4-input look-up tables
    ff: int  #: flip-flops
    block_rams: int  #: block RAMs of ``block_ram_bits`` each
    block_ram_bits: int  #: bits of one block RAM that a data word can use
    dsp: int  #: hardware multipliers
    spram_bits: int = 0  #: single-port RAM, 0 if the family has none

    @property
    def memory_bits(self) -> int:
        """Bits of all block RAMs together, without single-port RAM."""
        return self.block_rams * self.block_ram_bits


@dataclass(frozen=True)
class BoardSpec:
    """One board: names, clock, capacity, and the Amaranth platform that has its pins."""

    name: str  #: as in ``--board``
    title: str  #: as people call it
    platform: str  #: "module:Class" of the Amaranth platform
    family: Family
    device: str  #: part name
    clock_hz: int  #: of the oscillator on the board
    capacity: Capacity
    programmer: str  #: board name for openFPGALoader
    uart: tuple[str, int] = ("uart", 0)  #: resource name and number
    baud: int = 1_000_000  #: of the serial port
    aliases: tuple[str, ...] = ()
