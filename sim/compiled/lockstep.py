"""The simulated board without a clock of its own: it runs while its host waits for bytes.

Nothing depends on how fast the machine is: a run gives the same bytes and the
same clock cycles every time, and whoever reads nothing knows that nothing comes.
"""

from __future__ import annotations

import ctypes
from typing import Any

from amaranth.lib import wiring

from nef2hw.errors import ToolError
from nef2hw.sim.compiled.board import DEFAULT_DIVISOR, load_library
from nef2hw.sim.compiled.build import build_model
from nef2hw.tools import Notify, notify_on_stderr

#: Bits of a byte on the line: start, eight of data, stop.
BITS_PER_BYTE = 10

_READ_CYCLES = 2_000_000
_CHUNK_BYTES = 256


class LockstepBoard:
    """A compiled model of a top level, with the part of a serial port that a link uses.

    Reading waits until bytes come or none can come, so a link to it needs a time limit of some
    milliseconds only.

    Parameters
    ----------
    top
        Component with the ports of `nef2hw.rtl.top.Top`.
    uart_divisor
        Clock cycles per bit, as ``top`` was built.
    """

    def __init__(
        self,
        top: wiring.Component,
        uart_divisor: int = DEFAULT_DIVISOR,
        notify: Notify = notify_on_stderr,
    ) -> None:
        self._library = load_library(build_model(top, "board", notify=notify))
        self._divisor = uart_divisor
        self._board: Any = None
        self._buffer = ctypes.create_string_buffer(_CHUNK_BYTES)
        self._received = bytearray()
        self.sent_bytes = 0  #: bytes from host to board so far
        self.received_bytes = 0  #: bytes from board to host so far
        self.power_cycle()
        missing = self._library.board_missing_ports(self._board).decode()
        if missing:
            raise ToolError(f"the RTL lacks the ports {missing}; they must be those of Top")

    def power_cycle(self) -> None:
        """Begin anew as after configuration; bytes on their way are lost."""
        self._destroy()
        self._board = self._library.board_create(self._divisor)
        self._received.clear()

    def reset(self) -> None:
        """Pulse the reset line: registers begin anew, memories keep what they hold."""
        self._library.board_reset(self._board)

    def __del__(self) -> None:
        self._destroy()

    @property
    def cycles(self) -> int:
        """Clock cycles since the last power cycle."""
        return int(self._library.board_cycles(self._board))

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        return len(self._received)

    def write(self, data: bytes, /) -> int:
        """Send bytes to the board."""
        self._library.board_send(self._board, bytes(data), len(data))
        self.sent_bytes += len(data)
        return len(data)

    def read(self, size: int, /) -> bytes:
        """Run until there are bytes; none are returned when the board has come to rest."""
        if not self._received:
            self.run(_READ_CYCLES)
        chunk = bytes(self._received[:size])
        del self._received[:size]
        return chunk

    def run(self, cycles: int) -> None:
        """Run until bytes come, nothing goes on any more, or ``cycles`` are over."""
        count = self._library.board_receive(self._board, self._buffer, _CHUNK_BYTES, cycles)
        self._received += self._buffer.raw[:count]
        self.received_bytes += count

    def close(self) -> None:
        """Do nothing: the board stays where it is when its port is closed."""

    def _destroy(self) -> None:
        if self._board:
            self._library.board_destroy(self._board)
            self._board = None
