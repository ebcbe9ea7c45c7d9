"""The names that one 7-series part has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nef2hw.errors import BoardError

#: Folder of prjxray's database, by the first letters of a device.
_FOLDERS = {"xc7a": "artix7", "xc7k": "kintex7", "xc7s": "spartan7", "xc7z": "zynq7"}


@dataclass(frozen=True)
class Part:
    """A device in its package, and the clock it shall run at."""

    device: str  #: as Vivado has it, with the grade of temperature: xc7a35ti
    package: str
    speed: str  #: 1, 2, 3 or 1L
    clock_hz: float  #: of the core

    @property
    def vivado(self) -> str:
        """Name for Vivado."""
        return f"{self.device}{self.package}-{self.speed}"

    @property
    def die(self) -> str:
        """The device without its grade of temperature."""
        return self.device.removesuffix("i")

    @property
    def package_name(self) -> str:
        """Name without speed, as openXC7 calls its chip databases."""
        return f"{self.die}{self.package}"

    @property
    def prjxray(self) -> str:
        """Name for prjxray and nextpnr."""
        return f"{self.package_name}-{self.speed[0]}"

    @property
    def folder(self) -> str:
        """Folder of prjxray's database."""
        return _FOLDERS[self.device[:4]]


def part_of(platform: Any, clock_hz: float) -> Part:
    """The part of an Amaranth platform.

    Raises
    ------
    BoardError
        It is none of the 7-series that open tools know.
    """
    if platform.device[:4] not in _FOLDERS:
        raise BoardError(
            f"device {platform.device} is none of the 7-series; its name must begin with "
            + ", ".join(_FOLDERS)
        )
    return Part(platform.device, platform.package, platform.speed, clock_hz)
