"""Inputs as bit planes, the form in which the core delivers them.

A value ``code = ±sum of bits times 2**k`` is delivered most significant plane
first. A word of a plane holds 16 bits and the 16 signs of their values above
them; of a spike input, which has one plane and no signs, 32 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.program.config import MAX_FLAGS
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import InputPort
from nef2hw.program.words import SPIKES_PER_WORD, VALUES_PER_WORD


@dataclass(frozen=True)
class PlanePlace:
    """Where the planes of an input start, and the words of each."""

    port: InputPort
    address: int
    words: int
    flag: int  #: bit of a run request that tells of new planes; inputs may share one


def plane_places(inputs: Sequence[InputPort]) -> tuple[PlanePlace, ...]:
    """Place the planes of all inputs one after the other."""
    places, address = [], 0
    for k, port in enumerate(inputs):
        words = -(-port.size // (SPIKES_PER_WORD if port.spiking else VALUES_PER_WORD))
        places.append(PlanePlace(port, address, words, k % MAX_FLAGS))
        address += words * port.planes
    return tuple(places)


def pack_planes(place: PlanePlace, codes: CodeArray) -> npt.NDArray[np.uint32]:
    """Turn one row of codes into plane words, most significant plane first.

    Parameters
    ----------
    place : PlanePlace
    codes : (size,) int64

    Returns
    -------
    ndarray of uint32, shape (planes * words,)
        To be written from ``place.address`` on.
    """
    per_word = SPIKES_PER_WORD if place.port.spiking else VALUES_PER_WORD
    padded = np.zeros(place.words * per_word, dtype=np.int64)
    padded[: place.port.size] = codes
    columns = padded.reshape(place.words, per_word)
    weights = np.int64(1) << np.arange(per_word, dtype=np.int64)
    signs = ((columns < 0) * weights).sum(axis=1) << VALUES_PER_WORD
    planes = [
        (((np.abs(columns) >> plane) & 1) * weights).sum(axis=1)
        + (signs * (not place.port.spiking))
        for plane in reversed(range(place.port.planes))
    ]
    return np.concatenate(planes).astype(np.uint32)
