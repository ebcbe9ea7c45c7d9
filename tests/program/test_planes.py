"""Inputs as bit planes, read back as the hardware adds them up."""

import numpy as np
import pytest

from nef2hw.program.network import InputPort
from nef2hw.program.planes import PlanePlace, pack_planes, pack_relayed, plane_places


def port(size, planes=10, spiking=False, name="x"):
    top = (1 << planes) - 1
    return InputPort(
        name,
        size,
        planes,
        spiking,
        np.full(size, 0 if spiking else -top),
        np.full(size, top),
        np.ones(size),
    )


def unpack_planes(place, words):
    """Add the planes up as the core does: double, then add or subtract what is set."""
    codes = np.zeros(place.port.size, dtype=np.int64)
    for plane in np.asarray(words, dtype=np.int64).reshape(place.port.planes, place.words):
        codes *= 2
        for i in range(place.port.size):
            if place.port.spiking:
                codes[i] += plane[i // 32] >> (i % 32) & 1
            else:
                negative = plane[i // 16] >> (16 + i % 16) & 1
                codes[i] += (plane[i // 16] >> (i % 16) & 1) * (-1 if negative else 1)
    return codes


@pytest.mark.parametrize("size", [1, 15, 16, 17, 33])
@pytest.mark.parametrize("planes", [1, 10, 16])
def test_values_come_back_from_their_planes(size, planes):
    given = port(size, planes)
    place = plane_places([given])[0]
    rng = np.random.default_rng(size)
    top = int(given.high_code[0])
    random = rng.integers(-top, top, size, endpoint=True)
    for codes in (random, given.low_code, given.high_code, 0 * random, -(random % 2)):
        words = pack_planes(place, codes)
        assert words.dtype == np.uint32
        assert words.shape == (planes * place.words,)
        np.testing.assert_array_equal(unpack_planes(place, words), codes)


@pytest.mark.parametrize("size", [1, 31, 32, 33, 100])
def test_spikes_come_back_from_their_plane(size):
    place = plane_places([port(size, 1, spiking=True)])[0]
    rng = np.random.default_rng(size)
    for codes in (rng.integers(0, 2, size), np.ones(size, np.int64), np.zeros(size, np.int64)):
        words = pack_planes(place, codes)
        assert words.shape == (-(-size // 32),)
        np.testing.assert_array_equal(unpack_planes(place, words), codes)


def test_the_most_significant_plane_comes_first_with_the_signs_above():
    place = PlanePlace(port(2, 2), 0, 1, 0)
    words = pack_planes(place, np.array([2, -3]))
    assert [f"{word:08x}" for word in words] == ["00020003", "00020002"]


@pytest.mark.parametrize("size", [1, 16, 17, 33])
def test_relayed_values_have_all_planes_of_a_word_before_those_of_the_next(size):
    rng = np.random.default_rng(size)
    codes = rng.integers(-63, 63, size, endpoint=True)
    words = pack_relayed(codes, 6)
    assert words.dtype == np.uint32
    count = -(-size // 16)
    place = PlanePlace(port(size, 6), 0, count, 0)
    by_plane = words.reshape(count, 6).T.ravel()
    np.testing.assert_array_equal(by_plane, pack_planes(place, codes))


def test_inputs_lie_one_after_the_other():
    places = plane_places(
        [port(17, 4, name="x"), port(33, 1, spiking=True, name="s"), port(1, 3, name="y")]
    )
    assert [(p.port.name, p.address, p.words) for p in places] == [
        ("x", 0, 2),
        ("s", 8, 2),
        ("y", 10, 1),
    ]
