"""What moves through the core: instructions, events, rows of neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nef2hw.program.config import CoreConfig
from nef2hw.program.words import COUNT_BITS, RESULT_BITS, Opcode

Target = tuple[int, int]  #: accumulator word, and whether it is that of the next step


@dataclass(frozen=True)
class Instruction:
    """One instruction of the schedule."""

    opcode: Opcode
    barrier: bool
    fields: Mapping[str, int]


@dataclass
class Event:
    """A row to deliver."""

    row_words: int
    row_map: int


@dataclass
class Row:
    """A row of neurons on its way."""

    counts: list[int]  #: spikes of each of its neurons, if it fires
    divides: bool
    last: bool
    readout: bool
    event: Event | None  #: None if its spikes go nowhere
    words: int = 1  #: of results
    planes: int = 0  #: words that are written once its values are there
    fills: bool = False  #: the next row waits until they are


def count_words(config: CoreConfig) -> int:
    """Words of results that the counts of a row make."""
    return -(-config.neuron_lanes * COUNT_BITS // RESULT_BITS)
