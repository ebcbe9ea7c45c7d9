"""What the logic of a core grows with, part by part.

Each term is a count of bits, or of hardware, of one part of the core; synthesis takes so many
look-up tables and flip-flops for each. Those numbers are fitted to measured designs.
"""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.build.sizing.families import FamilyRules
from nef2hw.build.sizing.mapping import map_memory
from nef2hw.build.sizing.memories import event_bits, memories_of
from nef2hw.build.sizing.multipliers import multipliers, products
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.pipeline import held_words, take_latency
from nef2hw.program.words import RESULT_BITS, VALUES_PER_WORD, instruction_fields, width_of

Terms = Mapping[str, float]


def logic_terms(config: CoreConfig, rules: FamilyRules) -> Terms:
    """Count the terms of all parts of a core in a family."""
    return {
        "link and control": 1.0,
        **_adders(config),
        **_neurons(config),
        **_addresses(config),
        **_memories(config, rules),
        **_options(config),
    }


def _adders(config: CoreConfig) -> Terms:
    """Synapse engine and lane feed: what is there once for each lane."""
    word = config.lanes * config.formats.accumulator_bits
    ahead = config.neuron_interval < take_latency(config)
    return {
        "sums": word,
        "weights": config.lanes * config.formats.weight_bits,
        "held words": ahead * held_words(config) * word,
    }


def _neurons(config: CoreConfig) -> Terms:
    """Filters, sums, membranes and dividers: what is there once for each neuron lane."""
    formats, lanes = config.formats, config.neuron_lanes
    stages = FRACTION_BITS // config.neuron_interval
    division = lanes * stages * formats.current_bits
    return {
        "filters": lanes * (formats.filter_bits + formats.align_bits + formats.sum_bits),
        "membranes": lanes * formats.current_bits,
        "division": division,
        "division held": division if config.neuron_interval > 1 else 0,
        "result words": (lanes - 1) * RESULT_BITS,
    }


def _addresses(config: CoreConfig) -> Terms:
    """Instructions, events, and the bus."""
    shapes = config.memories.values()
    return {
        "instruction": width_of(instruction_fields(config)),
        "event": event_bits(config),
        "beats": sum(shape.beats for shape in shapes),
        "widest word": max(shape.beats for shape in shapes),
    }


def _memories(config: CoreConfig, rules: FamilyRules) -> Terms:
    """Memories in look-up tables and flip-flops, what joins blocks, products without multiplier."""
    found = [
        map_memory(memory, rules.rams)
        for memory in memories_of(config, rules.receive_bytes).values()
    ]
    mapped = [mapping for mapping in found if mapping is not None]
    soft = [p.a * p.b for p in products(config) if not multipliers(p, rules.multipliers)]
    return {
        "lut_rams": sum(m.blocks for m in mapped if m.resource == "lut_rams"),
        "register_bits": sum(m.blocks for m in mapped if m.resource == "register_bits"),
        "joined blocks": sum(m.muxes for m in mapped),
        "products in logic": sum(soft),
    }


def _options(config: CoreConfig) -> Terms:
    """What only some networks need."""
    lanes, formats = config.neuron_lanes, config.formats
    return {
        "coupled": config.coupled * lanes * formats.filter_bits,
        "integrating": config.integrating * lanes * formats.current_bits,
        "subtracting": config.subtracting * lanes * formats.current_bits,
        "counting": config.counting * lanes * formats.current_bits,
        "relaying": config.relaying * VALUES_PER_WORD * (formats.relay_planes + 1),
        "totals": float(config.total_words > 0),
    }
