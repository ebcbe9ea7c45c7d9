"""What is synthesized: the sizes, widths and formats of a core."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from nef2hw.errors import CapacityError
from nef2hw.program.memory import DIGEST_BYTES, MemoryId, MemoryShape
from nef2hw.program.network import FRACTION_BITS, Formats
from nef2hw.program.words import (
    SCHEDULE_BITS,
    filter_fields,
    instruction_fields,
    membrane_fields,
    row_map_fields,
    width_of,
)

#: Width of the set of flags in a run request that tell which inputs changed.
MAX_FLAGS = 16
MAX_LANES = 128
#: One block RAM of an ECP5.
MAX_TOTALS = 512
#: How many neurons may enter per cycle: a word of results holds a whole number of rows.
NEURON_LANES = (1, 2, 4, 8)

#: "huge": large single-port memory without content; "distributed": small, in look-up tables.
WeightMemory = Literal["block", "huge", "distributed"]
SumMemory = Literal["block", "distributed"]  #: "distributed": small, read in the same cycle


@dataclass(frozen=True)
class CoreConfig:
    """Structure of a core; a change needs a new bitstream.

    Raises
    ------
    CapacityError
        If a size is outside what a core can be built with.
    """

    formats: Formats
    lanes: int  #: weights added per cycle
    weight_words: int  #: words of ``lanes`` weights
    accumulator_words: int  #: words of ``lanes`` sums, of one bank
    row_map_words: int
    schedule_words: int
    neuron_rows: int  #: rows of ``neuron_lanes`` neurons or readouts; each population starts one
    spiking_rows: int  #: those of neurons, which come first
    slot_rows: int  #: one per compartment and row of neurons
    partial_words: int  #: rows of the largest population of several compartments, 0 if none
    plane_words: int
    row_words: int  #: words in the longest row
    flags: int  #: of changed inputs; where there are more inputs, some share one
    filtering: bool = True  #: has compartments that decay
    coupled: bool = False  #: has synapses of second order
    integrating: bool = False  #: has neurons without leak
    subtracting: bool = False  #: has neurons that keep what exceeds the threshold
    neuron_lanes: int = 1  #: neurons that enter together, a divisor of ``lanes``
    neuron_interval: int = 1  #: cycles between neurons; the divider shrinks as it grows
    weight_memory: WeightMemory = "block"
    sum_memory: SumMemory = "block"
    total_words: int = 0  #: sums of results that the link can keep, a power of two; 0: none

    def __post_init__(self) -> None:
        _check("lanes", self.lanes, 1, MAX_LANES, "choose another --lanes")
        _check("total_words", self.total_words, 0, MAX_TOTALS, "sum fewer results at once")
        if self.total_words == 1 or self.total_words & (self.total_words - 1):
            raise CapacityError(f"total_words is {self.total_words}; it must be 0, 2, 4, 8, ...")
        _check("flags", self.flags, 1, MAX_FLAGS, "let inputs share them")
        if self.neuron_interval < 1 or FRACTION_BITS % self.neuron_interval:
            raise CapacityError(
                f"neuron_interval is {self.neuron_interval}; it must divide {FRACTION_BITS}"
            )
        if self.neuron_lanes not in NEURON_LANES or self.lanes % self.neuron_lanes:
            possible = [n for n in NEURON_LANES if self.lanes % n == 0]
            raise CapacityError(
                f"neuron_lanes is {self.neuron_lanes}; with {self.lanes} lanes it must be one of "
                + ", ".join(map(str, possible))
            )
        if self.neuron_lanes > 1 and self.neuron_interval > 1:
            raise CapacityError(
                f"neuron_interval is {self.neuron_interval} and neuron_lanes {self.neuron_lanes}; "
                "one of them must be 1"
            )

    @property
    def memories(self) -> Mapping[MemoryId, MemoryShape]:
        """Shape of every memory that the bus reaches."""
        formats, per_row = self.formats, self.neuron_lanes
        slot, state = width_of(filter_fields(self)), width_of(membrane_fields(self))
        return {
            MemoryId.WEIGHTS: MemoryShape(self.weight_words, self.lanes * formats.weight_bits),
            MemoryId.ROW_MAP: MemoryShape(self.row_map_words, width_of(row_map_fields(self))),
            MemoryId.SCHEDULE: MemoryShape(self.schedule_words, SCHEDULE_BITS),
            MemoryId.BIAS: MemoryShape(self.neuron_rows, per_row * formats.bias_bits),
            MemoryId.PLANES: MemoryShape(self.plane_words, 32),
            MemoryId.FILTER: MemoryShape(self.slot_rows, per_row * slot),
            MemoryId.MEMBRANE: MemoryShape(self.spiking_rows, per_row * state),
            MemoryId.OVERSHOOT: MemoryShape(self.spiking_rows, per_row * FRACTION_BITS),
        }

    @property
    def counting(self) -> bool:
        """Whether neurons may spike several times in a step."""
        return self.formats.count_bits > 1

    @property
    def relaying(self) -> bool:
        """Whether populations hand on values within a step."""
        return self.formats.relay_planes > 0

    @property
    def compact(self) -> bool:
        """Whether registers are saved where ways are long: small devices have short ones."""
        return self.neuron_interval > 1

    @property
    def instruction_words(self) -> int:
        """Words of the schedule that one instruction takes."""
        return -(-width_of(instruction_fields(self)) // SCHEDULE_BITS)

    @property
    def digest(self) -> str:
        """Identity of the structure, 8 bytes in hexadecimal."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).digest()[:DIGEST_BYTES].hex()


def _check(name: str, value: int, low: int, high: int, cure: str) -> None:
    if not low <= value <= high:
        raise CapacityError(f"the core has {value} {name}; {low} to {high} are possible; {cure}")
