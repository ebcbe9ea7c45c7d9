"""The rPLL of Gowin's LittleBee and Arora: ``input * (feedback + 1) / (reference + 1)``."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Instance
from amaranth.lib import io

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.pll.settings import Pll, PllSettings, nearest

_OUTPUTS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)


@dataclass(frozen=True)
class _Limits:
    """Limits of a data sheet, Hz."""

    detector: tuple[float, float]
    oscillator: tuple[float, float]


_LITTLEBEE = _Limits((3e6, 400e6), (400e6, 1200e6))  #: DS117, C6/I5
_ARORA = _Limits((3e6, 500e6), (500e6, 1250e6))  #: DS226, C8/I7


def choose(board: BoardSpec, wanted_hz: float) -> PllSettings | None:
    """Choose dividers; the oscillator runs at ``output`` times the output."""
    limits = _ARORA if board.device.startswith("GW2A") else _LITTLEBEE
    found = [
        PllSettings(reference, feedback, output, output_hz, oscillator_hz)
        for reference in range(64)
        if limits.detector[0] <= board.clock_hz / (reference + 1) <= limits.detector[1]
        for feedback in range(64)
        for output_hz in [board.clock_hz * (feedback + 1) / (reference + 1)]
        for output in _OUTPUTS
        if limits.oscillator[0] <= (oscillator_hz := output_hz * output) <= limits.oscillator[1]
    ]
    return nearest(found, wanted_hz, 800e6)


def connect(m, settings, platform, pin, clock, locked):
    """Instantiate the PLL behind an input buffer."""
    m.submodules.pin = buffer = io.Buffer("i", pin)
    m.submodules.pll = Instance(
        "rPLL",
        p_DEVICE=platform.family,
        p_FCLKIN=f"{platform.default_clk_frequency / 1e6:g}",
        p_IDIV_SEL=settings.reference,
        p_FBDIV_SEL=settings.feedback,
        p_ODIV_SEL=settings.output,
        p_CLKFB_SEL="internal",
        p_DYN_IDIV_SEL="false",
        p_DYN_FBDIV_SEL="false",
        p_DYN_ODIV_SEL="false",
        p_DYN_DA_EN="false",
        p_DUTYDA_SEL="1000",
        p_PSDA_SEL="0000",
        i_CLKIN=buffer.i,
        i_CLKFB=0,
        i_RESET=0,
        i_RESET_P=0,
        i_IDSEL=0,
        i_FBDSEL=0,
        i_ODSEL=0,
        i_DUTYDA=0,
        i_PSDA=0,
        i_FDLY=0,
        o_CLKOUT=clock,
        o_LOCK=locked,
    )


PLL = Pll(choose, connect)
