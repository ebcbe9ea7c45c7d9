"""All memories of a core and its link."""

from __future__ import annotations

from collections.abc import Mapping

from nef2hw.build.sizing.mapping import Memory
from nef2hw.program.config import CoreConfig
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.program.pipeline import in_flight
from nef2hw.program.words import RESULT_BITS, index_bits, row_fields, width_of
from nef2hw.rtl.lane_sums import lanes_together
from nef2hw.rtl.weight_memory import weight_slice_bits

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
    membrane, overshoot = shapes[MemoryId.MEMBRANE], shapes[MemoryId.OVERSHOOT]
    lanes = config.neuron_lanes
    events, results = queue_depths(config)
    return {
        **_weights(config, shapes[MemoryId.WEIGHTS]),
        **{
            name.name.lower(): Memory(shapes[name].depth, shapes[name].width, shared=True)
            for name in _SHARED
        },
        "filter": _filter(config, shapes[MemoryId.FILTER]),
        "membrane": Memory(membrane.depth, membrane.width),
        "overshoot": Memory(overshoot.depth, overshoot.width, parts=lanes),
        **_sums(config),
        **_partials(config),
        "events": Memory(events, event_bits(config)),
        "results": Memory(results, RESULT_BITS),
        "ring": Memory(receive_bytes, 8),
        "encoder": ENCODER,
        **({"totals": Memory(config.total_words, RESULT_BITS)} if config.total_words else {}),
    }


def _weights(config: CoreConfig, shape: MemoryShape) -> dict[str, Memory]:
    """The slices in which the words of weights are stored."""
    bits = weight_slice_bits(config)
    return {
        f"weights {first}" if first else "weights": Memory(
            shape.depth, min(bits, shape.width - first), config.weight_memory, shared=True
        )
        for first in range(0, shape.width, bits)
    }


def _sums(config: CoreConfig) -> dict[str, Memory]:
    """The sums of both banks, those of lanes that share their address together."""
    return {
        f"sums {group}" if group else "sums": Memory(
            2 << index_bits(config.accumulator_words),
            lanes * config.formats.accumulator_bits,
            config.sum_memory,
            at_once=config.sum_memory == "distributed",
        )
        for group, lanes in enumerate(lanes_together(config))
    }


def _partials(config: CoreConfig) -> dict[str, Memory]:
    """The sums of populations of several compartments."""
    width = config.neuron_lanes * config.formats.sum_bits
    words = config.partial_words
    return {"partials": Memory(max(2, words), width)} if words else {}


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
    rows = in_flight(config)
    words = rows + 2 * (config.neuron_lanes - 1) + 1
    return _power(2 * rows) - 1, _power(2 * words) - 1


def _power(count: int) -> int:
    """The least power of two that is not below ``count``."""
    return 1 << (count - 1).bit_length()
