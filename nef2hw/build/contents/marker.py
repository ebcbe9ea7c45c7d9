"""The image that a core is placed with: every memory filled, to be found again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import (
    DIGEST_BYTES,
    IMAGE_MEMORIES,
    MemoryId,
    MemoryImage,
    MemoryShape,
    beats_to_words,
    words_to_beats,
)
from nef2hw.rtl.weight_memory import weight_slice_bits

#: Digest of that image: flip-flops that begin with one can do nothing but hold their content.
MARKER_DIGEST = "ff" * DIGEST_BYTES


def marker_image(config: CoreConfig) -> MemoryImage:
    """Return an image of pseudo-random words in all of every memory, always the same."""
    memories = config.memories
    return MemoryImage(
        {
            memory: words_to_beats(_words(memory.name, memories[memory]), memories[memory])
            for memory in IMAGE_MEMORIES
        },
        {},
    )


def _words(seed: str, shape: MemoryShape) -> list[int]:
    size = -(-shape.width // 8)
    raw = hashlib.shake_256(seed.encode()).digest(shape.depth * size)
    mask = (1 << shape.width) - 1
    return [
        int.from_bytes(raw[first : first + size], "little") & mask
        for first in range(0, len(raw), size)
    ]


def memory_bits(config: CoreConfig, image: MemoryImage) -> dict[str, str]:
    """Return each memory of ``image`` as binary digits, last word first, zeros where it ends.

    Weights are in as many memories as they have slices.
    """
    found = {}
    for memory in IMAGE_MEMORIES:
        shape, words = config.memories[memory], beats_to_words(image.beats[memory])
        name, step = memory.name.lower(), shape.width
        if memory is MemoryId.WEIGHTS:
            step = weight_slice_bits(config)
        for first in range(0, shape.width, step):
            part = f"{name} from bit {first}" if first else name
            found[part] = _bits(words, shape.depth, first, min(step, shape.width - first))
    return found


def _bits(words: Sequence[int], depth: int, first: int, width: int) -> str:
    """Return ``width`` bits of all words, from bit ``first`` on."""
    padded = [*words, *([0] * (depth - len(words)))]
    mask = (1 << width) - 1
    return "".join(f"{word >> first & mask:0{width}b}" for word in reversed(padded))
