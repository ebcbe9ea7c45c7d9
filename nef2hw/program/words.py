"""Fields of the core's memory words, lowest first: one list for compiler and hardware."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING

from nef2hw.program.network import FRACTION_BITS

if TYPE_CHECKING:
    from nef2hw.program.config import CoreConfig

Fields = Mapping[str, int]  #: width of each field by name, in order

#: Width of a word of the schedule.
SCHEDULE_BITS = 32
#: Spikes in a word of bit planes, and values in one (their signs take the other half).
SPIKES_PER_WORD = 32
VALUES_PER_WORD = 16
#: Bits of a word of results, and of one neuron's count of spikes in it.
RESULT_BITS = 32
COUNT_BITS = 8


class Opcode(IntEnum):
    """What an instruction of the schedule does."""

    END = 0  #: the step is over when all is at rest
    UPDATE = 1  #: run one compartment of a population through the neuron engine
    DELIVER = 2  #: deliver an input


def index_bits(depth: int) -> int:
    """Width of an index below ``depth``, at least one bit."""
    return max(1, (depth - 1).bit_length())


def width_of(fields: Fields) -> int:
    """Total width of ``fields``."""
    return sum(fields.values())


def row_fields(config: CoreConfig) -> Fields:
    """Where the rows of a source start, how long they are, and where their words go."""
    return {
        "row": index_bits(config.weight_words),
        "row_words": config.row_words.bit_length(),
        "row_map": index_bits(config.row_map_words),
    }


def update_fields(config: CoreConfig) -> Fields:
    """Instruction UPDATE."""
    formats = config.formats
    return {
        "readout": 1,  #: a linear readout: the sum itself is the result
        "first": 1,  #: the sum starts from the bias
        "last": 1,  #: the sum is complete
        "held": 1,
        "connected": 1,  #: spikes of this population go somewhere
        "count": config.neuron_rows.bit_length(),  #: rows of neurons
        "accumulator": index_bits(config.accumulator_words),
        "slot": index_bits(config.slot_rows),
        "neuron": index_bits(config.neuron_rows),
        "decay": FRACTION_BITS,
        "first_ratio": FRACTION_BITS,
        "second_ratio": FRACTION_BITS,
        "first_offset": formats.offset_bits,
        "second_offset": formats.offset_bits,
        "hold_steps": formats.refractory_bits,
        "min_voltage": formats.voltage_bits,
        **row_fields(config),
        **_optional_fields(config),
    }


def _optional_fields(config: CoreConfig) -> Fields:
    """Fields of UPDATE that only some cores have."""
    coupling = {"coupling": FRACTION_BITS, "negative": 1, "partner": index_bits(config.slot_rows)}
    return {
        **({"filtered": 1, "leak": FRACTION_BITS} if config.filtering else {}),
        **(coupling if config.coupled else {}),
        **({"integrate": 1} if config.integrating else {}),
        **({"tally": 1} if config.counting else {}),  #: NeuronCodes.count
        **({"subtract": 1} if config.subtracting else {}),
        #: of values that are relayed: where the planes of the first ones are written
        **({"relay": 1, "plane": index_bits(config.plane_words)} if config.relaying else {}),
    }


def deliver_fields(config: CoreConfig) -> Fields:
    """Instruction DELIVER; ``mask`` is that of the values of a relay in each of its words."""
    return {
        "flag": 4,  #: which flag tells that the input changed
        "spiking": 1,
        "planes": 5,
        "words": config.plane_words.bit_length(),  #: of one plane
        "plane": index_bits(config.plane_words),
        **row_fields(config),
        **({"relay": 1, "mask": VALUES_PER_WORD} if config.relaying else {}),
    }


def instruction_fields(config: CoreConfig) -> Fields:
    """Opcode, barrier and the fields of the longest instruction."""
    body = max(width_of(update_fields(config)), width_of(deliver_fields(config)))
    return {"opcode": 2, "barrier": 1, "body": body}


def row_map_fields(config: CoreConfig) -> Fields:
    """Target of one word of a row."""
    return {"accumulator": index_bits(config.accumulator_words), "delayed": 1}


def filter_fields(config: CoreConfig) -> Fields:
    """State of a slot between steps, and the exponent that scales it."""
    return {"state": config.formats.filter_bits, "shift": config.formats.shift_bits}


def membrane_fields(config: CoreConfig) -> Fields:
    """State of a spiking neuron between steps."""
    return {"voltage": config.formats.voltage_bits, "refractory": config.formats.refractory_bits}


def pack(fields: Fields, values: Mapping[str, int]) -> int:
    """Join the ``values`` of ``fields``; negative ones in two's complement, absent ones zero.

    Raises
    ------
    ValueError
        If a value has no field or does not fit its field.
    """
    word, position = 0, 0
    if unknown := values.keys() - fields.keys():
        raise ValueError(f"no field is called {sorted(unknown)[0]}")
    for name, width in fields.items():
        value = int(values.get(name, 0))
        if not -(1 << (width - 1)) <= value < 1 << width:
            raise ValueError(f"{name} = {value} does not fit {width} bits")
        word |= (value & ((1 << width) - 1)) << position
        position += width
    return word


def unpack(fields: Fields, word: int) -> dict[str, int]:
    """Split ``word`` into unsigned values of ``fields``."""
    values = {}
    for name, width in fields.items():
        values[name] = word & ((1 << width) - 1)
        word >>= width
    return values
