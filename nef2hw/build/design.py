"""The design that goes onto a board: the core's top, a clock, and the pins of the serial port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import ClockDomain, Elaboratable, Module
from amaranth.lib import io

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.clock import PllClock
from nef2hw.build.platform import uart_resource
from nef2hw.build.pll.settings import PllSettings
from nef2hw.program.memory import DIGEST_BYTES, MemoryImage
from nef2hw.program.program import Program
from nef2hw.rtl.top import Top

#: What a board tells that holds no whole image.
NO_DIGEST = bytes(DIGEST_BYTES).hex()


@dataclass(frozen=True)
class Content:
    """What the memories of a design hold at power-up, and what the board tells of it."""

    image: MemoryImage
    digest: str


def content_of(program: Program) -> Content:
    """The image of ``program``.

    Single-port RAM starts without content, so the board must not claim to hold the image.
    """
    huge = program.config.weight_memory == "huge"
    return Content(program.image, NO_DIGEST if huge else program.image.digest)


def program_top(
    program: Program, uart_divisor: int, receive_bytes: int, content: Content | None = None
) -> Top:
    """The top level of a program; by default with its image in the memories."""
    content = content or content_of(program)
    return Top(
        program.config,
        content.image,
        uart_divisor=uart_divisor,
        image_digest=content.digest,
        frame_bytes=receive_bytes,
    )


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
        uart = platform.request(*uart_resource(self.board), dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [self.top.rx.eq(rx.i), tx.o.eq(self.top.tx)]
        return m
