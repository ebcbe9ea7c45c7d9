"""The streams of a compiled core, seen from Python."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import numpy.typing as npt
from amaranth.lib import data, wiring

from nef2hw.errors import ToolError
from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest
from nef2hw.sim.compiled.build import build_model
from nef2hw.tools import Notify, notify_on_stderr

WordArray = npt.NDArray[np.uint32]

#: Cycles without any word moving after which a core counts as hung.
DEFAULT_PATIENCE = 2_000_000

_FAILURES = {
    -1: "no word moved for {patience} clock cycles; the core hangs",
    -2: "a word that had to wait was taken back or changed; the core breaks the stream protocol",
    -3: "a word came that nobody asked for",
    -4: "more than {room} result words came for one step",
}


def layout_defines() -> dict[str, int]:
    """Where each field of the core's payloads starts, for the C++ driver."""
    layouts = {"BUS": BusRequest, "RUN": RunRequest, "RESULT": ResultWord}
    return {
        f"{prefix}_{name.upper()}_LSB": field.offset
        for prefix, layout in layouts.items()
        for name, field in data.Layout.cast(layout)
    }


class CoreModel:
    """A compiled component with the streams of a core: ``bus``, ``bus_read``, ``run``, ``results``.

    Parameters
    ----------
    component
        Any component with those four streams.
    stall
        Probability per cycle that an input word is held back or an output word made to wait.
    seed
        Start of the pseudo-random stalls.
    patience
        Clock cycles without a word moving after which a call fails.

    Raises
    ------
    ToolError
        From every method: the core hangs, breaks the stream protocol or answers too much.
    """

    def __init__(
        self,
        component: wiring.Component,
        *,
        stall: float = 0.0,
        seed: int = 0,
        patience: int = DEFAULT_PATIENCE,
        notify: Notify = notify_on_stderr,
    ) -> None:
        check_stall(stall)
        library = build_model(component, "core", layout_defines(), notify)
        self._library = _load_library(library)
        self._patience = patience
        self._core = self._library.core_create()
        missing = self._library.core_missing_ports(self._core).decode()
        if missing:
            self.close()
            raise ToolError(f"the RTL lacks the ports {missing}; its streams must be those of Core")
        self.set_stalls(stall, seed)
        self.reset()

    def __enter__(self) -> CoreModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_core"):
            self.close()

    def close(self) -> None:
        """Free the model; it cannot be used any more."""
        if self._core:
            self._library.core_destroy(self._core)
            self._core = None

    def set_stalls(self, stall: float, seed: int) -> None:
        """Begin with other stalls from now on."""
        check_stall(stall)
        self._library.core_configure(self._core, seed, stall, self._patience)

    @property
    def cycles(self) -> int:
        """Clock cycles simulated so far."""
        return int(self._library.core_cycles(self._core))

    def reset(self) -> None:
        """Assert the reset of the clock domain for a cycle."""
        self._library.core_reset(self._core)

    def tick(self, cycles: int = 1) -> None:
        """Let ``cycles`` clock cycles pass in which nothing is asked for."""
        self._check(self._library.core_tick(self._core, cycles), "waiting")

    def bus_write(self, memory: int, address: int, beats: npt.ArrayLike) -> None:
        """Write 32-bit ``beats`` to ``memory`` from beat ``address`` on."""
        words = np.ascontiguousarray(beats, dtype=np.uint32).ravel()
        status = self._library.core_bus_write(
            self._core, memory, address, words.size, _pointer(words)
        )
        self._check(status, f"writing memory {memory} at beat {address}")

    def bus_read(self, memory: int, address: int, count: int) -> WordArray:
        """Read ``count`` beats of ``memory`` from beat ``address`` on."""
        words = np.zeros(count, dtype=np.uint32)
        status = self._library.core_bus_read(self._core, memory, address, count, _pointer(words))
        self._check(status, f"reading memory {memory} at beat {address}")
        return words

    def run(self, reset: bool, changed: int, room: int) -> WordArray:
        """Ask for one step, or a reset of all state; returns its result words, at most ``room``."""
        words = np.zeros(room, dtype=np.uint32)
        status = self._library.core_run(self._core, int(reset), changed, _pointer(words), room)
        self._check(status, "running a reset" if reset else "running a step", room)
        return words[:status]

    def _check(self, status: int, doing: str, room: int = 0) -> None:
        if status < 0:
            what = _FAILURES[status].format(patience=self._patience, room=room)
            raise ToolError(f"compiled model of the core, {doing}, cycle {self.cycles}: {what}")


def check_stall(stall: float) -> None:
    """Refuse what is no probability of a stall.

    Raises
    ------
    ToolError
        It is not below 1, or negative.
    """
    if not 0 <= stall < 1:
        raise ToolError(f"stall probability is {stall:g}, allowed are 0 <= stall < 1")


def _pointer(words: WordArray) -> ctypes.c_void_p:
    return ctypes.c_void_p(words.ctypes.data)


def _load_library(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    handle, word, long_word = ctypes.c_void_p, ctypes.c_uint32, ctypes.c_uint64
    signatures = {
        "core_create": (handle, ()),
        "core_destroy": (None, (handle,)),
        "core_missing_ports": (ctypes.c_char_p, (handle,)),
        "core_cycles": (long_word, (handle,)),
        "core_configure": (None, (handle, long_word, ctypes.c_double, long_word)),
        "core_reset": (None, (handle,)),
        "core_tick": (ctypes.c_int, (handle, long_word)),
        "core_bus_write": (ctypes.c_int, (handle, word, word, word, handle)),
        "core_bus_read": (ctypes.c_int, (handle, word, word, word, handle)),
        "core_run": (ctypes.c_int, (handle, ctypes.c_int, word, handle, word)),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
