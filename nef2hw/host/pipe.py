"""What carries bytes to a board and back: serial ports, and what behaves like one."""

from __future__ import annotations

import contextlib
from typing import Any, Protocol

import serial

from nef2hw.errors import LinkError

DEFAULT_BAUD = 115_200
DEFAULT_TIMEOUT_S = 1.0

_POLL_S = 0.02


def _pipe_errors() -> tuple[type[Exception], ...]:
    """Errors of a port that goes away; those of termios are no OSErrors."""
    try:
        import termios
    except ImportError:
        return (OSError,)
    return (OSError, termios.error)


PIPE_ERRORS = _pipe_errors()
OPEN_ERRORS: tuple[type[Exception], ...] = (*PIPE_ERRORS, ValueError)


class BytePipe(Protocol):
    """The part of ``serial.Serial`` that a link uses; ``read`` returns early with less."""

    @property
    def in_waiting(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> int | None: ...

    def close(self) -> None: ...


def open_serial(port: str, baud: int, timeout_s: float) -> Any:
    """Open a serial port for this program alone, with as little delay as its driver allows.

    Raises
    ------
    LinkError
        The port cannot be opened, or another program has it.
    """
    try:
        pipe = serial.Serial(
            port, baud, timeout=_POLL_S, write_timeout=10 * timeout_s, exclusive=True
        )
    except OPEN_ERRORS as error:
        raise LinkError(
            f"cannot open serial port {port} at {baud} baud: {error}; "
            "see 'python -m serial.tools.list_ports' for the ports there are, "
            "and close what else uses it"
        ) from error
    # FTDI's chips hold bytes back for 16 ms otherwise; drivers that cannot do it refuse.
    with contextlib.suppress(AttributeError, NotImplementedError, *OPEN_ERRORS):
        pipe.set_low_latency_mode(True)
    return pipe
