"""The lane feed."""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.compiler.clock.rows import Target
from nef2hw.program.config import CoreConfig
from nef2hw.program.pipeline import held_words, take_latency


class Feed:
    """The words of passes that are asked for, held and given out in rows."""

    def __init__(self, config: CoreConfig) -> None:
        self._rows = config.lanes // config.neuron_lanes
        self._ahead = config.neuron_interval < take_latency(config)
        self._depth = held_words(config)
        self.unasked = self.address = self.asked = self.held = 0
        self.rows_left = self.unheld = 0
        self.begun = self.opens = self.asking = False

    @property
    def busy(self) -> bool:
        """Whether a pass was begun and has rows left."""
        return bool(self.begun or self.rows_left or self.unheld)

    @property
    def take(self) -> Target | None:
        """The word that is asked for."""
        return (self.address, 0) if self.asking else None

    def tick(self, accepted: bool, taken: bool, issue: bool, update: Mapping[str, int]) -> None:
        """Advance by a cycle, in which a word was promised, arrived, or a row left."""
        at_hand = self.held > 0 if self._ahead else taken
        moving = at_hand and (self.rows_left == 0 or (self.rows_left == 1 and issue))
        starting = bool(update) and not self.begun and self.unasked == 0
        idle = not (self.asked or accepted or self.rows_left)
        if accepted:
            self.unasked = max(self.unasked - self._rows, 0)
            self.address += 1
        self.asked += accepted - moving
        self.held += taken - moving
        if issue:
            if self.opens:
                self.begun = False
            self.opens = False
            self.rows_left -= 1
        if moving:
            left = self.unheld or update["count"]
            self.opens = self.unheld == 0
            self.rows_left = min(left, self._rows)
            self.unheld = max(left - self._rows, 0)
        if starting:
            self.begun = True
            self.unasked, self.address = update["count"], update["accumulator"]
        room = self.asked < self._depth if self._ahead else idle
        self.asking = self.unasked > 0 and room
