"""What synthesis knows of each family's RAMs and multipliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nef2hw.build.families.ecp5 import ECP5
from nef2hw.build.families.gowin import GOWIN
from nef2hw.build.families.ice40 import ICE40
from nef2hw.build.families.xilinx7 import XILINX7
from nef2hw.build.sizing.mapping import RamKind
from nef2hw.build.sizing.multipliers import MultiplierRule
from nef2hw.program.config import WeightMemory


@dataclass(frozen=True)
class FamilyRules:
    """How memories and products of a family are mapped."""

    rams: tuple[RamKind, ...]  #: in the order of the family's library
    multipliers: tuple[MultiplierRule, ...]  #: in the order in which synthesis tries them
    receive_bytes: int  #: of the link's ring
    distributed_words: int  #: accumulator words that are worth look-up tables, 0 without such RAM
    weight_memories: tuple[WeightMemory, ...]  #: where weights may live, the preferred one first
    neuron_intervals: tuple[int, ...]  #: worth a look
    fill: float  #: part of the logic that a placer can be expected to fill
    comfortable: float = 0.9  #: part up to which it does so in minutes


_ECP5 = FamilyRules(
    rams=(
        RamKind("lut_rams", "distributed", (4,), 16, 4, at_once=True),
        RamKind("block_rams", "block", (1, 2, 4, 9, 18), 1 << 14, 128, byte=9, merges=True),
        RamKind(
            "block_rams", "block", (1, 2, 4, 9, 18, 36), 1 << 14, 128, write_widths=(36, 36), byte=9
        ),
    ),
    multipliers=(MultiplierRule(18, 18),),
    receive_bytes=ECP5.receive_bytes,
    distributed_words=32,
    weight_memories=("block", "distributed"),
    neuron_intervals=(1, 8),
    fill=0.85,
    comfortable=0.5,  # wires are short beyond
)

_ICE40 = FamilyRules(
    rams=(
        RamKind("block_rams", "block", (2, 4, 8, 16), 1 << 11, 64, write_widths=(2, 8)),
        RamKind("block_rams", "block", (2, 4, 8, 16), 1 << 11, 64, byte=1),
        RamKind("spram_blocks", "huge", (16,), 1 << 14, 2048, byte=4, single=True),
    ),
    multipliers=(MultiplierRule(16, 16, least_product=11),),
    receive_bytes=ICE40.receive_bytes,
    distributed_words=0,
    weight_memories=("huge", "block"),
    neuron_intervals=(1, 8, 16),
    fill=0.95,
)

_GOWIN = FamilyRules(
    rams=(
        RamKind("block_rams", "block", (1, 2, 4, 9, 18, 36), 1 << 14, 128, byte=9, single=True),
        RamKind("block_rams", "block", (1, 2, 4, 9, 18), 1 << 14, 128, byte=9, merges=True),
        RamKind("block_rams", "block", (1, 2, 4, 9, 18, 36), 1 << 14, 128, byte=9),
    ),
    multipliers=(
        MultiplierRule(36, 36, least_wide=22, least_narrow=22, units=4),
        MultiplierRule(18, 18, least_wide=10, least_narrow=4),
        MultiplierRule(18, 18, least_wide=4, least_narrow=10),
        MultiplierRule(9, 9, least_wide=4, least_narrow=4),
    ),
    receive_bytes=GOWIN.receive_bytes,
    distributed_words=0,
    weight_memories=("block",),
    neuron_intervals=(1, 8),
    fill=0.5,  # carry chains and wide multiplexers take sites of look-up tables
)


def _xilinx_lut_ram(
    widths: tuple[int, ...], depth: int, cost: float, reads: int = 1, *, scaled: float, single: bool
) -> RamKind:
    return RamKind(
        "lut_rams",
        "distributed",
        widths,
        depth,
        cost,
        reads=reads,
        at_once=True,
        single=single,
        width_cost=scaled,
    )


def _xilinx_block_rams(widths: tuple[int, ...], merges: bool) -> tuple[RamKind, ...]:
    """Halves of 18 kbit with words of up to ``widths[0]`` bits, and wholes."""
    sizes = ((1, 1 << 14, 129), (2, 1 << 15, 257))
    all_widths = (1, 2, 4, 9, 18, 36, 72)
    return tuple(
        RamKind(
            "block_rams",
            "block",
            tuple(width for width in all_widths if width <= widest),
            depth,
            cost,
            byte=9,
            merges=merges,
            units=units,
        )
        for widest, (units, depth, cost) in zip(widths, sizes, strict=True)
    )


_XILINX7 = FamilyRules(
    rams=(
        _xilinx_lut_ram((1, 2, 4, 8), 256, 8, scaled=8, single=True),
        _xilinx_lut_ram((1, 2, 4), 128, 8, scaled=8, single=False),
        _xilinx_lut_ram((1, 2), 64, 7, reads=3, scaled=7, single=False),
        _xilinx_lut_ram((3, 6), 64, 8, scaled=7, single=False),
        *_xilinx_block_rams((18, 36), merges=True),
        *_xilinx_block_rams((36, 72), merges=False),
    ),
    multipliers=(MultiplierRule(25, 18, least_product=9, slice=18, headroom=1),),
    receive_bytes=XILINX7.receive_bytes,
    distributed_words=32,
    weight_memories=("block", "distributed"),
    neuron_intervals=(1, 8),
    fill=0.8,
)

#: Families of which real cores were measured.
RULES: Mapping[str, FamilyRules] = {
    "ecp5": _ECP5,
    "ice40": _ICE40,
    "gowin": _GOWIN,
    "xilinx7": _XILINX7,
}
#: Whose rules hold where none are known.
STAND_IN = "ecp5"


def measured_as(family: str) -> str:
    """Name the family by whose rules cores of ``family`` are estimated."""
    return family if family in RULES else STAND_IN


def rules_of(family: str) -> FamilyRules:
    """Return the rules by which cores of ``family`` are estimated."""
    return RULES[measured_as(family)]
