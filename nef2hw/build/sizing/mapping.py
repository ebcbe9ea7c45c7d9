"""How synthesis maps a memory onto the RAMs of a family.

These are the rules of yosys's pass ``memory_libmap``: of all kinds of RAM, and all shapes that
each can take, the cheapest is chosen, where a cost counts blocks, the multiplexers between them,
and what a port lacks. Flip-flops are a kind of RAM too, at one per bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Style = Literal["distributed", "block", "huge"]

#: Cost of a multiplexer or decoder bit, and of a port of its own for a read.
_MUX_COST = 0.5
_PORT_COST = 2.0


@dataclass(frozen=True)
class Memory:
    """What a design asks for."""

    depth: int
    width: int
    style: Style | None = None  #: None leaves the choice to synthesis
    parts: int = 1  #: parts of a word that are written each by itself
    reads: int = 1  #: words read per cycle
    shared: bool = False  #: one address serves reading and writing
    at_once: bool = False  #: read in the cycle of the address
    unread: frozenset[int] = frozenset()  #: bits that only the first of the reads looks at


@dataclass(frozen=True)
class RamKind:
    """A RAM of a family, as the family's library describes it to synthesis."""

    resource: str  #: what its blocks count as
    style: Style
    widths: tuple[int, ...]  #: of a word, narrowest first
    depth: int  #: words of the narrowest width; half of them with each next one
    cost: float
    write_widths: tuple[int, int] | None = None  #: narrowest and widest to write, if not all
    byte: int = 0  #: bits with a write enable of their own, 0 for the whole word
    reads: int = 1  #: ports to read beside the one that writes
    at_once: bool = False  #: reads without a clock
    single: bool = False  #: has one port only, for both reading and writing
    merges: bool = False  #: a port can both read and write
    width_cost: float = 0.0  #: part of ``cost`` that counts for the used width only
    units: int = 1  #: what a block counts as


@dataclass(frozen=True)
class Mapping:
    """What a memory becomes."""

    resource: str  #: that of its RAM, or ``register_bits``
    blocks: int
    muxes: int  #: bits chosen between blocks
    cost: float


def map_memory(memory: Memory, kinds: Sequence[RamKind]) -> Mapping | None:
    """Return the cheapest mapping of ``memory``; None if no RAM can do what it asks for."""
    best = None
    if memory.style is None:
        bits = memory.depth * memory.width
        best = Mapping("register_bits", bits, 0, bits)
    for kind in kinds:
        if memory.style not in (None, kind.style) or (
            memory.style is None and kind.style == "huge"
        ):
            continue
        if (memory.at_once and not kind.at_once) or (kind.single and not memory.shared):
            continue
        found = min(_shapes(memory, kind), key=lambda mapping: mapping.cost)
        if best is None or found.cost < int(best.cost):
            best = found
    return best


def _shapes(memory: Memory, kind: RamKind) -> Iterator[Mapping]:
    """Yield what ``memory`` takes with blocks of each width."""
    narrowest, widest = kind.write_widths or (kind.widths[0], kind.widths[-1])
    merged = memory.shared and kind.merges
    copies = 1 if merged else -(-memory.reads // kind.reads)
    for index, width in enumerate(kind.widths):
        if width > widest or (width < narrowest and width < kind.byte):
            continue
        enabled = kind.byte if 0 < kind.byte <= width else width
        part = memory.width // memory.parts
        bits = memory.parts * -(-part // enabled) * enabled
        deep = -(-memory.depth // (kind.depth >> index))
        blocks = -(-deep * bits // width)
        muxes = (deep - 1) * memory.width * memory.reads
        cost = (kind.cost - kind.width_cost) * blocks * copies
        cost += kind.width_cost * deep * memory.width / width * copies
        cost += _MUX_COST * (muxes + (deep * memory.parts if deep > 1 else 0))
        cost += 0 if merged else _PORT_COST * memory.reads
        spared = _unread_blocks(memory, bits, width, blocks) if copies > 1 else 0
        count = kind.units * (blocks * copies - spared * (copies - 1))
        yield Mapping(kind.resource, count, muxes, cost)


def _unread_blocks(memory: Memory, bits: int, width: int, blocks: int) -> int:
    """Count the blocks of a copy that synthesis removes, since nobody reads any bit of them."""

    def is_read(place: int) -> bool:
        return place % bits < memory.width and place % bits not in memory.unread

    return sum(
        not any(is_read(place) for place in range(block * width, (block + 1) * width))
        for block in range(blocks)
    )
