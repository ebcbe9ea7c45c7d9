"""A program on a board: identify, load, reset, run, read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nef2hw.errors import LinkError
from nef2hw.host.link import Link
from nef2hw.host.planes import Row, run_requests, write_requests
from nef2hw.host.protocol import (
    MAX_COUNT,
    Identity,
    Request,
    identify_request,
    parse_identity,
    parse_words,
    read_request,
    reset_request,
    write_request,
)
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.link_codes import Command
from nef2hw.program.memory import (
    IMAGE_MEMORIES,
    STATE_MEMORIES,
    BeatArray,
    MemoryId,
    words_to_beats,
)
from nef2hw.program.program import Program
from nef2hw.sim.replay import Recorder, rows_of
from nef2hw.trace import Trace


class Session:
    """Runs ``program`` on the board behind ``link``.

    Parameters
    ----------
    link : Link
    program : Program
        The board's core must be of its configuration.
    """

    def __init__(self, link: Link, program: Program) -> None:
        self.link = link
        self.program = program
        self._identity: Identity | None = None
        self._held: Row | None = None

    def identify(self) -> Identity:
        """Ask the board who it is.

        Raises
        ------
        LinkError
            It holds another core than the program was made for, or does not answer.
        """
        identity = parse_identity(self.link.request(identify_request()))
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
        """What the board told first."""
        return self._identity or self.identify()

    def is_loaded(self) -> bool:
        """Whether the board's image is whole and the program's."""
        return self.identify().image_digest == self.program.image.digest

    def load(self) -> None:
        """Load the image, read it back, and mark it as whole.

        Raises
        ------
        LinkError
            What is read back differs.
        """
        for memory in IMAGE_MEMORIES:
            beats = self.program.image.beats[memory]
            self.write_memory(memory, beats)
            self._verify(memory, beats)
        digest = np.frombuffer(bytes.fromhex(self.program.image.digest), dtype="<u4")
        self.link.request(write_request(MemoryId.IMAGE_DIGEST, 0, digest))
        self._held = None

    def reset(self) -> None:
        """Return the network to its initial state."""
        self._held = None
        self.link.request(reset_request())
        for memory, words in self.program.image.initial_state.items():
            shape = self.program.config.memories[memory]
            for first, values in _successive(words):
                self.write_memory(memory, words_to_beats(values, shape), first)

    def step(self, row: Row) -> BeatArray:
        """Run a step on one row of codes per input; return its result words."""
        (words,) = self.run_words([row])
        return words

    def run_words(self, rows: Sequence[Row]) -> Iterator[BeatArray]:
        """Run a step per row; yield the result words of each, the cycle count last.

        Raises
        ------
        LinkError
            An answer is missing: the state of the network is unknown then.
        """
        limit = self.identity.beats_per_request
        requests = list(run_requests(self.program, rows, self._held, limit))
        left, answered = 0, 0
        self._held = None
        for index, payload in self.link.stream(requests, self.identity.window):
            request = requests[index]
            if request.command != Command.RUN:
                continue
            left = (left or request.answers) - 1
            if not payload or payload[0] != left:
                raise LinkError(
                    f"the answer to step {answered} of {len(rows)} was lost or damaged; "
                    "the network's state is unknown: reset and run again"
                )
            answered += 1
            yield parse_words(payload[1:])
        self._held = dict(rows[-1]) if rows else None

    def run(self, codes: Mapping[str, CodeArray], states: bool = False) -> Trace:
        """Reset, then run on ``codes``, (steps, size) per input; load first if need be.

        Parameters
        ----------
        states : bool
            Read all states after every step, which takes much longer.
        """
        if not self.is_loaded():
            self.load()
        self.reset()
        recorder = Recorder(self.program)
        rows = list(rows_of(codes))
        if states:
            for row in rows:
                recorder.add(self.step(row), self.read_states())
        else:
            for words in self.run_words(rows):
                recorder.add(words, None)
        return recorder.trace()

    def read_states(self) -> dict[MemoryId, BeatArray]:
        """Read the state memories, (depth, beats) each."""
        return {memory: self.read_memory(memory) for memory in STATE_MEMORIES}

    def read_memory(self, memory: MemoryId, words: int | None = None) -> BeatArray:
        """Read the first ``words`` words, by default all, of shape (words, beats)."""
        shape = self.program.config.memories[memory]
        total = (shape.depth if words is None else words) * shape.stride
        requests = [
            read_request(memory, address, min(MAX_COUNT, total - address))
            for address in range(0, total, MAX_COUNT)
        ]
        beats = np.zeros(total, dtype=np.uint32)
        for index, payload in self._stream(requests):
            address = index * MAX_COUNT
            count = min(MAX_COUNT, total - address)
            beats[address : address + count] = parse_words(payload, count)
        return beats.reshape(-1, shape.stride)[:, : shape.beats]

    def write_memory(self, memory: MemoryId, rows: BeatArray, first: int = 0) -> None:
        """Write words of shape (words, beats) from word ``first`` on."""
        shape = self.program.config.memories[memory]
        limit = self.identity.beats_per_request
        pieces = [rows.ravel()] if shape.stride == shape.beats else list(rows)
        requests = [
            request
            for index, beats in enumerate(pieces)
            for request in write_requests(memory, (first + index) * shape.stride, beats, limit)
        ]
        for _ in self._stream(requests):
            pass

    def _stream(self, requests: Sequence[Request]) -> Iterator[tuple[int, bytes]]:
        return self.link.stream(requests, self.identity.window)

    def _verify(self, memory: MemoryId, expected: BeatArray) -> None:
        found = self.read_memory(memory, len(expected))
        wrong = np.argwhere(found != expected)
        if len(wrong):
            word, beat = (int(index) for index in wrong[0])
            raise LinkError(
                f"{memory.name} word {word} beat {beat} reads 0x{found[word, beat]:08x}, "
                f"expected 0x{expected[word, beat]:08x}; the board or its bitstream is faulty"
            )


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
