"""Row walker and synapse engine."""

from __future__ import annotations

from collections.abc import Sequence

from nef2hw.compiler.clock.rows import Event, Target
from nef2hw.program.config import CoreConfig
from nef2hw.program.pipeline import adding_stages


class Adders:
    """Words of rows, and words that are asked for, on their way through the adders."""

    def __init__(self, targets: Sequence[Target], config: CoreConfig) -> None:
        self._targets = targets
        self._at_once = config.sum_memory == "distributed"
        self.words_left = 0
        self.row_map = 0
        self.word: Target | None = None
        self.stages: list[tuple[Target, bool] | None] = [None] * adding_stages(config)

    @property
    def busy(self) -> bool:
        """Whether words of rows might come after one that is asked for two cycles later.

        To be asked after an `offer`.
        """
        left = self.words_left - 1 if self._at_once and self._advance else self.words_left
        return left > 0

    @property
    def taken(self) -> bool:
        """Whether a word that was asked for arrives."""
        return self.stages[-1] is not None and self.stages[-1][1]

    def offer(self, take: Target | None) -> tuple[bool, bool]:
        """Return whether ``take`` is accepted, and whether an event is."""
        chosen = take or self.word
        before = self.stages[0]
        self._go = self._at_once or before is None or before[0] != chosen
        self._chosen = (chosen, take is not None) if chosen and self._go else None
        self._advance = self.word is None or (self._go and take is None)
        ready = self.words_left == 0 or (self.words_left == 1 and self._advance)
        return self._go, ready

    def tick(self, event: Event | None) -> None:
        """Advance by a cycle; ``event`` is the one that was accepted."""
        self.stages = [self._chosen, *self.stages[:-1]]
        if self._advance:
            self.word = self._targets[self.row_map] if self.words_left else None
            if self.words_left:
                self.words_left -= 1
                self.row_map += 1
        if event is not None:
            self.words_left, self.row_map = event.row_words, event.row_map
