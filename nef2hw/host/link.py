"""Requests over a serial port or anything that carries bytes like one."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nef2hw.errors import LinkError, LinkFault
from nef2hw.host.pipe import DEFAULT_BAUD, DEFAULT_TIMEOUT_S, PIPE_ERRORS, BytePipe, open_serial
from nef2hw.host.protocol import (
    DELIMITER,
    Answer,
    Request,
    decode_answer,
    encode_request,
    identify_request,
    payload_of,
)

_ATTEMPTS = 3
_NUMBERS = 256
_SESSIONS = 256
_MAX_FRAME_BYTES = 1 << 16
_MAX_BAD_FRAMES = 1000


@dataclass
class _Pending:
    """A request under way."""

    index: int
    request: Request
    sequence: int
    answered: int = 0

    def is_answered_by(self, answer: Answer) -> bool:
        return answer.sequence == self.sequence and self.request.may_be_answered_by(answer)


class Link:
    """Sends requests and matches answers to them.

    Requests belong to a *session*, which `identify` begins with a random token that its answer
    repeats: what comes before that answer is older and is passed over, and from then on a board
    refuses what belongs to other sessions. Anything that goes wrong ends the session.

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
        self._sequence = secrets.randbelow(_NUMBERS)
        self._session = 0
        self.in_session = False  #: whether what is sent now is of the session begun last
        self.sessions = 0  #: number of sessions begun
        self.bad_frames = 0  #: damaged frames received so far
        self.repeated = 0  #: requests that were sent again

    @classmethod
    def open(
        cls, port: str, baud: int = DEFAULT_BAUD, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Link:
        """Open a serial port by name, for this program alone.

        Raises
        ------
        LinkError
            The port cannot be opened, or another program has it.
        """
        return cls(open_serial(port, baud, timeout_s), timeout_s)

    def close(self) -> None:
        """Close the pipe."""
        self.in_session = False
        self._pipe.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def identify(self) -> bytes:
        """Begin a session; return what the board tells about itself.

        Raises
        ------
        LinkError
            No answer came.
        """
        self.in_session = False
        for attempt in range(_ATTEMPTS):
            self.repeated += attempt > 0
            payload = self._begin_session()
            if payload is not None:
                self.in_session = True
                self.sessions += 1
                return payload
        raise LinkFault(self._silence(identify_request(0), _ATTEMPTS))

    def _begin_session(self) -> bytes | None:
        """Ask for a session of a number chosen by chance; return the answer, if one comes.

        The board may be in a session of that number, and refuse the request as one of the past.
        """
        session = 1 + secrets.randbelow(_SESSIONS - 1)
        self._session = session
        self._write(DELIMITER)
        return self._attempt(identify_request(secrets.randbelow(1 << 24) << 8 | session))

    def request(self, request: Request) -> bytes:
        """Send a request that has one answer and return the answer's payload.

        A repeatable request is sent up to three times, each time under a new number.

        Raises
        ------
        LinkError
            No answer came, or the board refused.
        """
        self._check_session()
        try:
            return self._exchange(request)
        except BaseException:
            self.in_session = False
            raise

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
        self._check_session()
        try:
            yield from self._stream(requests, window)
        except BaseException:  # also when the caller wants no more answers: some are still to come
            self.in_session = False
            raise

    def _check_session(self) -> None:
        if not self.in_session:
            raise LinkFault("no session with the board: identify it first")

    def _exchange(self, request: Request) -> bytes:
        attempts = _ATTEMPTS if request.repeatable else 1
        for attempt in range(attempts):
            self.repeated += attempt > 0
            payload = self._attempt(request)
            if payload is not None:
                return payload
        raise LinkFault(self._silence(request, attempts))

    def _attempt(self, request: Request) -> bytes | None:
        """Send a request once; None if no answer comes, or one that asks for a new number."""
        answer = self._receive_for([self._send(0, request)])
        if answer is None or (answer.is_repeated and request.repeatable):
            return None
        return payload_of(answer, request)

    def _stream(self, requests: Sequence[Request], window: int) -> Iterator[tuple[int, bytes]]:
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
            self.repeated += 1
            yield pending.index, self._exchange(pending.request)

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
        raise LinkFault(
            f"{self._silence(request, 1)}, {pending.answered} of {request.answers} came; "
            "the network's state is unknown: reset and run again"
        )

    def _silence(self, request: Request, attempts: int) -> str:
        times = "" if attempts == 1 else f" ({attempts} attempts)"
        damage = f", {self.bad_frames} damaged frames came" if self.bad_frames else ""
        told = f"no answer to {request.command.name} in {self._timeout_s:g} s{times}{damage}"
        if self.sessions:
            return told
        return (
            f"{told}; is this the board's port, does the board run a bitstream of this nef2hw "
            "('nef2hw program'), and is the baud rate the build's?"
        )

    def _send(self, index: int, request: Request) -> _Pending:
        self._sequence = (self._sequence + 1) % _NUMBERS
        self._write(encode_request(request, self._sequence, self._session))
        return _Pending(index, request, self._sequence)

    def _write(self, data: bytes) -> None:
        try:
            self._pipe.write(data)
        except PIPE_ERRORS as error:
            raise LinkError(_broken("writing", error)) from error

    def _receive_for(self, under_way: Iterable[_Pending]) -> Answer | None:
        """Return the next answer to one of ``under_way``, None after a silence."""
        while (answer := self._receive()) is not None:
            if any(pending.is_answered_by(answer) for pending in under_way):
                return answer
        return None

    def _receive(self) -> Answer | None:
        """Return the next sound answer, None after a silence."""
        deadline = time.monotonic() + self._timeout_s
        bad_before = self.bad_frames
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
                    "is the baud rate right, and is this the board's port?"
                )
            if self.bad_frames - bad_before > _MAX_BAD_FRAMES:
                raise LinkError(
                    f"{_MAX_BAD_FRAMES} damaged frames came and no sound one; "
                    "is the baud rate right, and is this the board's port?"
                )

    def _read(self) -> bytes:
        try:
            return self._pipe.read(max(1, self._pipe.in_waiting))
        except PIPE_ERRORS as error:
            raise LinkError(_broken("reading", error)) from error


def _broken(doing: str, error: Exception) -> str:
    return (
        f"the link to the board broke while {doing}: {error}; plug it in, connect again and "
        "reset (a path in /dev/serial/by-id stays the same when the port's number changes)"
    )
