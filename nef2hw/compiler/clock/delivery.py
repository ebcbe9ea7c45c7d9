"""The input engine with its plane reader."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nef2hw.compiler.clock.rows import Event, Instruction
from nef2hw.program.words import SPIKES_PER_WORD, VALUES_PER_WORD

#: Bits that are looked at together.
GROUP_BITS = 4


@dataclass(frozen=True)
class PlaneWord:
    """A word of a plane, and where it stands."""

    bits: int
    first: bool  #: first word of its plane
    last: bool  #: last word of its plane
    final: bool  #: a word of the last plane

    @property
    def group(self) -> int:
        """The lowest group of bits with a set one."""
        return self.bits & ((1 << GROUP_BITS) - 1) << self._place

    @property
    def others(self) -> int:
        """The bits of the groups after that."""
        return self.bits & ~self.group

    @property
    def _place(self) -> int:
        lowest = max((self.bits & -self.bits).bit_length() - 1, 0)
        return lowest - lowest % GROUP_BITS


@dataclass
class Delivery:
    """Which events the input engine has at hand, and when."""

    words: deque[PlaneWord] = field(default_factory=deque)
    spiking: bool = False
    row: Event = field(default_factory=lambda: Event(0, 0))
    read: PlaneWord | None = None
    word: PlaneWord | None = None
    quiet: bool = False
    started: bool = False
    group: int | None = None  #: its bits that are left, none at all for a silent event
    found: bool = False
    kept: int | None = None  #: bits of a group that was not taken at once
    sent: bool = False

    @property
    def busy(self) -> bool:
        """Whether an input is being delivered."""
        return bool(
            self.words
            or self.read
            or self.word
            or self.group is not None
            or self.found
            or self.kept is not None
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
        others = self.group & (self.group - 1) if self.group else 0
        group_free = self.group is None or (free and not others)
        hands = word is not None and sends and self.kept is None
        done = word is not None and self.kept is None and not word.others
        take = self.read if self.word is None or done else None
        advance = self.read is None or take is not None
        if sent_free:
            self.sent = self.found
        if free:
            self.found = self.group is not None
            self.group = others or self.group
        if self.kept is None and word and hands:
            self.kept = word.group
            self.word = replace(word, bits=word.others)
            self.quiet, self.started = False, True
        if group_free:
            self.group, self.kept = self.kept, None
        if done:
            self.word = None
        if take:
            self.word = take
            if take.first:
                self.quiet = True
        if advance:
            self.read = self.words.popleft() if self.words else None
        if given is not None:
            self._begin(*given)

    def _begin(self, instruction: Instruction, planes: Sequence[int]) -> None:
        fields = instruction.fields
        self.spiking, self.started = bool(fields["spiking"]), False
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
