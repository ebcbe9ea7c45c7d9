"""Clock and streams of a device under test, one clock cycle at a time.

Inputs change while the clock is low and everything is sampled just before it
rises, so no simulator's order of events matters.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from cocotb.triggers import Timer

#: Cycles without any word moving after which a bench gives up.
PATIENCE_CYCLES = 100_000


class StreamSource:
    """Offers queued words to a stream input; one once offered stays until it is taken."""

    def __init__(self, dut: Any, name: str) -> None:
        self.name = name
        self.queue: deque[int] = deque()
        self._valid = getattr(dut, f"{name}__valid")
        self._payload = getattr(dut, f"{name}__payload", None)
        self._ready = getattr(dut, f"{name}__ready", None)
        self._offering = False
        self._valid.value = 0
        if self._payload is not None:
            self._payload.value = 0

    def drive(self, stalled: bool) -> None:
        """Set the pins for the coming clock edge."""
        if self.queue and not self._offering and not stalled:
            self._offering = True
            if self._payload is not None:
                self._payload.value = self.queue[0]
            self._valid.value = 1

    def sample(self) -> bool:
        """Tell whether the coming clock edge takes the word."""
        if not self._offering or (self._ready is not None and not _read(self._ready)):
            return False
        self.queue.popleft()
        self._offering = False
        return True

    def settle(self) -> None:
        """Take ``valid`` back after the edge, if the word is gone."""
        if not self._offering:
            self._valid.value = 0


class StreamSink:
    """Collects the words of a stream output, and checks that a waiting word stays as it is."""

    def __init__(self, dut: Any, name: str) -> None:
        self.name = name
        self.words: list[int] = []
        self._valid = getattr(dut, f"{name}__valid")
        self._payload = getattr(dut, f"{name}__payload")
        self._ready = getattr(dut, f"{name}__ready", None)
        self._accepting = True
        self._waiting: int | None = None

    def drive(self, stalled: bool) -> None:
        """Set the pins for the coming clock edge."""
        if self._ready is not None:
            self._accepting = not stalled
            self._ready.value = int(self._accepting)

    def sample(self) -> bool:
        """Take a word if the coming clock edge moves one."""
        offered = _read(self._valid)
        word = _read(self._payload) if offered else None
        if self._waiting is not None:
            assert word == self._waiting, f"{self.name}: a word changed while it had to wait"
        self._waiting = None if self._accepting else word
        if word is None or not self._accepting:
            return False
        self.words.append(word)
        return True


def _read(handle: Any) -> int:
    """Value of a port, which must be 0 or 1 in every bit."""
    value = handle.value
    assert value.is_resolvable, f"{handle._name} is undefined: {value}"
    return int(value)


class Pins:
    """All streams of a device, stalled at random with probability ``stall``."""

    def __init__(
        self, dut: Any, inputs: Sequence[str], outputs: Sequence[str], stall: float, seed: int
    ) -> None:
        self.sources = {name: StreamSource(dut, name) for name in inputs}
        self.sinks = {name: StreamSink(dut, name) for name in outputs}
        self.cycles = 0
        self._ends: list[StreamSource | StreamSink] = [
            *self.sources.values(),
            *self.sinks.values(),
        ]
        self._clk, self._rst = dut.clk, dut.rst
        self._stall, self._random = stall, random.Random(seed)
        self._idle = 0

    async def reset(self) -> None:
        """Hold the device in reset for two cycles."""
        self._rst.value = 1
        for _ in range(2):
            await self._edge()
        self._rst.value = 0

    async def cycle(self) -> None:
        """Let one clock cycle pass on all streams."""
        for end in self._ends:
            end.drive(self._stall > 0 and self._random.random() < self._stall)
        self._clk.value = 0
        await Timer(1, "ns")
        moved = [end.sample() for end in self._ends]
        self._clk.value = 1
        await Timer(1, "ns")
        for source in self.sources.values():
            source.settle()
        self.cycles += 1
        self._idle = 0 if any(moved) else self._idle + 1
        assert self._idle < PATIENCE_CYCLES, f"no word moved for {PATIENCE_CYCLES} cycles"

    async def send(self, name: str, words: Iterable[int]) -> None:
        """Queue ``words`` on an input and wait until all are taken."""
        self.sources[name].queue.extend(words)
        while self.sources[name].queue:
            await self.cycle()

    async def receive(self, name: str, count: int) -> list[int]:
        """Wait for ``count`` words of an output."""
        words = self.sinks[name].words
        while len(words) < count:
            await self.cycle()
        taken, words[:count] = words[:count], []
        return taken

    async def _edge(self) -> None:
        self._clk.value = 0
        await Timer(1, "ns")
        self._clk.value = 1
        await Timer(1, "ns")
