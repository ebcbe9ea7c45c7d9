"""What synthesis knows of each family's RAMs and multipliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nef2hw.build.sizing.mapping import RamKind
from nef2hw.build.sizing.multipliers import MultiplierRule
from nef2hw.program.config import WeightMemory


@dataclass(frozen=True)
class FamilyRules:
    """How memories and products of a family are mapped."""

    rams: tuple[RamKind, ...]  #: in the order of the family's library
    multiplier: MultiplierRule
    distributed_words: int  #: accumulator words that are worth look-up tables, 0 without such RAM
    weight_memories: tuple[WeightMemory, ...]  #: where weights may live, the preferred one first
    neuron_intervals: tuple[int, ...]  #: worth a look
    fill: float  #: part of the logic that a placer can be expected to fill


_ECP5 = FamilyRules(
    rams=(
        RamKind("lut_rams", "distributed", (4,), 16, 4, at_once=True),
        RamKind("block_rams", "block", (1, 2, 4, 9, 18), 1 << 14, 128, byte=9, merges=True),
        RamKind(
            "block_rams", "block", (1, 2, 4, 9, 18, 36), 1 << 14, 128, write_widths=(36, 36), byte=9
        ),
    ),
    multiplier=MultiplierRule(18, 18),
    distributed_words=32,
    weight_memories=("block", "distributed"),
    neuron_intervals=(1, 8),
    fill=0.85,
)

_ICE40 = FamilyRules(
    rams=(
        RamKind("block_rams", "block", (2, 4, 8, 16), 1 << 11, 64, write_widths=(2, 8)),
        RamKind("block_rams", "block", (2, 4, 8, 16), 1 << 11, 64, byte=1),
        RamKind("spram_blocks", "huge", (16,), 1 << 14, 2048, byte=4, single=True),
    ),
    multiplier=MultiplierRule(16, 16, least_product=11),
    distributed_words=0,
    weight_memories=("huge", "block"),
    neuron_intervals=(1, 8, 16),
    fill=0.95,
)

RULES: Mapping[str, FamilyRules] = {"ecp5": _ECP5, "ice40": _ICE40}
