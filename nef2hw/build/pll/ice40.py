"""The SB_PLL40 of iCE40: ``input * (feedback + 1) / (reference + 1) / 2**output``."""

from __future__ import annotations

from amaranth.hdl import Instance
from amaranth.lib import io

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.pll.settings import Pll, PllSettings, nearest

#: The pin of an UP5K in package SG48 that has a way of its own into the PLL.
_PLL_PIN = "35"


def choose(board: BoardSpec, wanted_hz: float) -> PllSettings | None:
    """Choose dividers, with simple feedback.

    Limits of the iCE40 data sheet: phase detector 10 to 133 MHz, oscillator 533 to 1066 MHz,
    output 16 to 275 MHz.
    """
    found = []
    for reference in range(16):
        detector_hz = board.clock_hz / (reference + 1)
        if not 10e6 <= detector_hz <= 133e6:
            continue
        for feedback in range(128):
            oscillator_hz = detector_hz * (feedback + 1)
            if not 533e6 <= oscillator_hz <= 1066e6:
                continue
            found += [
                PllSettings(
                    reference, feedback, output, hz, oscillator_hz, _filter_range(detector_hz)
                )
                for output in range(1, 7)
                if 16e6 <= (hz := oscillator_hz / 2**output) <= 275e6
            ]
    return nearest(found, wanted_hz, 600e6)


def _filter_range(detector_hz: float) -> int:
    limits_hz = (17e6, 26e6, 44e6, 66e6, 101e6)
    return 1 + sum(detector_hz >= limit_hz for limit_hz in limits_hz)


def connect(m, settings, platform, pin, clock, locked):
    """Instantiate the PLL on its own pin, or behind an input buffer on any other."""
    if pin.io.metadata[0].name == _PLL_PIN:
        kind, source = "SB_PLL40_PAD", {"i_PACKAGEPIN": pin.io}
    else:
        m.submodules.pin = buffer = io.Buffer("i", pin)
        kind, source = "SB_PLL40_CORE", {"i_REFERENCECLK": buffer.i}
    m.submodules.pll = Instance(
        kind,
        p_FEEDBACK_PATH="SIMPLE",
        p_DIVR=settings.reference,
        p_DIVF=settings.feedback,
        p_DIVQ=settings.output,
        p_FILTER_RANGE=settings.filter_range,
        **source,
        i_RESETB=1,
        i_BYPASS=0,
        o_PLLOUTGLOBAL=clock,
        o_LOCK=locked,
    )


PLL = Pll(choose, connect)
