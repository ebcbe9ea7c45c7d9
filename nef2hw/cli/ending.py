"""What a command does when it is told to end: its tools end with it, nothing half done stays."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from nef2hw.tool_processes import PROCESSES

#: Exit status after Ctrl-C, as of a shell.
INTERRUPTED = 130

#: Signals that ask a program to end; Ctrl-C sends the first, a closed terminal the last.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """End tools and unwind on a signal; the exit status says which one, as a shell would."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _end) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> None:
    PROCESSES.end()
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
