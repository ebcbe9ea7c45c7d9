"""The design that goes onto a board: the core's top, a clock, and the pins of the serial port."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import ClockDomain, Elaboratable, Module
from amaranth.lib import io

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.clock import PllClock, PllSettings


class BoardDesign(Elaboratable):
    """Put ``top``, a component with ports ``rx`` and ``tx``, on ``board``.

    Parameters
    ----------
    top
        Runs in domain ``sync``.
    pll
        Makes the clock of ``sync``; None for the board's oscillator.
    """

    def __init__(self, board: BoardSpec, top: Any, pll: PllSettings | None = None) -> None:
        self.board = board
        self.top = top
        self.pll = pll

    def elaborate(self, platform):
        m = Module()
        if self.pll is not None:
            m.domains.sync = ClockDomain("sync")
            m.submodules.clock = PllClock(self.board, self.pll)
        m.submodules.top = self.top
        uart = platform.request(*self.board.uart, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [self.top.rx.eq(rx.i), tx.o.eq(self.top.tx)]
        return m
