"""The queue of spikes, and what makes events of them."""

from __future__ import annotations

from collections import deque

from nef2hw.compiler.clock.rows import Event, Row
from nef2hw.program.config import CoreConfig


class SpikeQueue:
    """Rows that fired, split into events."""

    def __init__(self, config: CoreConfig) -> None:
        self._splits = config.neuron_lanes > 1
        self._rows: deque[tuple[Event, deque[int]]] = deque()
        self._front: tuple[Event, deque[int]] | None = None
        self._found: tuple[Event, int] | None = None
        self._out: tuple[Event, int] | None = None
        self._sent = 1

    @property
    def level(self) -> int:
        """Rows in the queue."""
        return len(self._rows) + (self._front is not None)

    @property
    def busy(self) -> bool:
        """Whether events are left."""
        return bool(self.level or self._found or self._out)

    @property
    def event(self) -> Event | None:
        """The event that is offered."""
        if self._splits:
            return self._out[0] if self._out else None
        return self._front[0] if self._front else None

    def tick(self, ready: bool, row: Row | None) -> None:
        """Advance by a cycle; ``row`` has just fired."""
        count = self._out[1] if self._out else 1
        if not self._splits and self._front:
            count = self._front[1][0]
        final = ready and self.event is not None and self._sent == count
        if ready and self.event is not None:
            self._sent = 1 if final else self._sent + 1
        gone = final
        if self._splits:
            free = self._out is None or final
            found_free = self._found is None or free
            gone = found_free and self._front is not None and len(self._front[1]) == 1
            if free:
                self._out = self._found
            if found_free:
                front = self._front
                self._found = (front[0], front[1].popleft()) if front else None
        arriving = self._rows[0] if self._rows else None
        if self._front is None or gone:
            self._front = arriving
            if arriving:
                self._rows.popleft()
        if row is not None and row.event is not None and any(row.counts):
            self._rows.append((row.event, deque(n for n in row.counts if n)))
