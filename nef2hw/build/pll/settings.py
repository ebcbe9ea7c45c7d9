"""What a PLL is asked for and set to, whatever its family."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from nef2hw.boards.spec import BoardSpec


@dataclass(frozen=True)
class PllSettings:
    """Dividers of a PLL, as the family names them; its module has the formula."""

    reference: int
    feedback: int
    output: int
    output_hz: float
    oscillator_hz: float
    filter_range: int = 0  #: iCE40's FILTER_RANGE


@dataclass(frozen=True)
class Pll:
    """How a family makes a clock.

    ``choose`` returns the settings nearest to a frequency in Hz, or None where there are none.
    ``connect`` instantiates the PLL in a module: of a platform, between a port and two signals,
    clock and locked.
    """

    choose: Callable[[BoardSpec, float], PllSettings | None]
    connect: Callable[[Any, PllSettings, Any, Any, Any, Any], None]


def nearest(found: Iterable[PllSettings], wanted_hz: float, middle_hz: float) -> PllSettings | None:
    """Return the settings nearest to ``wanted_hz``; of equal ones, with the calmest oscillator."""

    def distance(settings: PllSettings) -> tuple[float, float]:
        return abs(settings.output_hz - wanted_hz), abs(settings.oscillator_hz - middle_hz)

    return min(found, key=distance, default=None)
