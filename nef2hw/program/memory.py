"""The memories of a core: which there are, their shape, and what is loaded.

Every memory is seen from outside as rows of 32-bit *beats*. A word of
``width`` bits takes ``beats`` of them, lowest first, and words start at
multiples of ``stride`` (the next power of two), so that a beat address splits
into word and beat by wiring alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

BEAT_BITS = 32

#: Bytes of the digest of a configuration or an image.
DIGEST_BYTES = 8

BeatArray = npt.NDArray[np.uint32]


class MemoryId(IntEnum):
    """Number of each memory on the core's bus."""

    WEIGHTS = 0  #: rows of ``lanes`` weights
    ROW_MAP = 1  #: accumulator address of each word of a source's row
    SCHEDULE = 2  #: the instructions of one step
    BIAS = 3  #: rows of constant currents, one per neuron
    PLANES = 4  #: bit planes of the inputs
    FILTER = 5  #: rows of slots: exponent and filtered synaptic state of each
    MEMBRANE = 6  #: rows of voltages and refractory counters
    OVERSHOOT = 7  #: rows of overshoot fractions of the last spike
    IMAGE_DIGEST = 8  #: digest of the loaded image, written last by the host


#: Memories whose content an image defines, in the order of loading.
IMAGE_MEMORIES = (
    MemoryId.WEIGHTS,
    MemoryId.ROW_MAP,
    MemoryId.SCHEDULE,
    MemoryId.BIAS,
    MemoryId.FILTER,
)

#: Memories that hold the state of a network between steps.
STATE_MEMORIES = (MemoryId.FILTER, MemoryId.MEMBRANE, MemoryId.OVERSHOOT)


@dataclass(frozen=True)
class MemoryShape:
    """Depth in words and width in bits of one memory."""

    depth: int
    width: int

    @property
    def beats(self) -> int:
        """Number of 32-bit beats in a word."""
        return -(-self.width // BEAT_BITS)

    @property
    def stride(self) -> int:
        """Distance between words in beats, a power of two."""
        return 1 << (self.beats - 1).bit_length()

    @property
    def bits(self) -> int:
        """Capacity in bits."""
        return self.depth * self.width


def words_to_beats(words: Iterable[int], shape: MemoryShape) -> BeatArray:
    """Split ``words`` (non-negative integers) into beats, lowest first.

    Returns
    -------
    ndarray of uint32, shape (number of words, ``shape.beats``)
    """
    size = shape.beats * (BEAT_BITS // 8)
    raw = b"".join(int(word).to_bytes(size, "little") for word in words)
    return np.frombuffer(raw, dtype="<u4").reshape(-1, shape.beats).astype(np.uint32)


def beats_to_words(beats: BeatArray) -> list[int]:
    """Join beats of shape (words, beats), lowest first, into integers."""
    rows = np.ascontiguousarray(beats, dtype="<u4")
    return [int.from_bytes(row.tobytes(), "little") for row in rows]


@dataclass(frozen=True)
class MemoryImage:
    """What is loaded into a core: the beats of each memory it defines.

    ``initial_state`` holds only the words that are not zero after a reset of
    the core: pairs of word address and word.
    """

    beats: Mapping[MemoryId, BeatArray]  #: (words used, beats per word) each
    initial_state: Mapping[MemoryId, tuple[tuple[int, int], ...]]

    @property
    def digest(self) -> str:
        """Identity of the content, 8 bytes in hexadecimal."""
        content = hashlib.sha256()
        for memory in IMAGE_MEMORIES:
            beats = self.beats[memory]
            content.update(f"{memory.name}{beats.shape}".encode())
            content.update(np.ascontiguousarray(beats, dtype="<u4").tobytes())
        content.update(repr(sorted(self.initial_state.items())).encode())
        return content.digest()[:DIGEST_BYTES].hex()
