"""Inputs as bit planes, the form in which the core delivers them.

A value ``code = ±sum of bits times 2**k`` is delivered most significant plane
first. A word of a plane holds 16 bits and the 16 signs of their values above
them; of a spike input, which has one plane and no signs, 32 bits.

The planes of relayed values follow those of the inputs, written by the core:
all planes of the first 16 values of a population, then all of the next ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.program.config import MAX_FLAGS
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import InputPort, QuantizedNetwork, Relay
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


@dataclass(frozen=True)
class RelayPlace:
    """Where the planes of a relay's first word are, and which of its words' values it takes."""

    relay: Relay
    address: int
    words: int  #: of one plane
    column: int  #: of its first value in its first word

    @property
    def mask(self) -> int:
        """Bits of its values; a relay of several words takes all values of each."""
        size = self.relay.size if self.words == 1 else VALUES_PER_WORD
        return ((1 << size) - 1) << self.column


def gang_places(network: QuantizedNetwork) -> dict[str, int]:
    """Place the planes of all populations of relayed values behind those of the inputs."""
    address, places = sum(p.words * p.port.planes for p in plane_places(network.inputs)), {}
    for population in network.populations:
        if population.relayed:
            places[population.name] = address
            address += -(-population.size // VALUES_PER_WORD) * network.formats.relay_planes
    return places


def relay_places(network: QuantizedNetwork) -> tuple[RelayPlace, ...]:
    """Place all relays in the planes of their populations."""
    gangs = gang_places(network)
    places = []
    for relay in network.relays:
        word, column = divmod(relay.first, VALUES_PER_WORD)
        address = gangs[relay.population] + word * network.formats.relay_planes
        words = -(-(column + relay.size) // VALUES_PER_WORD)
        places.append(RelayPlace(relay, address, words, column))
    return tuple(places)


def plane_words(network: QuantizedNetwork) -> int:
    """Words of the planes of all inputs and relayed values."""
    relayed = sum(-(-p.size // VALUES_PER_WORD) for p in network.populations if p.relayed)
    inputs = sum(place.words * place.port.planes for place in plane_places(network.inputs))
    return inputs + relayed * network.formats.relay_planes


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
    return _planes(codes, place.port.planes, per_word).ravel()


def pack_relayed(codes: CodeArray, planes: int) -> npt.NDArray[np.uint32]:
    """Turn values that are relayed into plane words, as the core writes them.

    Parameters
    ----------
    codes : (size,) int64

    Returns
    -------
    ndarray of uint32, shape (planes * words,)
    """
    return _planes(codes, planes, VALUES_PER_WORD).T.ravel()


def _planes(codes: CodeArray, planes: int, per_word: int) -> npt.NDArray[np.uint32]:
    """Bits of all codes and, of values, their signs: (planes, words)."""
    padded = np.zeros(len(codes) + -len(codes) % per_word, dtype=np.int64)
    padded[: len(codes)] = codes
    columns = padded.reshape(-1, per_word)
    weights = np.int64(1) << np.arange(per_word, dtype=np.int64)
    signs = ((columns < 0) * weights).sum(axis=1) << VALUES_PER_WORD
    bits = [
        (((np.abs(columns) >> plane) & 1) * weights).sum(axis=1)
        + (signs * (per_word == VALUES_PER_WORD))
        for plane in reversed(range(planes))
    ]
    return np.array(bits).astype(np.uint32)
