"""The clock of the core: the board's oscillator, or a PLL on it."""

from __future__ import annotations

from amaranth.hdl import ClockSignal, Elaboratable, Module, Signal
from amaranth.lib.cdc import ResetSynchronizer

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.families.registry import family_of
from nef2hw.build.pll.settings import PllSettings
from nef2hw.errors import CapacityError

#: How far the PLL's clock may lie from what was asked.
TOLERANCE = 0.01


def core_clock_hz(board: BoardSpec, asked_hz: float | None) -> float:
    """The clock that is asked for, or else the board's default for its core."""
    return asked_hz or float(board.core_hz or board.clock_hz)


def choose_pll(board: BoardSpec, wanted_hz: float) -> PllSettings | None:
    """Choose a PLL for ``wanted_hz``; None when the board's own clock is meant.

    Raises
    ------
    CapacityError
        No setting comes within 1 % of what was asked.
    """
    pll = family_of(board).pll
    if wanted_hz == board.clock_hz or pll is None:
        return None
    settings = pll.choose(board, wanted_hz)
    if settings is None or abs(settings.output_hz - wanted_hz) > TOLERANCE * wanted_hz:
        nearest = f"{settings.output_hz / 1e6:g} MHz" if settings else "none"
        raise CapacityError(
            f"{board.name}: its PLL makes no {wanted_hz / 1e6:g} MHz from "
            f"{board.clock_hz / 1e6:g} MHz; the nearest --clock is {nearest}"
        )
    return settings


class PllClock(Elaboratable):
    """Drive domain ``sync`` from the oscillator through a PLL, in reset until that locks."""

    def __init__(self, board: BoardSpec, settings: PllSettings) -> None:
        self.board = board
        self.settings = settings

    def elaborate(self, platform):
        m = Module()
        pin = platform.request(platform.default_clk, dir="-")
        clock, locked = Signal(), Signal()
        pll = family_of(self.board).pll
        assert pll is not None
        pll.connect(m, self.settings, platform, pin, clock, locked)
        m.d.comb += ClockSignal("sync").eq(clock)
        platform.add_clock_constraint(clock, self.settings.output_hz)
        m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
        return m
