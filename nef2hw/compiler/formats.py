"""Choice of the widths that no sum can overflow.

Every bound here is static: the largest magnitude that the integer weights and
the codes of the sources can produce. Nothing wraps, whatever the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.compartments import Draft
from nef2hw.errors import FormatError
from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray, signed_bits

#: Widest filtered state and weight sum.
MAX_STATE_BITS = 32
#: Widest sum of currents.
MAX_SUM_BITS = 40
#: Widest filtered state when shifted left to the binary point of the largest current.
MAX_ALIGNED_BITS = 62
#: Exponents finer than this many bits below the sum's last bit cannot be seen in it.
FINEST_BELOW_SUM = 8
#: Error of a filter at rest, in weight units, stays below ``2**-REST_BITS``.
REST_BITS = 3


@dataclass(frozen=True)
class SumFormats:
    """Widths of everything from a weight to the sum of currents."""

    accumulator_bits: int
    filter_bits: int
    guard_bits: int
    align_bits: int
    shift_bits: int
    sum_bits: int


@dataclass(frozen=True)
class SumDraft:
    """The compartments of one population, its bias codes and their binary points."""

    compartments: tuple[Draft, ...]
    bias_code: CodeArray  #: (n,)
    output_frac: CodeArray  #: (n,)


def choose_sum_formats(sums: Sequence[SumDraft], leaks: FixedPoint) -> SumFormats:
    """Choose the widths for all populations of a network.

    Raises
    ------
    FormatError
        If a sum would need more bits than the core can be built with.
    """
    drafts = [draft for s in sums for draft in s.compartments]
    accumulator_bits = max((signed_bits(d.bound.max(initial=1)) for d in drafts), default=2)
    guard = _guard_bits(drafts, leaks)
    filter_bits = _filter_bits(drafts, leaks, guard)
    widest = max(filter_bits, accumulator_bits)
    cure = "use fewer weight bits or a shorter synaptic time constant"
    _check("filtered synaptic state", widest, MAX_STATE_BITS, cure)
    lifts = [s.output_frac - d.exponent - guard_of(d, guard) for s in sums for d in s.compartments]
    align = max(0, max((int(lift.max(initial=0)) for lift in lifts), default=0))
    shift = max((int((align - lift).max(initial=0)) for lift in lifts), default=0)
    sum_bits = max(_sum_bits(s, leaks, guard) for s in sums)
    cure = "use fewer voltage bits or smaller weights and biases"
    _check("the sum of a neuron's currents", sum_bits, MAX_SUM_BITS, cure)
    cure = "use more weight bits or input bits, or weights of like size"
    _check("aligning all currents", filter_bits + align, MAX_ALIGNED_BITS, cure)
    return SumFormats(
        accumulator_bits, filter_bits, guard, align, max(1, shift.bit_length()), sum_bits
    )


def _check(what: str, bits: int, limit: int, cure: str) -> None:
    if bits > limit:
        raise FormatError(f"{what} needs {bits} bits, at most {limit} are possible; {cure}")


def guard_of(draft: Draft, guard_bits: int) -> int:
    """Fractional bits that a compartment's state has below one weight unit.

    The sum of a value input is fine-grained already and needs none.
    """
    return 0 if draft.held else guard_bits


def shift_codes(draft: Draft, output_frac: CodeArray, formats: SumFormats) -> CodeArray:
    """Right shift that takes each neuron's aligned state to the binary point of its sum."""
    guard = guard_of(draft, formats.guard_bits)
    codes: CodeArray = draft.exponent + guard + formats.align_bits - output_frac
    return codes


def _guard_bits(drafts: Sequence[Draft], leaks: FixedPoint) -> int:
    """Fractional bits at which a decaying state stops short of zero by little, if they fit."""
    spiking = [d for d in drafts if not d.held and d.leak_code is not None]
    wanted = [int(np.ceil(np.log2(0.5 / _leak(d, leaks)))) + REST_BITS for d in spiking]
    guard = max(0, max(wanted, default=0))
    while guard and _filter_bits(drafts, leaks, guard) > MAX_STATE_BITS:
        guard -= 1
    return guard


def _filter_bits(drafts: Sequence[Draft], leaks: FixedPoint, guard: int) -> int:
    return max(
        (signed_bits(state_bound(d, leaks, guard).max(initial=1)) for d in drafts), default=2
    )


def state_bound(draft: Draft, leaks: FixedPoint, guard_bits: int) -> FloatArray:
    """Largest magnitude of a compartment's state: its input at rest, plus rounding."""
    arriving: FloatArray = np.ldexp(draft.bound.astype(np.float64), guard_of(draft, guard_bits))
    if draft.leak_code is None:
        return arriving
    return np.ceil((arriving + 0.5) / _leak(draft, leaks)) + 1


def _sum_bits(s: SumDraft, leaks: FixedPoint, guard: int) -> int:
    total = np.abs(s.bias_code).astype(np.float64)
    for d in s.compartments:
        lift = (s.output_frac - d.exponent - guard_of(d, guard)).astype(np.int32)
        total = total + np.ceil(np.ldexp(state_bound(d, leaks, guard), lift)) + 1
    return signed_bits(float(total.max(initial=1)))


def _leak(draft: Draft, leaks: FixedPoint) -> float:
    return float(leaks.decode(draft.leak_code if draft.leak_code is not None else 0))


def coarsest_useful(output_frac: CodeArray) -> CodeArray:
    """Largest weight exponent that the sum of currents can still show."""
    codes: CodeArray = output_frac + FINEST_BELOW_SUM
    return codes
