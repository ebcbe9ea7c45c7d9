"""The standard core of a board: one structure for all networks that fit it, placed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.sizing.candidates import SUMMING_LUTS, Candidate
from nef2hw.build.sizing.choice import Sizing
from nef2hw.build.sizing.demands import Demands, limits
from nef2hw.build.sizing.model import estimate_usage
from nef2hw.compiler.structure import shape_of
from nef2hw.errors import CapacityError
from nef2hw.program.config import MAX_TOTALS, CoreConfig
from nef2hw.program.network import Formats, QuantizedNetwork

#: Room for most networks of leaky neurons at steps of 1 ms: synapses from 3.5 ms on, membranes
#: from 15.5 ms on, currents up to 128 thresholds.
FORMATS = Formats(
    weight_bits=8,
    accumulator_bits=24,
    filter_bits=32,
    guard_bits=9,
    leak_frac=18,
    align_bits=8,
    shift_bits=6,
    sum_bits=30,
    bias_bits=26,
    current_bits=24,
    voltage_bits=18,
    voltage_frac=16,
    decay_frac=20,
    ratio_frac=15,
    offset_bits=17,
    refractory_bits=4,
)
#: The same with less room between the scales of connections that meet, for small devices.
SMALL_FORMATS = replace(
    FORMATS,
    accumulator_bits=23,
    filter_bits=27,
    align_bits=7,
    guard_bits=7,
    sum_bits=28,
    shift_bits=5,
)
#: Part of what is allowed that an estimate may reach: there is no smaller one to try.
COMFORT = 0.95
_TIGHT = {"lut", "ff", "logic_cells", "block_rams"}
#: Weights added per cycle, the most first.
LANES = (16, 8, 4, 2, 1)
#: Rows of neurons, and words of weights; as many as fit.
NEURON_ROWS = (1024, 512, 256, 128)
WEIGHT_BITS = tuple(1 << k for k in range(21, 15, -1))
#: Bits of a word of single-port RAM: narrower ones leave the rest unused.
SPRAM_WIDTH = 16


def standard_core(board: BoardSpec) -> CoreConfig:
    """Return the core of most rows, then of most lanes, then of most weights that fits ``board``.

    It depends on nothing else but this version of nef2hw.

    Raises
    ------
    CapacityError
        None does, or the board has no device.
    """
    allowed = limits(board, Demands())
    if not allowed:
        raise CapacityError(f"{board.name} has no standard core; leave --core standard out")
    for name in _TIGHT & allowed.keys():
        allowed[name] = int(COMFORT * allowed[name])
    for config in _cores(board):
        usage = estimate_usage(config, board)
        if all(usage[name].used <= most for name, most in allowed.items() if name in usage):
            return config
    raise CapacityError(f"{board.name} is too small for a standard core; leave --core standard out")


def _cores(board: BoardSpec) -> Iterator[CoreConfig]:
    spram_bits = board.capacity.spram_bits
    for rows in NEURON_ROWS:
        for lanes in LANES:
            width = lanes * FORMATS.weight_bits
            if spram_bits:
                yield _core(board, lanes, rows, spram_bits // max(width, SPRAM_WIDTH))
            else:
                for bits in WEIGHT_BITS:
                    yield _core(board, lanes, rows, bits // width)


def _core(board: BoardSpec, lanes: int, rows: int, weight_words: int) -> CoreConfig:
    limited = board.capacity.lut < SUMMING_LUTS
    return CoreConfig(
        formats=SMALL_FORMATS if limited else FORMATS,
        lanes=lanes,
        weight_words=weight_words,
        accumulator_words=rows // lanes + 16,
        row_map_words=rows,
        schedule_words=256,
        neuron_rows=rows,
        spiking_rows=rows,
        slot_rows=rows,
        partial_words=max(2, rows // 4),
        plane_words=256,
        row_words=min(rows, 256),
        flags=8,
        neuron_interval=8 if limited else 1,
        weight_memory="huge" if board.capacity.spram_bits else "block",
        total_words=0 if limited else MAX_TOTALS,
    )


def standard_sizing(
    network: QuantizedNetwork, core: CoreConfig, board: BoardSpec, clock_hz: float
) -> Sizing:
    """Describe ``core`` as the only one that is weighed for ``network``."""
    demands = Demands()
    usage, allowed = estimate_usage(core, board), limits(board, demands)
    candidate = Candidate(shape_of(core), network, core, usage, allowed, clock_hz)
    return Sizing(board, demands, (candidate,), candidate)
