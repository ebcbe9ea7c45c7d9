"""The neuron engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from nef2hw.compiler.clock.feed import Feed
from nef2hw.compiler.clock.rows import Row, count_words
from nef2hw.compiler.clock.spike_queue import SpikeQueue
from nef2hw.program.config import CoreConfig

#: Cycles from the issue of a row to its sum, to the last stage of the membrane, to its spikes.
SUMMED, ARRIVING, FIRED = 7, 12, 13
#: Cycles from the last stage of the membrane to the end of a division.
DIVISION = 17
#: Cycles until the next pass can read what this one leaves of a row.
SETTLING = 5


class Engine:
    """Rows on their way through the pipeline."""

    def __init__(self, config: CoreConfig) -> None:
        self._config = config
        self.feed = Feed(config)
        self.queue = SpikeQueue(config)
        self._room = (1 << (2 * self._in_flight - 1).bit_length()) - self._in_flight
        most = count_words(config) if config.counting else 1
        self._line: deque[Row | None] = deque([None] * FIRED, FIRED)
        self._recent: deque[bool] = deque(maxlen=FIRED - SUMMED + most - 1)
        self._in_force = self._phase = self._left = self._packing = self._dividing = 0
        self._writing = 0
        self._readout, self._has_room = False, True
        self._rows: deque[Row] = deque()

    @property
    def _in_flight(self) -> int:
        return FIRED // self._config.neuron_interval + 2

    @property
    def dividing(self) -> bool:
        """Whether overshoots are still to be written."""
        return self._dividing > 0

    @property
    def busy(self) -> bool:
        """Whether rows or events are on their way."""
        moving = any(self._line) and any(
            row is not None and (at < SUMMED or (row.last and (at == SUMMED or not row.readout)))
            for at, row in enumerate(self._line, start=1)
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
        wary = follows or update["count"] < SETTLING
        return not self._in_force and not (wary and any(self._recent))

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
        self.queue.tick(ready, self._line[FIRED - 1] if self._fires(FIRED) else None)
        self._dividing = max(self._dividing - 1, 0)
        arriving = self._line[ARRIVING - 1]
        if arriving is not None and self._fires(ARRIVING) and arriving.divides:
            self._dividing = DIVISION
        self._packing, self._writing = max(self._packing - 1, 0), max(self._writing - 1, 0)
        summed, fired = self._line[SUMMED - 1], self._line[FIRED - 1]
        if summed is not None and summed.last and summed.readout:
            self._packing = summed.words - 1
            self._writing = summed.planes or self._writing
        if fired is not None and self._fires(FIRED) and fired.words > 1:
            self._packing = fired.words - 1
        after = entering.planes if entering and entering.fills else 0
        self._left = max(entering.words - 1, after) if entering else max(self._left - 1, 0)
        self._in_force = ARRIVING - 1 if issue and opens else max(self._in_force - 1, 0)
        self._recent.appendleft(issue)
        self._line.appendleft(entering)
        interval = self._config.neuron_interval
        self._phase = (self._phase + 1) % interval if busy else 0

    def _fires(self, at: int) -> bool:
        row = self._line[at - 1]
        return row is not None and row.last and not row.readout
