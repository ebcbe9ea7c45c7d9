"""Rows of weights, one for each neuron or value of a source.

A source's row holds its weights into all its targets, one after the other, in words of
``lanes`` weights; the row map says which accumulator word each word of the row is added
to. Words that are zero in all rows of a connection are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.schedule import RowPlace, SlotPlace
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Compartment, QuantizedNetwork


@dataclass(frozen=True)
class Block:
    """The part of a source's rows that one projection takes."""

    codes: CodeArray  #: (n_pre, n_post)
    used: CodeArray  #: numbers of the words that are kept

    def words(self, lanes: int) -> CodeArray:
        """The words that are kept, (n_pre, words, lanes)."""
        return in_words(self.codes, lanes)[:, self.used]


@dataclass(frozen=True)
class SourceRows:
    """The rows of one source: its weights, and where each word of a row goes."""

    blocks: tuple[Block, ...]
    targets: tuple[tuple[int, bool], ...]  #: (accumulator word, delayed) per word

    @property
    def word_count(self) -> int:
        """Words of weights in all rows."""
        return len(self.targets) * (len(self.blocks[0].codes) if self.blocks else 0)


def rows_by_source(
    network: QuantizedNetwork, slots: Mapping[tuple[str, int], SlotPlace], lanes: int
) -> dict[str, SourceRows]:
    """Return the rows of every input, spiking population and relay, by name."""
    sources = [p.name for p in network.inputs]
    sources += [p.name for p in network.populations if p.neurons is not None]
    sources += [relay.name for relay in network.relays]
    return {name: _row(name, network, slots, lanes) for name in sources}


def _row(
    source: str,
    network: QuantizedNetwork,
    slots: Mapping[tuple[str, int], SlotPlace],
    lanes: int,
) -> SourceRows:
    blocks, targets = [], []
    for population in network.populations:
        for k, compartment in enumerate(population.compartments):
            for projection in compartment.projections:
                if projection.pre == source:
                    used = used_words(projection.weight_code, lanes)
                    blocks.append(Block(projection.weight_code, used))
                    targets += _targets(slots[population.name, k], used, compartment)
    return SourceRows(tuple(blocks), tuple(targets))


def _targets(place: SlotPlace, used: CodeArray, compartment: Compartment) -> list[tuple[int, bool]]:
    return [(place.accumulator + w, compartment.delay == 1) for w in used.tolist()]


def used_words(weight_code: CodeArray, lanes: int) -> CodeArray:
    """Numbers of the words of a row, of (n_pre, n_post) codes, that are not zero in all rows."""
    peaks = np.abs(weight_code).max(axis=0, initial=0, keepdims=True)
    used: CodeArray = np.flatnonzero(in_words(peaks, lanes).any(axis=2))
    return used


def in_words(codes: CodeArray, lanes: int) -> CodeArray:
    """Reshape (n_pre, n_post) codes to (n_pre, words, lanes), zeros in unused lanes."""
    words = -(-codes.shape[1] // lanes)
    padded = np.zeros((codes.shape[0], words * lanes), dtype=np.int64)
    padded[:, : codes.shape[1]] = codes
    return padded.reshape(codes.shape[0], words, lanes)


def row_places(rows: Mapping[str, SourceRows]) -> dict[str, RowPlace]:
    """Place rows one after the other; a source without targets has none, at 0."""
    places, row, row_map = {}, 0, 0
    for name, block in rows.items():
        used = bool(block.targets)
        places[name] = RowPlace(row, len(block.targets), row_map) if used else RowPlace(0, 0, 0)
        row += block.word_count
        row_map += len(block.targets)
    return places
