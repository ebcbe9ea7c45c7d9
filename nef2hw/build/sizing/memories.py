"""All memories of a core and its link."""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.build.sizing.mapping import Memory
from nef2hw.compiler.clock.engine import FIRED
from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.program.words import RESULT_BITS, index_bits, row_fields, width_of

#: The block that the link encodes.
ENCODER = Memory(256, 8)

#: Memories with one address for reading and writing.
_SHARED = (MemoryId.ROW_MAP, MemoryId.SCHEDULE, MemoryId.BIAS, MemoryId.PLANES)


def memories_of(config: CoreConfig, receive_bytes: int) -> Mapping[str, Memory]:
    """Every memory by name: those of the bus, those only the core knows, those of the link.

    Parameters
    ----------
    receive_bytes
        Size of the link's ring of received frames.
    """
    shapes = config.memories
    weights, states = shapes[MemoryId.WEIGHTS], shapes[MemoryId.FILTER]
    membrane, overshoot = shapes[MemoryId.MEMBRANE], shapes[MemoryId.OVERSHOOT]
    formats, lanes = config.formats, config.neuron_lanes
    events, results = queue_depths(config)
    return {
        "weights": Memory(weights.depth, weights.width, config.weight_memory, shared=True),
        **{
            name.name.lower(): Memory(shapes[name].depth, shapes[name].width, shared=True)
            for name in _SHARED
        },
        "filter": _filter(config, states),
        "membrane": Memory(membrane.depth, membrane.width),
        "overshoot": Memory(overshoot.depth, overshoot.width, parts=lanes),
        "sums": Memory(
            2 << index_bits(config.accumulator_words),
            config.lanes * formats.accumulator_bits,
            config.sum_memory,
            at_once=config.sum_memory == "distributed",
        ),
        "partials": Memory(config.partial_words, lanes * formats.sum_bits),
        "events": Memory(events, event_bits(config)),
        "results": Memory(results, RESULT_BITS),
        "ring": Memory(receive_bytes, 8),
        "encoder": ENCODER,
        **({"totals": Memory(config.total_words, RESULT_BITS)} if config.total_words else {}),
    }


def _filter(config: CoreConfig, shape: MemoryShape) -> Memory:
    """The states of slots; a partner's is read without its exponent."""
    if not config.coupled:
        return Memory(shape.depth, shape.width)
    slot = shape.width // config.neuron_lanes
    exponents = (k for k in range(shape.width) if k % slot >= config.formats.filter_bits)
    return Memory(shape.depth, shape.width, reads=2, unread=frozenset(exponents))


def event_bits(config: CoreConfig) -> int:
    """Width of what is queued for a row of neurons that fired."""
    counts = config.formats.count_bits if config.counting else 0
    lanes = config.neuron_lanes
    return width_of(row_fields(config)) + lanes * counts + (lanes if lanes > 1 else 0)


def queue_depths(config: CoreConfig) -> tuple[int, int]:
    """Words in the memories of the queues of events and of results.

    Each queue holds twice what can be in flight, its last word in a register.
    """
    in_flight = FIRED // config.neuron_interval + 2
    words = in_flight + 2 * (config.neuron_lanes - 1)
    return _power(2 * in_flight) - 1, _power(2 * words) - 1


def _power(count: int) -> int:
    """The least power of two that is not below ``count``."""
    return 1 << (count - 1).bit_length()
