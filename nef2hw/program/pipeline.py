"""Stages of the pipelines: one set of numbers for hardware and cycle count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nef2hw.program.network import FRACTION_BITS

if TYPE_CHECKING:
    from nef2hw.program.config import CoreConfig

#: Cycles from the issue of a row to its entering the filter, through the sum, and through
#: the membrane.
ENTERING, SUMMING, FIRING = 1, 1, 6
#: Cycles from the last stage of the membrane until an overshoot is written and the core knows.
DIVIDING = FRACTION_BITS + 3
#: Bits of a shift that one stage handles.
FINE_BITS = 3


def adding_stages(config: CoreConfig) -> int:
    """Registers between a word of weights' row and its adders: one more where ways are long."""
    return 3 if config.compact else 4


def take_latency(config: CoreConfig) -> int:
    """Cycles from a request for a word of sums to its arrival, at most, when nothing stalls."""
    return adding_stages(config) + 3


def held_words(config: CoreConfig) -> int:
    """Words of sums that are asked for ahead, where rows enter faster than those arrive."""
    rows = config.lanes // config.neuron_lanes
    return -(-take_latency(config) // (rows * config.neuron_interval))


def written_stage(config: CoreConfig) -> int:
    """Stage of the filter that has the new state: two later where states decay by a product."""
    return 3 if config.filtering else 1


def shift_stages(config: CoreConfig) -> int:
    """Stages of the shift that scales a state for the sum."""
    return 1 if config.formats.shift_bits <= FINE_BITS else 2


def filter_latency(config: CoreConfig) -> int:
    """Cycles of a row in the filter."""
    return written_stage(config) + shift_stages(config)


def sum_latency(config: CoreConfig) -> int:
    """Cycles from the issue of a row to its sum."""
    return ENTERING + filter_latency(config) + SUMMING


def spike_latency(config: CoreConfig) -> int:
    """Cycles from the issue of a row to its spikes."""
    return sum_latency(config) + FIRING


def settling(config: CoreConfig) -> int:
    """Cycles from the issue of a row until what its pass leaves of it can be read.

    That is its states for the other one of a coupled pair, and its sums, which are fetched two
    cycles before they are added to, for the next compartment.
    """
    state = ENTERING + written_stage(config) + 1
    total = 2 + SUMMING + 1
    return max(state, total)


def in_flight(config: CoreConfig) -> int:
    """Most rows that may still come when there is no room for more any more."""
    return spike_latency(config) // config.neuron_interval + 2
