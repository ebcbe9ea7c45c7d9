"""Faults on the line to a simulated board, as many and as bad as one likes, the same every time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum

from nef2hw.sim.compiled.lockstep import LockstepBoard

_LONGEST_GAP = 600
_CONSOLE = b"\r\nlogin: root\r\nPassword: \r\n$ stty -a\r\n"
_LONGEST_NOISE = 40
_KEPT_BYTES = 600


class Fault(Enum):
    """What happens to the line, the board or the host."""

    FLIP = "a bit turned"
    DROP = "a byte lost"
    DUPLICATE = "a byte twice"
    ZERO = "a zero byte more"
    GAP = "many bytes lost, as from a cut frame"
    NOISE = "random bytes between"
    CONSOLE = "text of a console between"
    REPLAY = "the last frames sent again"
    UNPLUG = "cable out in both directions, and in again"
    RESET = "board reset, memories kept"
    POWER = "board configured anew"
    KILL = "host killed"
    INTRUDER = "another host in between"


#: Faults that bytes from the board cannot have: they are of the host, or of the board itself.
TO_BOARD_ONLY = frozenset({Fault.CONSOLE, Fault.KILL, Fault.INTRUDER})


class HostKilledError(BaseException):
    """The host's program ends here, whatever it was doing."""


class FaultyLine:
    """A line to ``board`` on which a fault happens every ``distance`` bytes or so.

    It is what a link takes as its pipe; a new link to the same line is a new host.

    Parameters
    ----------
    board : LockstepBoard
    seed : int
    distance : float
        Mean number of bytes between faults, both directions together.
    weights : mapping from Fault to float
        How often each fault happens; others never do.
    intrude : callable
        What another host does to the board.

    Attributes
    ----------
    counts : Counter
        Faults so far.
    calm : bool
        While set, nothing happens.
    """

    def __init__(
        self,
        board: LockstepBoard,
        seed: int,
        distance: float,
        weights: Mapping[Fault, float],
        intrude: Callable[[], None] = lambda: None,
    ) -> None:
        self.counts: Counter[Fault] = Counter()
        self.calm = False
        self._board, self._intrude = board, intrude
        self._random = random.Random(seed)
        self._distance = distance
        self._weights = dict(weights)
        self._gaps = {"to": 0, "from": 0}
        self._before = bytearray()
        self._replay_due = False
        self._countdown = self._next()

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        return self._board.in_waiting

    def write(self, data: bytes, /) -> int:
        """Send bytes to the board, or what is left of them."""
        self._board.write(self._pass(data, "to"))
        return len(data)

    def read(self, size: int, /) -> bytes:
        """Receive bytes from the board, or what is left of them."""
        return self._pass(self._board.read(size), "from")

    def close(self) -> None:
        """End what the host was sending; the line stays."""
        self._gaps = dict.fromkeys(self._gaps, 0)

    def _next(self) -> int:
        return 1 + int(self._random.expovariate(1 / self._distance))

    def _pass(self, data: bytes, direction: str) -> bytes:
        if self.calm:
            return data
        passed = bytearray()
        for byte in data:
            if self._gaps[direction] > 0:
                self._gaps[direction] -= 1
                continue
            self._countdown -= 1
            out = bytes([byte])
            if self._countdown <= 0:
                out = self._happen(byte, direction, passed)
            passed += out
            if self._replay_due and out == b"\0" and direction == "to":
                passed += self._replay(passed)
        if direction == "to":
            self._before = (self._before + passed)[-_KEPT_BYTES:]
        return bytes(passed)

    def _happen(self, byte: int, direction: str, passed: bytearray) -> bytes:
        """Let a fault happen at ``byte``; return what takes its place."""
        self._countdown = self._next()
        choice = [f for f in self._weights if direction == "to" or f not in TO_BOARD_ONLY]
        fault = self._random.choices(choice, [self._weights[f] for f in choice])[0]
        self.counts[fault] += 1
        same = bytes([byte])
        if fault is Fault.FLIP:
            return bytes([byte ^ 1 << self._random.randrange(8)])
        if fault is Fault.DUPLICATE:
            return same * 2
        if fault is Fault.ZERO:
            return b"\0" + same
        if fault is Fault.NOISE:
            return self._random.randbytes(self._random.randrange(_LONGEST_NOISE)) + same
        if fault is Fault.CONSOLE:
            return _CONSOLE + same
        self._happen_beside(fault, direction, passed)
        return b"" if fault in (Fault.DROP, Fault.GAP, Fault.UNPLUG) else same

    def _happen_beside(self, fault: Fault, direction: str, passed: bytearray) -> None:
        """Let a fault happen that is not only about one byte."""
        length = self._random.randrange(1, _LONGEST_GAP)
        if fault is Fault.REPLAY:
            self._replay_due = True
        elif fault is Fault.GAP:
            self._gaps[direction] = length
        elif fault is Fault.UNPLUG:
            self._gaps = dict.fromkeys(self._gaps, length)
        elif fault is Fault.RESET:
            self._board.run(self._random.randrange(20_000))
            self._board.reset()
        elif fault is Fault.POWER:
            self._board.power_cycle()
        elif fault is Fault.KILL:
            self._board.write(bytes(passed))
            passed.clear()
            raise HostKilledError
        elif fault is Fault.INTRUDER:
            self._board.write(bytes(passed))
            passed.clear()
            self._intrude()

    def _replay(self, passed: bytearray) -> bytes:
        """Return some of the last frames, whole, up to the one just sent."""
        self._replay_due = False
        frames = bytes(self._before + passed).split(b"\0")[1:-1]
        count = self._random.randrange(len(frames) + 1)
        return b"".join(frame + b"\0" for frame in frames[len(frames) - count :])
