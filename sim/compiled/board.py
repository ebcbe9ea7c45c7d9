"""The simulated board: the real top level, UART included, behind a pseudo-terminal.

What passes the terminal is the very byte stream that a serial port of the
hardware would carry, so the host's code cannot tell the two apart.
"""

from __future__ import annotations

import ctypes
import os
import threading
import tty
from pathlib import Path

from amaranth.lib import wiring

from nef2hw.errors import ToolError
from nef2hw.program.program import Program
from nef2hw.sim.compiled.build import build_model
from nef2hw.tools import Notify, notify_on_stderr

#: Clock cycles per bit of the simulated UART; small, since bits cost simulated cycles.
DEFAULT_DIVISOR = 4

#: Beats of an image that are compiled in. A C++ compiler takes gigabytes for many more.
MOST_BEATS = 1 << 16

_CYCLES_PER_CALL = 50_000
_SLEEP_MS = 20


class SimulatedBoard:
    """A compiled model of a top level with ``rx``, ``tx`` and ``busy``, on a pseudo-terminal.

    It runs in a thread of its own from construction, or entry of a ``with``
    statement, until `close`; it sleeps while nothing is asked of it.

    Parameters
    ----------
    top
        Component with the ports of `nef2hw.rtl.top.Top`.
    uart_divisor
        Clock cycles per bit, as ``top`` was built.
    fault_probability
        Chance per byte, in both directions, to be lost or to have a bit turned.
    seed
        Start of the pseudo-random faults.

    Attributes
    ----------
    port : str
        Path of the terminal, to be opened like a serial port.
    """

    def __init__(
        self,
        top: wiring.Component,
        uart_divisor: int = DEFAULT_DIVISOR,
        *,
        fault_probability: float = 0.0,
        seed: int = 0,
        notify: Notify = notify_on_stderr,
    ) -> None:
        self._library = load_library(build_model(top, "board", notify=notify))
        self._board = self._library.board_create(uart_divisor)
        missing = self._library.board_missing_ports(self._board).decode()
        if missing:
            self._library.board_destroy(self._board)
            raise ToolError(f"the RTL lacks the ports {missing}; they must be those of Top")
        self._library.board_set_faults(self._board, seed, fault_probability)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated board", daemon=True)
        self._thread.start()

    def __enter__(self) -> SimulatedBoard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def cycles(self) -> int:
        """Clock cycles simulated so far."""
        return int(self._library.board_cycles(self._board)) if self._board else 0

    @property
    def faults(self) -> int:
        """Bytes lost or altered so far."""
        return int(self._library.board_faults(self._board)) if self._board else 0

    def close(self) -> None:
        """Stop the clock and take the terminal away."""
        if not self._board:
            return
        self._stop.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)
        self._library.board_destroy(self._board)
        self._board = None

    def _run(self) -> None:
        run, board, master = self._library.board_run, self._board, self._master
        while not self._stop.is_set():
            if run(board, master, _CYCLES_PER_CALL, _SLEEP_MS) < 0:
                return


def simulate_board(
    program: Program,
    uart_divisor: int = DEFAULT_DIVISOR,
    *,
    fault_probability: float = 0.0,
    seed: int = 0,
    notify: Notify = notify_on_stderr,
) -> SimulatedBoard:
    """Start a simulated board with the core of ``program``, its image as initial content.

    Where the image is of more than `MOST_BEATS`, the memories are empty, and the host has to load
    it as it does where a bitstream cannot hold it.

    Raises
    ------
    ToolError
        The model could not be built.
    """
    from nef2hw.rtl.top import Top

    beats = sum(beats.size for beats in program.image.beats.values())
    image = program.image if beats <= MOST_BEATS else None
    top = Top(program.config, image, uart_divisor=uart_divisor)
    return SimulatedBoard(
        top, uart_divisor, fault_probability=fault_probability, seed=seed, notify=notify
    )


def load_library(path: Path) -> ctypes.CDLL:
    """Load a compiled model of a board and say what its functions take."""
    library = ctypes.CDLL(str(path))
    handle, word, long_word = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64
    signatures = {
        "board_create": (handle, (word,)),
        "board_destroy": (None, (handle,)),
        "board_missing_ports": (ctypes.c_char_p, (handle,)),
        "board_cycles": (long_word, (handle,)),
        "board_faults": (long_word, (handle,)),
        "board_set_faults": (None, (handle, long_word, ctypes.c_double)),
        "board_reset": (None, (handle,)),
        "board_send": (None, (handle, ctypes.c_char_p, word)),
        "board_receive": (word, (handle, ctypes.c_char_p, word, long_word)),
        "board_run": (ctypes.c_int, (handle, ctypes.c_int, long_word, ctypes.c_int)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
