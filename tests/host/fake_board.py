"""A board in memory: answers requests by the protocol, and can be made to fail."""

import numpy as np

from nef2hw.host.protocol import DELIMITER, decode_frame, encode_frame
from nef2hw.program.link_codes import Command, ErrorCode
from nef2hw.program.memory import MemoryId

FRAME_BYTES = 512


class FakeBoard:
    """Has the part of ``serial.Serial`` that a link needs.

    Parameters
    ----------
    config_digest : str
    lose : set of int
        Requests, counted from 0, that never arrive.
    damage : set of int
        Answers, counted from 0, in which a bit is turned.
    stuck : dict
        Value of beats that cannot be written, by memory and address.
    """

    def __init__(self, config_digest="0102030405060708", lose=(), damage=(), stuck=None):
        self.config_digest = config_digest
        self.image_digest = bytes(8)
        self.lose, self.damage, self.stuck = set(lose), set(damage), stuck or {}
        self.beats = {}
        self.requests = []  #: content of every frame that arrived whole
        self.arrived = 0
        self.answered = 0
        self.last = None
        self.session = 0
        self.refuse_all = False  #: as a board does that was reset in between
        self.closed = False
        self._received, self._to_send = bytearray(), bytearray()

    @property
    def in_waiting(self):
        return len(self._to_send)

    def read(self, size):
        chunk = bytes(self._to_send[:size])
        del self._to_send[:size]
        return chunk

    def write(self, data):
        self._received += data
        while (end := self._received.find(DELIMITER)) >= 0:
            frame = bytes(self._received[:end])
            del self._received[: end + 1]
            if frame:
                self.arrived += 1
                if self.arrived - 1 not in self.lose:
                    self._act(decode_frame(frame))

    def close(self):
        self.closed = True

    def _answer(self, status, payload=b""):
        frame = bytearray(encode_frame(bytes([self.last, status]) + payload))
        if self.answered in self.damage:
            frame[3] ^= 0x80
        self.answered += 1
        self._to_send += frame

    def _act(self, content):
        session, number, command, arguments = content[0], content[1], content[2], content[3:]
        repeated = number == self.last
        self.last = number
        if repeated:
            self._answer(0xFF, bytes([ErrorCode.REPEATED]))
            return
        if command != Command.IDENTIFY and (session != self.session or self.refuse_all):
            self._answer(0xFF, bytes([ErrorCode.OTHER_SESSION]))
            return
        self.requests.append(content)
        {
            Command.IDENTIFY: self._identify,
            Command.WRITE: self._write,
            Command.READ: self._read,
            Command.RUN: self._run,
            Command.SUM: self._sum,
        }[command](arguments)

    def _identify(self, token):
        self.session, self.refuse_all = token[0], False
        head = bytes([2, 0, *FRAME_BYTES.to_bytes(2, "little")]) + token
        self._answer(0x81, head + bytes.fromhex(self.config_digest) + self.image_digest)

    def _store(self, memory, address, data):
        for index, beat in enumerate(np.frombuffer(data, dtype="<u4")):
            place = (memory, address + index)
            self.beats[place] = self.stuck.get(place, int(beat))

    def _write(self, arguments):
        memory, address = arguments[0], int.from_bytes(arguments[1:4], "little")
        if memory == MemoryId.IMAGE_DIGEST:
            self.image_digest = arguments[4:]
        else:
            self._store(memory, address, arguments[4:])
        self._answer(0x82)

    def _read(self, arguments):
        memory, address = arguments[0], int.from_bytes(arguments[1:4], "little")
        count = int.from_bytes(arguments[4:6], "little")
        beats = [self.beats.get((memory, address + k), 0) for k in range(count)]
        self._answer(0x83, np.array(beats, dtype="<u4").tobytes())

    def _run(self, arguments):
        self._store(MemoryId.PLANES, int.from_bytes(arguments[1:4], "little"), arguments[8:])
        steps = int.from_bytes(arguments[4:6], "little")
        for left in reversed(range(steps if not arguments[0] & 2 else 1)):
            words = [] if arguments[0] & 1 else [0xABCD0000 + left]
            self._answer(0x84, bytes([left % 256]) + np.array([*words, 77], dtype="<u4").tobytes())

    def _sum(self, arguments):
        self._store(MemoryId.PLANES, int.from_bytes(arguments[1:4], "little"), arguments[12:])
        steps = int.from_bytes(arguments[4:6], "little")
        count = int.from_bytes(arguments[8:10], "little")
        sums = [*(steps * k for k in range(count)), 77 * steps]
        self._answer(0x85, b"\0" + np.array(sums, dtype="<u4").tobytes())
