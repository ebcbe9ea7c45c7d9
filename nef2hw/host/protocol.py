"""Frames, requests and answers as bytes (``docs/protocol.md``); no input or output here."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cobs import cobs

from nef2hw.errors import LinkError, LinkFault
from nef2hw.program.link_codes import (
    ANSWER_FLAG,
    CRC_BYTES,
    ERROR_STATUS,
    PROTOCOL_VERSION,
    Command,
    ErrorCode,
    ResultKind,
    RunFlag,
)
from nef2hw.program.memory import DIGEST_BYTES, BeatArray, MemoryId

#: What ends every frame.
DELIMITER = b"\0"

#: Most beats that are asked for by a READ, and most steps by a RUN that answers each of them.
MAX_COUNT = 256

#: Most steps of a request that answers in the end.
MAX_STEPS = (1 << 16) - 1

#: Most beats in a SUM, which has the least room.
MAX_BEATS = 60

#: Bytes that the receive buffer spends on a request beside its content: length and CRC.
_BUFFER_OVERHEAD = 1 + CRC_BYTES
_REQUEST_HEAD_BYTES = 3
_ANSWER_HEAD_BYTES = 2
_WORD_BYTES = 4
_IDENTITY_BYTES = 3 * DIGEST_BYTES
_TOKEN = slice(4, 8)
_WINDOW_KIND_SHIFT, _WINDOW_FIRST_SHIFT = 30, 16


@dataclass(frozen=True)
class Request:
    """A request without its session and sequence number."""

    command: Command
    arguments: bytes = b""
    answers: int = 1  #: number of frames that answer it
    repeatable: bool = True  #: whether acting on it twice equals acting on it once

    @property
    def cost(self) -> int:
        """Bytes that it takes in the board's receive buffer."""
        return _REQUEST_HEAD_BYTES + len(self.arguments) + _BUFFER_OVERHEAD

    def may_be_answered_by(self, answer: Answer) -> bool:
        """Whether ``answer``, of the right number, can be meant: an identity repeats its token."""
        if self.command is not Command.IDENTIFY or answer.is_repeated:
            return True
        return answer.payload[_TOKEN] == self.arguments


@dataclass(frozen=True)
class Answer:
    """The content of a sound frame from the board."""

    sequence: int
    status: int
    payload: bytes

    @property
    def is_repeated(self) -> bool:
        """Whether the request was refused because its number was not ahead of the last one's."""
        return self.status == ERROR_STATUS and self.payload == bytes([ErrorCode.REPEATED])


