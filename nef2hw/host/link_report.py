"""What a link is worth: errors, rate and delay, and what to change."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nef2hw.host.device import Device
from nef2hw.host.memories import check_words
from nef2hw.program.memory import IMAGE_MEMORIES, BeatArray, MemoryId

#: Bits on the line for a byte of data.
_BITS_PER_BYTE = 10
_PINGS = 20
_PATTERNS = 5
_SLOW_S = 0.008


@dataclass(frozen=True)
class LinkReport:
    """What a test of a link found."""

    written_bytes: int  #: of memory content
    read_bytes: int  #: of memory content
    write_bits_per_s: float  #: content, ten bits a byte, as the line carries it
    read_bits_per_s: float
    answer_s: float  #: median time from a short request to its answer
    lost_requests: int  #: frames that the board dropped
    lost_answers: int  #: damaged frames that came
    repeated: int  #: requests sent again

    @property
    def is_sound(self) -> bool:
        """Whether nothing was lost."""
        return not (self.lost_requests or self.lost_answers or self.repeated)

    def advice(self, baud: int) -> tuple[str, ...]:
        """Say what to change, one thing each; nothing if all is well."""
        told = []
        if not self.is_sound:
            told.append(
                f"bytes are lost at {baud} baud: use a shorter cable and a port of the computer "
                "itself, or build with a lower baud rate"
            )
        if self.answer_s > _SLOW_S:
            told.append(
                f"answers take {1e3 * self.answer_s:.0f} ms: set the latency timer of the USB "
                "serial adapter to 1 ms (/sys/bus/usb-serial/devices/*/latency_timer)"
            )
        return tuple(told)


def measure_link(device: Device, clock: Callable[[], float] = time.monotonic) -> LinkReport:
    """Send patterns into the inputs' memory, load the image, and read both back.

    The network has to be reset afterwards.

    Raises
    ------
    LinkError
        The board is another one, is silent, or does not keep what is written.
    """
    link = device.link
    dropped = device.identify().bad_frames
    damaged, repeated = link.bad_frames, link.repeated
    for beats in _patterns(device.program.config.memories[MemoryId.PLANES].depth):
        device.write_memory(MemoryId.PLANES, beats)
        check_words(MemoryId.PLANES, device.read_memory(MemoryId.PLANES), beats)
    images = {memory: device.program.image.beats[memory] for memory in IMAGE_MEMORIES}
    size = sum(beats.nbytes for beats in images.values())
    started_s = clock()
    for memory, beats in images.items():
        device.write_memory(memory, beats)
    written_s = clock()
    for memory, beats in images.items():
        check_words(memory, device.read_memory(memory, len(beats)), beats)
    read_s = clock()
    device.load()
    answers_s = [_ping(device, clock) for _ in range(_PINGS)]
    found = device.identify()
    return LinkReport(
        written_bytes=size,
        read_bytes=size,
        write_bits_per_s=size * _BITS_PER_BYTE / max(written_s - started_s, 1e-9),
        read_bits_per_s=size * _BITS_PER_BYTE / max(read_s - written_s, 1e-9),
        answer_s=float(np.median(answers_s)),
        lost_requests=(found.bad_frames - dropped) % 256,
        lost_answers=link.bad_frames - damaged,
        repeated=link.repeated - repeated,
    )


def _patterns(words: int) -> list[BeatArray]:
    """Zeros, ones, alternating bits, and noise, (words, 1) each."""
    rng = np.random.default_rng(_PATTERNS)
    fixed = [0, 0xFFFFFFFF, 0x55555555, 0xAAAAAAAA]
    noise = rng.integers(0, 1 << 32, (words, 1), dtype=np.uint32)
    return [*(np.full((words, 1), word, dtype=np.uint32) for word in fixed), noise]


def _ping(device: Device, clock: Callable[[], float]) -> float:
    started_s = clock()
    device.identify()
    return clock() - started_s
