"""A program on a board, in integers: identify, load, reset, run, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from nef2hw.compiler.cycles import busiest_cycles
from nef2hw.errors import LinkError, LinkFault
from nef2hw.host.link import Link
from nef2hw.host.memories import check_words, read_words, write_words
from nef2hw.host.planes import Row, last_requests, run_requests, sum_requests
from nef2hw.host.protocol import (
    MAX_STEPS,
    Identity,
    Request,
    Window,
    parse_identity,
    parse_words,
    reset_request,
    write_request,
)
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.link_codes import Command, ResultKind
from nef2hw.program.memory import (
    IMAGE_MEMORIES,
    STATE_MEMORIES,
    BeatArray,
    MemoryId,
    words_to_beats,
)
from nef2hw.program.program import Program
from nef2hw.program.words import RESULT_BITS
from nef2hw.sim.replay import Recorder, rows_of
from nef2hw.stimulus import at_least_one
from nef2hw.trace import Trace

#: Slowest clock of a board, when nobody says how fast it is.
SLOWEST_CLOCK_HZ = 12e6

#: Longest time that a board may be busy without an answer; a host waits longer than that.
_BUSY_S = 0.25
_ATTEMPTS = 3

Progress = Callable[[int], None]
Result = TypeVar("Result")


class Device:
    """Runs ``program`` on the board behind ``link``.

    Parameters
    ----------
    link : Link
    program : Program
        The board's core must be of its configuration.
    clock_hz : float
        Clock of the core: how many steps one silent request may take.
    """

    def __init__(self, link: Link, program: Program, clock_hz: float = SLOWEST_CLOCK_HZ) -> None:
        self.link = link
        self.program = program
        self._clock_hz = clock_hz
        self._identity: Identity | None = None
        self._held: Row | None = None
        self._reset_in: int | None = None  # session of the last reset while all went well since
        self._begun_in = 0

    def identify(self) -> Identity:
        """Ask the board who it is; begins a session, so that a reset must follow.

        Raises
        ------
        LinkError
            It holds another core than the program was made for, or does not answer.
        """
        identity = parse_identity(self.link.identify())
        expected = self.program.config.digest
        if identity.config_digest != expected:
            raise LinkError(
                f"the board holds core {identity.config_digest}, the program is for core "
                f"{expected}; load this build's bitstream with 'nef2hw program'"
            )
        self._identity = identity
        return identity

    @property
    def identity(self) -> Identity:
        """What the board told last in this session."""
        if self._identity is None or not self.link.in_session:
            return self.identify()
        return self._identity

    def is_loaded(self) -> bool:
        """Whether the board's image is whole and the program's."""
        return self.identify().image_digest == self.program.image.digest

    def load(self) -> None:
        """Load the image, read it back, and mark it as whole; three times if bytes are lost.

        Raises
        ------
        LinkError
            What is read back differs.
        """
        retried(self._load)

    def reset(self) -> None:
        """Return the network to its initial state; load the image first where it is missing."""
        self._forget()
        if not self.is_loaded():
            self.load()
        self.link.request(reset_request())
        for memory, words in self.program.image.initial_state.items():
            shape = self.program.config.memories[memory]
            for first, values in _successive(words):
                self.write_memory(memory, words_to_beats(values, shape), first)
        self._reset_in = self.link.sessions

    def step(self, row: Row) -> BeatArray:
        """Run a step on one row of codes per input; return its result words."""
        (words,) = self.run_words([row])
        return words

    def run_words(self, rows: Sequence[Row]) -> Iterator[BeatArray]:
        """Run a step per row; yield the result words of each, the cycle count last.

        Raises
        ------
        LinkError
            An answer is missing, or the network was not reset in this session: its state
            is unknown then.
        """
        before, limit = self._begin(), self.identity.beats_per_request
        requests = list(run_requests(self.program, rows, before, limit))
        left = 0
        for answered, (request, payload) in enumerate(self._run_answers(requests)):
            left = (left or request.answers) - 1
            if not payload or payload[0] != left:
                raise LinkFault(
                    f"the answer to step {answered} of {len(rows)} was lost or damaged; "
                    "the network's state is unknown: reset and run again"
                )
            yield parse_words(payload[1:])
        self._end(rows[-1] if rows else before)

    def run_silently(self, row: Row, steps: int) -> BeatArray:
        """Hold ``row`` for ``steps``; return the result words of the last one.

        Raises
        ------
        StimulusError
            No step is asked.
        """
        at_least_one(steps)
        before, limit = self._begin(), self.identity.beats_per_request
        requests = list(last_requests(self.program, row, before, steps, self._silent_steps, limit))
        words = [parse_words(payload[1:]) for _, payload in self._run_answers(requests)]
        self._end(row)
        return words[-1]

    def run_sums(self, row: Row, steps: int, window: Window) -> tuple[CodeArray, int]:
        """Hold ``row`` for ``steps`` and sum results over them.

        Returns
        -------
        sums : (window.count,) int64
        cycles : int, of all steps

        Raises
        ------
        LinkError
            The core cannot keep so many sums.
        StimulusError
            No step is asked.
        """
        at_least_one(steps)
        room = self.program.config.total_words - 1
        if window.count > room:
            raise LinkError(
                f"{window.count} sums asked, the core keeps {max(room, 0)}; "
                "run step by step, and sum on the computer"
            )
        before, limit = self._begin(), self.identity.beats_per_request
        most = self._silent_steps
        if window.kind is ResultKind.READOUT:
            spare = RESULT_BITS - self.program.network.formats.sum_bits
            most = min(most, 1 << max(0, spare))
        requests = list(sum_requests(self.program, row, before, steps, most, limit, window))
        sums, cycles = np.zeros(window.count, dtype=np.int64), 0
        for _, payload in self._run_answers(requests):
            words = parse_words(payload[1:], window.count + 1)
            signed = window.kind is ResultKind.READOUT
            sums += words[:-1].view(np.int32) if signed else words[:-1]
            cycles += int(words[-1])
        self._end(row)
        return sums, cycles

    def run(
        self,
        codes: Mapping[str, CodeArray],
        states: bool = False,
        progress: Progress = lambda _: None,
    ) -> Trace:
        """Reset, then run on ``codes``, (steps, size) per input; load first if need be.

        A run that bytes were lost of is made anew, three times in all.

        Parameters
        ----------
        states : bool
            Read all states after every step, which takes much longer.
        progress
            Is told the number of steps done.
        """
        rows = list(rows_of(codes))
        return retried(partial(self._run, rows, states, progress))

    def _run(self, rows: Sequence[Row], states: bool, progress: Progress) -> Trace:
        self.reset()
        recorder = Recorder(self.program)
        done = (self.step(row) for row in rows) if states else self.run_words(rows)
        for count, words in enumerate(done, 1):
            recorder.add(words, self.read_states() if states else None)
            progress(count)
        return recorder.trace()

    def read_states(self) -> dict[MemoryId, BeatArray]:
        """Read the state memories, (depth, beats) each."""
        return {memory: self.read_memory(memory) for memory in STATE_MEMORIES}

    def read_memory(self, memory: MemoryId, words: int | None = None) -> BeatArray:
        """Read the first ``words`` words, by default all, of shape (words, beats)."""
        shape = self.program.config.memories[memory]
        count = shape.depth if words is None else words
        return read_words(self.link, self.identity, memory, shape, count)

    def write_memory(self, memory: MemoryId, rows: BeatArray, first: int = 0) -> None:
        """Write words of shape (words, beats) from word ``first`` on."""
        shape = self.program.config.memories[memory]
        write_words(self.link, self.identity, memory, shape, rows, first)

    @cached_property
    def _silent_steps(self) -> int:
        """Most steps of a request that answers in the end only."""
        worst_s = busiest_cycles(self.program) / self._clock_hz
        return min(max(1, int(_BUSY_S / worst_s)), MAX_STEPS)

    def _load(self) -> None:
        """Load in one session: what was loaded in another one may be gone by now."""
        self._forget()
        self.identify()
        for memory in IMAGE_MEMORIES:
            beats = self.program.image.beats[memory]
            self.write_memory(memory, beats)
            check_words(memory, self.read_memory(memory, len(beats)), beats)
        digest = np.frombuffer(bytes.fromhex(self.program.image.digest), dtype="<u4")
        self.link.request(write_request(MemoryId.IMAGE_DIGEST, 0, digest))

    def _run_answers(self, requests: Sequence[Request]) -> Iterator[tuple[Request, bytes]]:
        """Send ``requests``; yield request and payload of each answer to one that runs steps."""
        for index, payload in self.link.stream(requests, self.identity.window):
            if requests[index].command in (Command.RUN, Command.SUM):
                yield requests[index], payload

    def _begin(self) -> Row | None:
        """Return the row that the core holds, and forget it until all went well."""
        if self._reset_in != self.link.sessions or not self.link.in_session:
            raise LinkError("the network's state is unknown: reset it before it is run")
        held, self._begun_in = self._held, self.link.sessions
        self._forget()
        return held

    def _end(self, row: Row | None) -> None:
        self._held = None if row is None else dict(row)
        self._reset_in = self._begun_in

    def _forget(self) -> None:
        self._held, self._reset_in = None, None


def retried(action: Callable[[], Result]) -> Result:
    """Do ``action`` again when bytes were lost, three times in all."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return action()
        except LinkFault:
            continue
    return action()


def _successive(words: Sequence[tuple[int, int]]) -> Iterator[tuple[int, list[int]]]:
    """Group pairs of address and word into runs of successive addresses."""
    first, values = 0, list[int]()
    for address, word in sorted(words):
        if values and address != first + len(values):
            yield first, values
            values = []
        if not values:
            first = address
        values.append(word)
    if values:
        yield first, values
