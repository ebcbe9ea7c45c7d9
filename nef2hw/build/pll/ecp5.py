"""The EHXPLLL of ECP5: ``input * feedback / reference``, with its primary output as feedback."""

from __future__ import annotations

from amaranth.hdl import Instance
from amaranth.lib import io

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.pll.settings import Pll, PllSettings, nearest


def choose(board: BoardSpec, wanted_hz: float) -> PllSettings | None:
    """Choose dividers; the oscillator runs at ``output`` times the output.

    The limits are those of the ECP5 data sheet: phase detector 3.125 to 400 MHz, oscillator 400
    to 800 MHz.
    """
    input_hz = board.clock_hz
    found = [
        PllSettings(reference, feedback, output, output_hz, oscillator_hz)
        for reference in range(1, 129)
        if 3.125e6 <= input_hz / reference <= 400e6
        for feedback in range(1, 81)
        for output_hz in [input_hz * feedback / reference]
        for output in range(1, 129)
        if 400e6 <= (oscillator_hz := output_hz * output) <= 800e6
    ]
    return nearest(found, wanted_hz, 600e6)


def connect(m, settings, platform, pin, clock, locked):
    """Instantiate the PLL behind an input buffer."""
    m.submodules.pin = buffer = io.Buffer("i", pin)
    m.submodules.pll = Instance(
        "EHXPLLL",
        p_CLKI_DIV=settings.reference,
        p_CLKFB_DIV=settings.feedback,
        p_CLKOP_DIV=settings.output,
        p_CLKOP_CPHASE=settings.output // 2,
        p_CLKOP_ENABLE="ENABLED",
        p_FEEDBK_PATH="CLKOP",
        i_CLKI=buffer.i,
        i_CLKFB=clock,
        i_RST=0,
        i_STDBY=0,
        i_PHASESEL0=0,
        i_PHASESEL1=0,
        i_PHASEDIR=1,
        i_PHASESTEP=1,
        i_PHASELOADREG=1,
        i_PLLWAKESYNC=0,
        i_ENCLKOP=0,
        o_CLKOP=clock,
        o_LOCK=locked,
    )


PLL = Pll(choose, connect)
