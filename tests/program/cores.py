"""A small core's structure, to vary one field of."""

from dataclasses import replace

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import Formats

FORMATS = Formats(
    weight_bits=5,
    accumulator_bits=12,
    filter_bits=17,
    guard_bits=3,
    leak_frac=18,
    align_bits=2,
    shift_bits=4,
    sum_bits=24,
    bias_bits=19,
    current_bits=24,
    voltage_bits=18,
    voltage_frac=16,
    decay_frac=20,
    ratio_frac=15,
    offset_bits=17,
    refractory_bits=3,
)

CONFIG = CoreConfig(
    formats=FORMATS,
    lanes=7,
    weight_words=100,
    accumulator_words=9,
    row_map_words=20,
    schedule_words=40,
    neuron_rows=33,
    spiking_rows=30,
    slot_rows=64,
    partial_words=30,
    plane_words=50,
    row_words=6,
    flags=2,
)


def core(**changes):
    """Return ``CONFIG`` with some fields changed."""
    return replace(CONFIG, **changes)
