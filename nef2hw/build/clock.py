"""A clock other than the board's oscillator: choosing a PLL's dividers, and the PLL itself."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module, Signal
from amaranth.lib import io
from amaranth.lib.cdc import ResetSynchronizer

from nef2hw.boards.spec import BoardSpec
from nef2hw.errors import CapacityError

#: How far the PLL's clock may lie from what was asked.
TOLERANCE = 0.01


@dataclass(frozen=True)
class PllSettings:
    """Dividers of a PLL, as the family names them.

    ECP5: ``input * feedback / reference`` is the output, times ``output`` the oscillator's.
    iCE40: ``input * (feedback + 1) / (reference + 1) / 2**output``.
    """

    reference: int
    feedback: int
    output: int
    output_hz: float
    oscillator_hz: float
    filter_range: int = 0  #: iCE40's FILTER_RANGE


def choose_ecp5(input_hz: float, wanted_hz: float) -> PllSettings | None:
    """Choose dividers of an EHXPLLL with its primary output as feedback.

    The limits are those of the ECP5 data sheet: phase detector 3.125 to 400 MHz, oscillator 400
    to 800 MHz.
    """
    found = [
        PllSettings(reference, feedback, output, output_hz, oscillator_hz)
        for reference in range(1, 129)
        if 3.125e6 <= input_hz / reference <= 400e6
        for feedback in range(1, 81)
        for output_hz in [input_hz * feedback / reference]
        for output in range(1, 129)
        if 400e6 <= (oscillator_hz := output_hz * output) <= 800e6
    ]
    return _nearest(found, wanted_hz)


def choose_ice40(input_hz: float, wanted_hz: float) -> PllSettings | None:
    """Choose dividers of an SB_PLL40 with simple feedback.

    Limits of the iCE40 data sheet: phase detector 10 to 133 MHz, oscillator 533 to 1066 MHz,
    output 16 to 275 MHz.
    """
    found = []
    for reference in range(16):
        detector_hz = input_hz / (reference + 1)
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
    return _nearest(found, wanted_hz)


def _filter_range(detector_hz: float) -> int:
    limits_hz = (17e6, 26e6, 44e6, 66e6, 101e6)
    return 1 + sum(detector_hz >= limit_hz for limit_hz in limits_hz)


def _nearest(found: list[PllSettings], wanted_hz: float) -> PllSettings | None:
    middle_hz = 600e6

    def distance(settings: PllSettings) -> tuple[float, float]:
        return abs(settings.output_hz - wanted_hz), abs(settings.oscillator_hz - middle_hz)

    return min(found, key=distance, default=None)


def choose_pll(board: BoardSpec, wanted_hz: float) -> PllSettings | None:
    """Choose a PLL for ``wanted_hz``; None when the board's own clock is meant.

    Raises
    ------
    CapacityError
        No setting comes within 1 % of what was asked.
    """
    if wanted_hz == board.clock_hz:
        return None
    choose = {"ecp5": choose_ecp5, "ice40": choose_ice40}[board.family]
    settings = choose(board.clock_hz, wanted_hz)
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
        if self.board.family == "ecp5":
            m.submodules.pin = buffer = io.Buffer("i", pin)
            m.submodules.pll = self._ecp5(buffer.i, clock, locked)
        else:
            m.submodules.pll = self._ice40(pin.io, clock, locked)
        m.d.comb += ClockSignal("sync").eq(clock)
        platform.add_clock_constraint(clock, self.settings.output_hz)
        m.submodules.reset = ResetSynchronizer(~locked, domain="sync")
        return m

    def _ecp5(self, source, clock, locked):
        settings = self.settings
        return Instance(
            "EHXPLLL",
            p_CLKI_DIV=settings.reference,
            p_CLKFB_DIV=settings.feedback,
            p_CLKOP_DIV=settings.output,
            p_CLKOP_CPHASE=settings.output // 2,
            p_CLKOP_ENABLE="ENABLED",
            p_FEEDBK_PATH="CLKOP",
            i_CLKI=source,
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

    def _ice40(self, package_pin, clock, locked):
        settings = self.settings
        return Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=settings.reference,
            p_DIVF=settings.feedback,
            p_DIVQ=settings.output,
            p_FILTER_RANGE=settings.filter_range,
            i_PACKAGEPIN=package_pin,
            i_RESETB=1,
            i_BYPASS=0,
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )
