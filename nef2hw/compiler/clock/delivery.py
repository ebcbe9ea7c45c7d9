"""The input engine with its plane reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nef2hw.compiler.clock.rows import Event, Instruction
from nef2hw.program.words import SPIKES_PER_WORD, VALUES_PER_WORD


@dataclass(frozen=True)
class PlaneWord:
    """A word of a plane, and where it stands."""

    bits: int
    first: bool  #: first word of its plane
    last: bool  #: last word of its plane
    final: bool  #: a word of the last plane

    @property
    def others(self) -> int:
        """The bits but the lowest."""
        return self.bits & (self.bits - 1)


@dataclass
class Delivery:
    """Which events the input engine has at hand, and when."""

    words: deque[PlaneWord] = field(default_factory=deque)
    spiking: bool = False
    row: Event = field(default_factory=lambda: Event(0, 0))
    starting: bool = False
    walking: bool = False
    read: PlaneWord | None = None
    word: PlaneWord | None = None
    quiet: bool = False
    started: bool = False
    found: bool = False
    sent: bool = False

    @property
    def busy(self) -> bool:
        """Whether an input is being delivered."""
        return bool(
            self.starting
            or (self.walking and self.words)
            or self.read
            or self.word
            or self.found
            or self.sent
        )

    def tick(self, ready: bool, given: tuple[Instruction, Sequence[int]] | None) -> None:
        """Advance by a cycle; ``ready`` says whether the event at hand is accepted."""
        sent_free = not self.sent or ready
        free = not self.found or sent_free
        word, sends = self.word, False
        if word:
            silent = word.last and self.quiet and (self.started or word.final) and not self.spiking
            sends = bool(word.bits or silent)
        done = word is not None and (not sends or (free and not word.others))
        take = self.read if self.word is None or done else None
        advance = self.read is None or take is not None
        if sent_free:
            self.sent = self.found
        if free:
            self.found = sends
            if word and sends:
                self.word = replace(word, bits=word.others)
                self.quiet, self.started = False, True
        if done:
            self.word = None
        if take:
            self.word = take
            if take.first:
                self.quiet = True
        if advance:
            self.read = self.words.popleft() if self.walking and self.words else None
        if self.starting:
            self.walking, self.started = True, False
        self.starting = given is not None
        if given is not None:
            self._begin(*given)

    def _begin(self, instruction: Instruction, planes: Sequence[int]) -> None:
        fields = instruction.fields
        self.spiking, self.walking = bool(fields["spiking"]), False
        self.row = Event(fields["row_words"], fields["row_map"])
        mask = (1 << (SPIKES_PER_WORD if self.spiking else VALUES_PER_WORD)) - 1
        last = fields["words"] - 1
        self.words = deque(
            PlaneWord(
                planes[p * fields["words"] + w] & mask, w == 0, w == last, p == fields["planes"] - 1
            )
            for p in range(fields["planes"])
            for w in range(fields["words"])
        )
