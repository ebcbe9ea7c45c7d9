"""Words of memories as beats, and the identity of an image."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.program.memory import (
    IMAGE_MEMORIES,
    MemoryId,
    MemoryImage,
    MemoryShape,
    beats_to_words,
    words_to_beats,
)


@pytest.mark.parametrize(
    ("width", "beats", "stride"),
    [(1, 1, 1), (32, 1, 1), (33, 2, 2), (64, 2, 2), (65, 3, 4), (129, 5, 8), (256, 8, 8)],
)
def test_a_word_starts_at_a_multiple_of_a_power_of_two(width, beats, stride):
    shape = MemoryShape(10, width)
    assert (shape.beats, shape.stride, shape.bits) == (beats, stride, 10 * width)


@pytest.mark.parametrize("width", [5, 32, 33, 100])
def test_words_come_back_from_their_beats(width):
    rng = np.random.default_rng(width)
    words = [0, 1, (1 << width) - 1, *(int(rng.integers(1 << 31)) % (1 << width) for _ in range(5))]
    shape = MemoryShape(len(words), width)
    beats = words_to_beats(words, shape)
    assert beats.dtype == np.uint32
    assert beats.shape == (len(words), shape.beats)
    assert beats_to_words(beats) == words


def test_the_lowest_beat_comes_first():
    assert words_to_beats([0x1_0000_0002], MemoryShape(1, 40)).tolist() == [[2, 1]]


def image():
    beats = {memory: np.zeros((4, 2), dtype=np.uint32) for memory in IMAGE_MEMORIES}
    return MemoryImage(beats, {MemoryId.MEMBRANE: ((1, 5),), MemoryId.OVERSHOOT: ()})


@pytest.mark.parametrize("memory", IMAGE_MEMORIES)
def test_a_bit_of_any_memory_changes_the_digest(memory):
    changed = image()
    changed.beats[memory][3, 1] ^= 1
    assert changed.digest != image().digest


def test_content_in_another_memory_or_shape_has_another_digest():
    one, other, flat = image(), image(), image()
    one.beats[MemoryId.WEIGHTS][0, 0] = 1
    other.beats[MemoryId.BIAS][0, 0] = 1
    flat.beats[MemoryId.WEIGHTS] = flat.beats[MemoryId.WEIGHTS].reshape(2, 4)
    assert len({one.digest, other.digest, flat.digest, image().digest}) == 4


@pytest.mark.parametrize(
    "state",
    [
        {MemoryId.MEMBRANE: ((1, 6),), MemoryId.OVERSHOOT: ()},
        {MemoryId.MEMBRANE: ((2, 5),), MemoryId.OVERSHOOT: ()},
        {MemoryId.MEMBRANE: (), MemoryId.OVERSHOOT: ((1, 5),)},
    ],
)
def test_the_initial_state_is_part_of_the_digest(state):
    assert replace(image(), initial_state=state).digest != image().digest


def test_the_order_of_the_mappings_is_not():
    turned = MemoryImage(
        dict(reversed(image().beats.items())), dict(reversed(image().initial_state.items()))
    )
    assert turned.digest == image().digest
