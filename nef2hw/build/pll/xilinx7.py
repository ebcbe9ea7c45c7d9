"""PLLE2 and MMCME2 of the 7-series: ``input * feedback / reference / output``."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Instance, Signal
from amaranth.lib import io

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.pll.settings import Pll, PllSettings, nearest


@dataclass(frozen=True)
class _Kind:
    """One of the two primitives, with the limits of the slowest grade, Hz (DS181)."""

    primitive: str
    suffix: str  #: of the parameters that may hold fractions
    detector: tuple[float, float]
    oscillator: tuple[float, float]
    references: int
    feedbacks: int


#: Open tools take a whole feedback divider up to 63.
_PLL = _Kind("PLLE2_BASE", "", (19e6, 450e6), (800e6, 1600e6), 56, 63)
_MMCM = _Kind("MMCME2_BASE", "_F", (10e6, 450e6), (600e6, 1200e6), 106, 63)


def _kind(input_hz: float) -> _Kind:
    """The plain PLL, or the MMCM where the oscillator is too slow for that."""
    return _PLL if input_hz >= _PLL.detector[0] else _MMCM


def choose(board: BoardSpec, wanted_hz: float) -> PllSettings | None:
    """Choose dividers, all whole."""
    kind = _kind(board.clock_hz)
    found = [
        PllSettings(reference, feedback, output, oscillator_hz / output, oscillator_hz)
        for reference in range(1, kind.references + 1)
        if kind.detector[0] <= board.clock_hz / reference <= kind.detector[1]
        for feedback in range(2, kind.feedbacks + 1)
        for oscillator_hz in [board.clock_hz * feedback / reference]
        if kind.oscillator[0] <= oscillator_hz <= kind.oscillator[1]
        for output in range(1, 129)
    ]
    return nearest(found, wanted_hz, 1000e6)


def connect(m, settings, platform, pin, clock, locked):
    """Instantiate the PLL between an input buffer and a global clock buffer."""
    input_hz = platform.default_clk_frequency
    kind, feedback, made = _kind(input_hz), Signal(), Signal()
    m.submodules.pin = buffer = io.Buffer("i", pin)
    m.submodules.pll = Instance(
        kind.primitive,
        p_CLKIN1_PERIOD=1e9 / input_hz,
        p_DIVCLK_DIVIDE=settings.reference,
        **_whole(f"p_CLKFBOUT_MULT{kind.suffix}", settings.feedback, kind),
        **_whole(f"p_CLKOUT0_DIVIDE{kind.suffix}", settings.output, kind),
        i_CLKIN1=buffer.i,
        i_CLKFBIN=feedback,
        i_PWRDWN=0,
        i_RST=0,
        o_CLKFBOUT=feedback,
        o_CLKOUT0=made,
        o_LOCKED=locked,
    )
    m.submodules.clock_buffer = Instance("BUFG", i_I=made, o_O=clock)


def _whole(name: str, value: int, kind: _Kind) -> dict[str, int | float]:
    """A parameter, as a real number where the primitive wants one."""
    return {name: float(value) if kind.suffix else value}


PLL = Pll(choose, connect)
