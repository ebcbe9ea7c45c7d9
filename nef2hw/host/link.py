"""Requests over a serial port or anything that carries bytes like one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import serial

from nef2hw.errors import LinkError
from nef2hw.host.protocol import (
    DELIMITER,
    Answer,
    Request,
    decode_answer,
    encode_request,
    payload_of,
)

DEFAULT_BAUD = 115_200
DEFAULT_TIMEOUT_S = 1.0

_ATTEMPTS = 3
_POLL_S = 0.02
_NUMBERS = 256
_MAX_FRAME_BYTES = 1 << 20


class BytePipe(Protocol):
    """The part of ``serial.Serial`` that a link uses; ``read`` returns early with less."""

    @property
    def in_waiting(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> int | None: ...

    def close(self) -> None: ...


@dataclass
class _Pending:
    """A request under way."""

    index: int
    request: Request
    sequence: int
    answered: int = 0


class Link:
    """Sends requests and matches answers to them.

    Parameters
    ----------
    pipe : BytePipe
        Closed with the link.
    timeout_s : float
        Longest silence while an answer is due.
    """

    def __init__(self, pipe: BytePipe, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        self._pipe = pipe
        self._timeout_s = timeout_s
        self._received = bytearray()
        self._sequence = 0
        self.bad_frames = 0  #: damaged frames received so far
        self._write(DELIMITER)

    @classmethod
    def open(
        cls, port: str, baud: int = DEFAULT_BAUD, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Link:
        """Open a serial port by name.

        Raises
        ------
        LinkError
            The port cannot be opened.
        """
        try:
            pipe = serial.Serial(port, baud, timeout=_POLL_S, write_timeout=10 * timeout_s)
            pipe.reset_input_buffer()
        except (OSError, ValueError) as error:
            raise LinkError(
                f"cannot open serial port {port} at {baud} baud: {error}; "
                "see 'python -m serial.tools.list_ports' for the ports there are"
            ) from error
        return cls(pipe, timeout_s)

    def close(self) -> None:
        """Close the pipe."""
        self._pipe.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def request(self, request: Request) -> bytes:
        """Send a request that has one answer and return the answer's payload.

        A repeatable request is sent up to three times, each time under a new number.

        Raises
        ------
        LinkError
            No answer came, or the board refused.
        """
        attempts = _ATTEMPTS if request.repeatable else 1
        for _ in range(attempts):
            pending = self._send(0, request)
            answer = self._receive_for([pending])
            if answer is not None and not (answer.is_repeated and request.repeatable):
                return payload_of(answer, request)
        raise LinkError(self._silence(request, attempts))

    def stream(self, requests: Sequence[Request], window: int) -> Iterator[tuple[int, bytes]]:
        """Send many requests ahead of their answers; yield index and payload of each answer.

        Answers come in order. Repeatable requests that were lost are repeated one
        by one in the end.

        Parameters
        ----------
        requests : sequence of Request
        window : int
            Bytes that requests may take in the board's buffer at once.

        Raises
        ------
        LinkError
            The board refused, or an answer to a request that must not be repeated is missing.
        """
        waiting = deque(enumerate(requests))
        under_way: deque[_Pending] = deque()
        lost: list[_Pending] = []
        while waiting or under_way:
            self._fill(under_way, waiting, window)
            answer = self._receive_for(under_way)
            while under_way and (answer is None or answer.sequence != under_way[0].sequence):
                lost.append(self._give_up(under_way.popleft()))
            if answer is None:
                continue
            current = under_way[0]
            current.answered += 1
            if current.answered == current.request.answers:
                under_way.popleft()
            if answer.is_repeated and current.request.repeatable:
                lost.append(current)
            else:
                yield current.index, payload_of(answer, current.request)
        for pending in lost:
            yield pending.index, self.request(pending.request)

    def _fill(
        self, under_way: deque[_Pending], waiting: deque[tuple[int, Request]], window: int
    ) -> None:
        """Send as many requests as find room, at least one."""
        room = window - sum(pending.request.cost for pending in under_way)
        while waiting and (not under_way or waiting[0][1].cost <= room):
            under_way.append(self._send(*waiting.popleft()))
            room -= under_way[-1].request.cost

    def _give_up(self, pending: _Pending) -> _Pending:
        """Return a lost request if it may be repeated."""
        request = pending.request
        if request.repeatable:
            return pending
        raise LinkError(
            f"{self._silence(request, 1)}, {pending.answered} of {request.answers} came; "
            "the network's state is unknown: reset and run again"
        )

    def _silence(self, request: Request, attempts: int) -> str:
        times = "" if attempts == 1 else f" ({attempts} attempts)"
        damage = f", {self.bad_frames} damaged frames came" if self.bad_frames else ""
        return f"no answer to {request.command.name} in {self._timeout_s:g} s{times}{damage}"

    def _send(self, index: int, request: Request) -> _Pending:
        self._sequence = (self._sequence + 1) % _NUMBERS
        self._write(encode_request(request, self._sequence))
        return _Pending(index, request, self._sequence)

    def _write(self, data: bytes) -> None:
        try:
            self._pipe.write(data)
        except OSError as error:
            raise LinkError(f"the link to the board broke while writing: {error}") from error

    def _receive_for(self, under_way: Iterable[_Pending]) -> Answer | None:
        """Return the next answer to one of ``under_way``, None after a silence."""
        numbers = {pending.sequence for pending in under_way}
        while (answer := self._receive()) is not None:
            if answer.sequence in numbers:
                return answer
        return None

    def _receive(self) -> Answer | None:
        """Return the next sound answer, None after a silence."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            while (end := self._received.find(DELIMITER)) >= 0:
                raw = bytes(self._received[:end])
                del self._received[: end + 1]
                answer = decode_answer(raw)
                if answer is not None:
                    return answer
                self.bad_frames += bool(raw)
            chunk = self._read()
            if chunk:
                deadline = time.monotonic() + self._timeout_s
                self._received += chunk
            elif time.monotonic() > deadline:
                return None
            if len(self._received) > _MAX_FRAME_BYTES:
                raise LinkError(
                    f"{len(self._received)} bytes came without the end of a frame; "
                    "is the baud rate right?"
                )

    def _read(self) -> bytes:
        try:
            return self._pipe.read(max(1, self._pipe.in_waiting))
        except OSError as error:
            raise LinkError(f"the link to the board broke while reading: {error}") from error
