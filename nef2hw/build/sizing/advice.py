"""What to say when no core will do, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nef2hw.boards.registry import ALL_BOARDS
from nef2hw.boards.spec import BoardSpec, Capacity
from nef2hw.build.clock import core_clock_hz
from nef2hw.build.resources import TITLES
from nef2hw.build.sizing.candidates import Candidate, candidates, fastest
from nef2hw.build.sizing.demands import Demands, limits
from nef2hw.compiler.precision import WEIGHT_BITS
from nef2hw.errors import CapacityError
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import QuantizedNetwork

#: Options that limit a resource.
_BUDGETS = {
    "lut": "--max-luts",
    "logic_cells": "--max-luts",
    "block_rams": "--max-block-rams",
    "dsp": "--max-dsps",
}
#: How many times the clock at hand may be advised.
FASTER = 2.0


def nothing_fits(weighed: Sequence[Candidate], board: BoardSpec, demands: Demands) -> CapacityError:
    """Say what the core that comes nearest to fitting needs, and what would make one fit."""
    nearest = min(weighed, key=lambda c: max(u.excess for u in c.overflows.values()))
    needs = ", ".join(
        f"{usage.used} {TITLES[name]} ({usage.present} can be used)"
        for name, usage in nearest.overflows.items()
    )
    cures = " or ".join(_cures(nearest, board, demands)) or "a smaller network"
    return CapacityError(
        f"{board.name}: no core fits; the nearest, with {nearest.config.lanes} lanes, is estimated "
        f"to need {needs}; what would: {cures}"
    )


def too_slow(fitting: Sequence[Candidate], board: BoardSpec, demands: Demands) -> CapacityError:
    """Say what the fastest core that fits reaches, and which board reaches the target."""
    assert demands.target_rate_hz is not None
    best = max(fitting, key=lambda c: c.rate_hz)
    wanted_hz = demands.target_rate_hz * best.cycles
    cures = [f"--clock {wanted_hz / 1e6:.1f}"] if wanted_hz <= FASTER * best.clock_hz else []
    cures += _boards(best, board, demands) or ["a smaller network"] * (not cures)
    return CapacityError(
        f"{board.name}: no core that fits makes {demands.target_rate_hz:g} steps per second; the "
        f"most are {best.rate_hz:.0f}, with {best.config.lanes} lanes and "
        f"{best.config.neuron_lanes} neuron lanes; what would: {' or '.join(cures)}"
    )


def _cures(nearest: Candidate, board: BoardSpec, demands: Demands) -> list[str]:
    """Return what would make a core fit, the mildest only."""
    present = limits(board, Demands())
    over = nearest.overflows
    if all(usage.used <= present.get(name, usage.used) for name, usage in over.items()):
        wanted: dict[str, int] = {}
        for name, usage in over.items():
            wanted[_BUDGETS[name]] = max(usage.used, wanted.get(_BUDGETS[name], 0))
        return [" ".join(f"{option} {count}" for option, count in wanted.items())]
    free = replace(demands, lanes=None, neuron_lanes=None)
    if free != demands:
        fitting = _fitting(nearest.network, board, free, nearest.clock_hz)
        if fitting is not None:
            return [f"other lanes, say --lanes {fitting.config.lanes}"]
    return [*_weight_bits(nearest, board, free), *_boards(nearest, board, demands)]


def _weight_bits(nearest: Candidate, board: BoardSpec, demands: Demands) -> list[str]:
    """Return the most bits of a weight with which a core fits, if there are."""
    network, bits = nearest.network, nearest.network.formats.weight_bits
    low, high = WEIGHT_BITS.start - 1, bits
    while high - low > 1:
        middle = (low + high) // 2
        narrow = _narrowed(network, bits - middle)
        if _fitting(narrow, board, demands, nearest.clock_hz) is None:
            high = middle
        else:
            low = middle
    return [f"--weight-bits {low}"] if low in WEIGHT_BITS else []


def _narrowed(network: QuantizedNetwork, bits: int) -> QuantizedNetwork:
    """Return a network whose formats, but not its weights, have so many ``bits`` less."""
    formats = network.formats
    narrow = replace(
        formats,
        weight_bits=formats.weight_bits - bits,
        accumulator_bits=formats.accumulator_bits - bits,
    )
    return replace(network, formats=narrow)


def _boards(candidate: Candidate, board: BoardSpec, demands: Demands) -> list[str]:
    """Return the smallest other board on which a core does what is asked, if there is one."""
    free = Demands(target_rate_hz=demands.target_rate_hz)
    weight_bits = candidate.config.memories[MemoryId.WEIGHTS].bits
    for other in sorted(ALL_BOARDS, key=lambda other: other.capacity.lut):
        if other.capacity == board.capacity or not _may_hold(other.capacity, weight_bits):
            continue
        if _fitting(candidate.network, other, free, core_clock_hz(other, None)) is not None:
            return [f"--board {other.name}"]
    return []


def _may_hold(capacity: Capacity, weight_bits: int) -> bool:
    """Whether a device is a known one and has RAM for the weights, before any core is weighed."""
    return capacity.limited and capacity.memory_bits + capacity.spram_bits >= weight_bits


def _fitting(
    network: QuantizedNetwork, board: BoardSpec, demands: Demands, clock_hz: float
) -> Candidate | None:
    """Return a candidate that does what is asked, if there is one."""
    rate_hz = demands.target_rate_hz or 0.0
    found = candidates(network, board, demands, clock_hz)
    fitting = [c for c in found if not c.overflows and c.rate_hz >= rate_hz]
    return fastest(fitting) if fitting else None
