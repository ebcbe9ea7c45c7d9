"""What the memories of a core hold at first, as beats of the bus.

Where the last row of a population is not full, zeros keep the lanes that are left silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nef2hw.compiler.places import bias_order
from nef2hw.compiler.source_rows import SourceRows, in_words
from nef2hw.program.config import CoreConfig
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import BeatArray, MemoryId, MemoryImage, MemoryShape, words_to_beats
from nef2hw.program.network import FRACTION_BITS, QuantizedNetwork
from nef2hw.program.words import (
    SCHEDULE_BITS,
    Fields,
    membrane_fields,
    pack,
    row_map_fields,
    width_of,
)


def memory_image(
    network: QuantizedNetwork,
    config: CoreConfig,
    rows: Mapping[str, SourceRows],
    schedule: Sequence[int],
) -> MemoryImage:
    """Fill the memories of the core that ``config`` describes.

    Parameters
    ----------
    network : QuantizedNetwork
    config : structure of the core
    rows : weights of each source, by name, in the order of their places
    schedule : instructions of a step
    """
    memories = config.memories
    shift = _shift(network, config) << network.formats.filter_bits
    beats = {
        MemoryId.WEIGHTS: _weight_beats(
            rows, memories[MemoryId.WEIGHTS], network.formats.weight_bits
        ),
        MemoryId.ROW_MAP: words_to_beats(_row_map(rows, config), memories[MemoryId.ROW_MAP]),
        MemoryId.SCHEDULE: _schedule_beats(schedule, config),
        MemoryId.BIAS: _code_beats(_bias(network, config), memories[MemoryId.BIAS]),
        MemoryId.FILTER: _code_beats(shift, memories[MemoryId.FILTER]),
    }
    return MemoryImage(beats, _initial_state(network, config))


def _weight_beats(rows: Mapping[str, SourceRows], shape: MemoryShape, bits: int) -> BeatArray:
    lanes = shape.width // bits
    words = [
        np.concatenate([block.words(lanes) for block in r.blocks], axis=1).reshape(-1, lanes)
        for r in rows.values()
        if r.targets
    ]
    codes = np.concatenate(words) if words else np.zeros((1, lanes), dtype=np.int64)
    return _pack_bits(codes, bits, shape)


def _pack_bits(codes: CodeArray, bits: int, shape: MemoryShape) -> BeatArray:
    """Join each row of ``codes`` into one word, lowest lane first."""
    raw = np.zeros((len(codes), shape.beats * 32), dtype=np.uint8)
    split = (codes[:, :, None] >> np.arange(bits)) & 1
    raw[:, : shape.width] = split.reshape(len(codes), -1)
    packed = np.packbits(raw, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u4").astype(np.uint32)


def _code_beats(codes: CodeArray, shape: MemoryShape) -> BeatArray:
    return _pack_bits(codes, shape.width // codes.shape[1], shape)


def _in_rows(codes: CodeArray, config: CoreConfig) -> CodeArray:
    """Reshape (n,) codes to (rows, neuron_lanes), zeros in unused lanes."""
    rows: CodeArray = in_words(codes[None], config.neuron_lanes)[0]
    return rows


def _row_map(rows: Mapping[str, SourceRows], config: CoreConfig) -> list[int]:
    fields = row_map_fields(config)
    return [
        pack(fields, {"accumulator": address, "delayed": int(delayed)})
        for row in rows.values()
        for address, delayed in row.targets
    ] or [0]


def _schedule_beats(schedule: Sequence[int], config: CoreConfig) -> BeatArray:
    mask = (1 << SCHEDULE_BITS) - 1
    words = [
        (instruction >> (SCHEDULE_BITS * k)) & mask
        for instruction in schedule
        for k in range(config.instruction_words)
    ]
    return words_to_beats(words, config.memories[MemoryId.SCHEDULE])


def _bias(network: QuantizedNetwork, config: CoreConfig) -> CodeArray:
    return np.concatenate([_in_rows(p.bias_code, config) for p in bias_order(network)])


def _shift(network: QuantizedNetwork, config: CoreConfig) -> CodeArray:
    shifts = []
    for population in network.populations:
        codes = [c.shift_code for c in population.compartments]
        shifts += codes or [np.zeros(population.size, dtype=np.int64)]
    return np.concatenate([_in_rows(codes, config) for codes in shifts])


def _initial_state(
    network: QuantizedNetwork, config: CoreConfig
) -> dict[MemoryId, tuple[tuple[int, int], ...]]:
    """Return address and word of every row of neurons that does not begin at zero."""
    membrane: list[int] = []
    overshoot: list[int] = []
    for population in bias_order(network):
        if population.neurons is not None:
            assert population.voltage_init_code is not None
            assert population.refractory_init_code is not None
            assert population.overshoot_init_code is not None
            state = {
                "voltage": population.voltage_init_code,
                "refractory": population.refractory_init_code,
            }
            rest = {"overshoot": population.overshoot_init_code}
            membrane += _state_rows(membrane_fields(config), state, config)
            overshoot += _state_rows({"overshoot": FRACTION_BITS}, rest, config)
    return {
        MemoryId.MEMBRANE: tuple((a, w) for a, w in enumerate(membrane) if w),
        MemoryId.OVERSHOOT: tuple((a, w) for a, w in enumerate(overshoot) if w),
    }


def _state_rows(fields: Fields, columns: Mapping[str, CodeArray], config: CoreConfig) -> list[int]:
    """Join the states of ``neuron_lanes`` neurons to a word, the first one lowest."""
    rows = {name: _in_rows(codes, config).tolist() for name, codes in columns.items()}
    count, width = len(next(iter(rows.values()))), width_of(fields)
    return [
        sum(
            pack(fields, {name: codes[row][lane] for name, codes in rows.items()}) << (width * lane)
            for lane in range(config.neuron_lanes)
        )
        for row in range(count)
    ]