@dataclass(frozen=True)
class Identity:
    """What a board tells about itself."""

    config_digest: str  #: 8 bytes in hexadecimal
    image_digest: str  #: the same; zeros when no image is whole
    frame_bytes: int  #: size of the receive buffer
    bad_frames: int  #: frames dropped so far, modulo 256

    @property
    def window(self) -> int:
        """Most bytes that requests may take in the receive buffer at once."""
        return self.frame_bytes - 1

    @property
    def beats_per_request(self) -> int:
        """Most beats in a request, so that two fit the buffer, which keeps it busy."""
        overhead = _REQUEST_HEAD_BYTES + 3 * _WORD_BYTES + _BUFFER_OVERHEAD
        return max(1, min(MAX_BEATS, (self.window // 2 - overhead) // _WORD_BYTES))


def encode_frame(content: bytes) -> bytes:
    """Append the CRC-32, stuff, and end with the delimiter."""
    crc = zlib.crc32(content).to_bytes(CRC_BYTES, "little")
    return bytes(cobs.encode(content + crc)) + DELIMITER


def decode_frame(raw: bytes) -> bytes | None:
    """Return the content of a frame given without its delimiter, None if it is damaged."""
    try:
        framed = bytes(cobs.decode(raw))
    except cobs.DecodeError:
        return None
    content, crc = framed[:-CRC_BYTES], framed[-CRC_BYTES:]
    if (
        len(content) < _ANSWER_HEAD_BYTES
        or zlib.crc32(content).to_bytes(CRC_BYTES, "little") != crc
    ):
        return None
    return content


def encode_request(request: Request, sequence: int, session: int = 0) -> bytes:
    """Return the frame of ``request``; session and sequence number are from 0 to 255."""
    return encode_frame(bytes([session, sequence, request.command]) + request.arguments)


def decode_answer(raw: bytes) -> Answer | None:
    """Return the answer in a frame given without its delimiter, None if it is damaged."""
    content = decode_frame(raw)
    return None if content is None else Answer(content[0], content[1], content[2:])


def payload_of(answer: Answer, request: Request) -> bytes:
    """Return what a good answer holds.

    Raises
    ------
    LinkError
        The board refused the request, or answers something else.
    """
    if answer.status == ERROR_STATUS and len(answer.payload) == 1:
        code = answer.payload[0]
        known = code in ErrorCode.__members__.values()
        reason = ErrorCode(code).name.lower().replace("_", " ") if known else f"error {code}"
        if code == ErrorCode.OTHER_SESSION:
            raise LinkFault(
                f"the board refused {request.command.name}: {reason}; it was reset, or another "
                "program spoke to it, so the network's state is lost: reset and run again"
            )
        raise LinkError(f"the board refused {request.command.name}: {reason}")
    if answer.status != ANSWER_FLAG | request.command:
        raise LinkError(
            f"the board answered {request.command.name} with status 0x{answer.status:02x}, "
            f"expected 0x{ANSWER_FLAG | request.command:02x}; is its bitstream of this version?"
        )
    return answer.payload


def identify_request(token: int = 0) -> Request:
    """Ask who is there, and begin the session that is the lowest byte of ``token`` (32 bits)."""
    return Request(Command.IDENTIFY, token.to_bytes(_WORD_BYTES, "little"))


def write_request(memory: MemoryId, address: int, beats: BeatArray) -> Request:
    """Write ``beats`` from the beat address on."""
    return Request(Command.WRITE, _target(memory, address) + _beat_bytes(beats))


def read_request(memory: MemoryId, address: int, count: int) -> Request:
    """Read ``count`` beats, 1 to 256."""
    return Request(Command.READ, _target(memory, address) + _amount(count))


def run_request(
    steps: int,
    changed: int = 0,
    plane_address: int = 0,
    planes: BeatArray | None = None,
    *,
    last_only: bool = False,
) -> Request:
    """Write ``planes``, then run ``steps``; ``changed`` inputs are new in the first.

    Each step is answered, 1 to 256 of them; with ``last_only`` the last one of up to 65535.
    """
    flags = RunFlag.LAST if last_only else 0
    arguments = _target(flags, plane_address) + _amount(steps, changed) + _data(planes)
    return Request(Command.RUN, arguments, 1 if last_only else steps, repeatable=False)


@dataclass(frozen=True)
class Window:
    """Which results of a step are summed: ``count`` of one kind from result word ``first`` on."""

    first: int
    count: int
    kind: ResultKind

    @property
    def word(self) -> int:
        """As a request holds it."""
        return self.kind << _WINDOW_KIND_SHIFT | self.first << _WINDOW_FIRST_SHIFT | self.count


def sum_request(
    steps: int,
    window: Window,
    changed: int = 0,
    plane_address: int = 0,
    planes: BeatArray | None = None,
) -> Request:
    """Write ``planes``, run 1 to 65535 steps, and ask for the sums of what is in the window."""
    head = _target(0, plane_address) + _amount(steps, changed)
    arguments = head + window.word.to_bytes(_WORD_BYTES, "little") + _data(planes)
    return Request(Command.SUM, arguments, repeatable=False)


def reset_request() -> Request:
    """Clear all state."""
    return Request(Command.RUN, _target(RunFlag.RESET, 0) + _amount(1))


def parse_identity(payload: bytes) -> Identity:
    """Read the answer to IDENTIFY.

    Raises
    ------
    LinkError
        Another protocol, or a payload of another length.
    """
    if len(payload) != _IDENTITY_BYTES or payload[0] != PROTOCOL_VERSION:
        version = f"version {payload[0]}" if payload else "no version"
        raise LinkError(
            f"the board told {version} in {len(payload)} bytes, expected protocol version "
            f"{PROTOCOL_VERSION} in {_IDENTITY_BYTES}; load a bitstream of this nef2hw"
        )
    return Identity(
        config_digest=payload[8:16].hex(),
        image_digest=payload[16:24].hex(),
        frame_bytes=int.from_bytes(payload[2:4], "little"),
        bad_frames=payload[1],
    )


def parse_words(payload: bytes, expected: int | None = None) -> BeatArray:
    """Read 32-bit words, ``expected`` of them if given.

    Raises
    ------
    LinkError
        Another number of bytes came.
    """
    count = len(payload) // _WORD_BYTES if expected is None else expected
    if len(payload) != count * _WORD_BYTES:
        wanted = "whole words" if expected is None else f"{count * _WORD_BYTES}"
        raise LinkError(f"the board answered with {len(payload)} bytes of data, expected {wanted}")
    return np.frombuffer(payload, dtype="<u4").astype(np.uint32)


def _target(first: int, address: int) -> bytes:
    return bytes([first]) + address.to_bytes(3, "little")


def _amount(count: int, changed: int = 0) -> bytes:
    return count.to_bytes(2, "little") + changed.to_bytes(2, "little")


def _data(planes: BeatArray | None) -> bytes:
    return b"" if planes is None else _beat_bytes(planes)


def _beat_bytes(beats: Sequence[int] | BeatArray) -> bytes:
    return np.asarray(beats, dtype="<u4").tobytes()
