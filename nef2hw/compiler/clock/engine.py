"""The neuron engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from nef2hw.compiler.clock.feed import Feed
from nef2hw.compiler.clock.rows import Row, count_words
from nef2hw.compiler.clock.spike_queue import SpikeQueue
from nef2hw.program.config import CoreConfig
from nef2hw.program.pipeline import (
    DIVIDING,
    FIRING,
    in_flight,
    settling,
    spike_latency,
    sum_latency,
)


class Engine:
    """Rows on their way through the pipeline."""

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        self.feed = Feed(config)
        self.queue = SpikeQueue(config)
        self._summed, self._spiking = sum_latency(config), spike_latency(config)
        self._settling = settling(config)
        self._room = (1 << (2 * in_flight(config) - 1).bit_length()) - in_flight(config)
        most = count_words(config) if config.counting else 1
        self._line: deque[Row | None] = deque([None] * self._spiking, self._spiking)
        self._recent: deque[bool] = deque(maxlen=FIRING + most - 1)
        self._in_force = self._phase = self._left = self._packing = self._dividing = 0
        self._writing = 0
        self._readout, self._has_room = False, True
        self._rows: deque[Row] = deque()

    @property
    def dividing(self) -> bool:
        """Whether overshoots are still to be written."""
        return self._dividing > 0

    @property
    def busy(self) -> bool:
        """Whether rows or events are on their way."""
        return self._moving or self._fires(self._spiking)

    @property
    def lasting(self) -> bool:
        """Whether they will be in the next cycle."""
        row = self._line[-1]
        if row is None or not self._fires(self._spiking):
            return self._moving
        several = self._config.counting and count_words(self._config) > 1
        return self._moving or several or (row.event is not None and any(row.counts))

    @property
    def _moving(self) -> bool:
        moving = any(self._line) and any(
            row is not None
            and (at < self._summed or (row.last and (at == self._summed or not row.readout)))
            for at, row in enumerate([*self._line][:-1], start=1)
        )
        sending = self._packing or self._writing or self.queue.busy
        return bool(self.feed.busy or moving or sending)

    def issues(self, update: Mapping[str, int]) -> bool:
        """Whether a row enters, of the pass of ``update`` if it is a first one."""
        if not self.feed.rows_left or self._phase or self._left or not self._has_room:
            return False
        if not self.feed.opens:
            return True
        follows = update["readout"] and update["last"] and not self._readout
        wary = follows or update["count"] < self._settling
        slow = self._config.neuron_interval > 1
        return not self._in_force and (slow or not (wary and any(self._recent)))

    def tick(
        self,
        issue: bool,
        accepted: bool,
        taken: bool,
        ready: bool,
        update: Mapping[str, int],
        rows: Sequence[Row],
    ) -> None:
        """Advance by a cycle; ``rows`` are those of the pass of ``update``."""
        feed, busy = self.feed, self.busy or self.dividing
        opens = feed.opens
        if issue and opens:
            self._rows = deque(rows)
            self._readout = bool(update["readout"])
        entering = self._rows.popleft() if issue else None
        feed.tick(accepted, taken, issue, update)
        self._has_room = self.queue.level <= self._room
        firing = self._line[-1] if self._fires(self._spiking) else None
        self.queue.tick(ready, firing)
        self._dividing = max(self._dividing - 1, 0)
        arriving = self._line[-2]
        if arriving is not None and self._fires(self._spiking - 1) and arriving.divides:
            self._dividing = DIVIDING
        self._packing, self._writing = max(self._packing - 1, 0), max(self._writing - 1, 0)
        total = self._line[self._summed - 1]
        if total is not None and total.last and total.readout:
            self._packing = total.words - 1
            self._writing = total.planes or self._writing
        if firing is not None and firing.words > 1:
            self._packing = firing.words - 1
        after = entering.planes if entering and entering.fills else 0
        self._left = max(entering.words - 1, after) if entering else max(self._left - 1, 0)
        if self._config.neuron_interval > 1:
            enters, wait = issue, self._spiking - 1
        else:
            enters, wait = issue and opens, self._spiking - 2
        self._in_force = wait if enters else max(self._in_force - 1, 0)
        self._recent.appendleft(issue)
        self._line.appendleft(entering)
        interval = self._config.neuron_interval
        self._phase = (self._phase + 1) % interval if busy else 0

    def _fires(self, at: int) -> bool:
        row = self._line[at - 1]
        return row is not None and row.last and not row.readout
