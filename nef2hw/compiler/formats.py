"""Choice of the widths that no sum can overflow.

Every bound here is static: the largest magnitude that the integer weights and
the codes of the sources can produce. Nothing wraps, whatever the input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.compartments import Draft
from nef2hw.errors import FormatError
from nef2hw.program.fixed_point import CodeArray, FloatArray, signed_bits
from nef2hw.program.network import Formats

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


def choose_sum_formats(sums: Sequence[SumDraft]) -> SumFormats:
    """Choose the widths for all populations of a network.

    Raises
    ------
    FormatError
        If a sum would need more bits than the core can be built with.
    """
    drafts = [draft for s in sums for draft in s.compartments]
    accumulator_bits = max((signed_bits(d.bound.max(initial=1)) for d in drafts), default=2)
    guard = _guard_bits(drafts)
    filter_bits = _filter_bits(drafts, guard)
    widest = max(filter_bits, accumulator_bits)
    cure = "use fewer weight bits or a shorter synaptic time constant"
    _check("filtered synaptic state", widest, MAX_STATE_BITS, cure)
    lifts = [_left_shift(d, s.output_frac, guard) for s in sums for d in s.compartments]
    align = max(0, max((int(lift.max(initial=0)) for lift in lifts), default=0))
    shift = max((int((align - lift).max(initial=0)) for lift in lifts), default=0)
    shift = min(shift, MAX_ALIGNED_BITS)
    sum_bits = max(_sum_bits(s, guard) for s in sums)
    cure = "use fewer voltage bits or smaller weights and biases"
    _check("the sum of a neuron's currents", sum_bits, MAX_SUM_BITS, cure)
    cure = "use more weight bits or input bits, or weights of like size"
    _check("aligning all currents", filter_bits + align, MAX_ALIGNED_BITS, cure)
    return SumFormats(
        accumulator_bits, filter_bits, guard, align, max(1, shift.bit_length()), sum_bits
    )


def given_sum_formats(sums: Sequence[SumDraft], core: Formats) -> SumFormats:
    """Take the widths of a core that is there already.

    Raises
    ------
    FormatError
        If a sum would need more bits than it has; names all.
    """
    drafts = [draft for s in sums for draft in s.compartments]
    own = choose_sum_formats(sums)
    lifts = [_left_shift(d, s.output_frac, core.guard_bits) for s in sums for d in s.compartments]
    shift = max((int((core.align_bits - lift).max(initial=0)) for lift in lifts), default=0)
    needed = {
        "accumulator_bits": own.accumulator_bits,
        "guard_bits": own.guard_bits,
        "filter_bits": _filter_bits(drafts, core.guard_bits),
        "align_bits": max((int(lift.max(initial=0)) for lift in lifts), default=0),
        "shift_bits": min(shift, MAX_ALIGNED_BITS).bit_length(),
        "sum_bits": max(_sum_bits(s, core.guard_bits) for s in sums),
    }
    check_within(needed, core)
    return SumFormats(**{name: getattr(core, name) for name in needed})


def check_within(needed: Mapping[str, int], core: Formats) -> None:
    """Refuse formats that a core does not have.

    Raises
    ------
    FormatError
        Naming each, with what the core has.
    """
    over = [
        f"{name} {bits} (it has {getattr(core, name)})"
        for name, bits in needed.items()
        if bits > getattr(core, name)
    ]
    if over:
        raise FormatError(
            f"the core is too narrow, the network needs {', '.join(over)}; leave --core out, so "
            "that a core is made for the network"
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
    left = _left_shift(draft, output_frac, formats.guard_bits)
    codes: CodeArray = np.minimum(formats.align_bits - left, MAX_ALIGNED_BITS)
    return codes


def _left_shift(draft: Draft, output_frac: CodeArray, guard_bits: int) -> CodeArray:
    """Left shift, mostly negative, from a state to the binary point of its sum."""
    codes: CodeArray = output_frac - draft.exponent - draft.stage.lift - guard_of(draft, guard_bits)
    return codes


def _guard_bits(drafts: Sequence[Draft]) -> int:
    """Fractional bits at which a decaying state stops short of zero by little, if they fit."""
    left = [d.stage.rounding for d in drafts if not d.held and d.stage.rounding]
    wanted = [int(np.ceil(np.log2(rounding))) + REST_BITS for rounding in left]
    guard = max(0, max(wanted, default=0))
    while guard and _filter_bits(drafts, guard) > MAX_STATE_BITS:
        guard -= 1
    return guard


def _filter_bits(drafts: Sequence[Draft], guard: int) -> int:
    return max((signed_bits(state_bound(d, guard).max(initial=1)) for d in drafts), default=2)


def state_bound(draft: Draft, guard_bits: int) -> FloatArray:
    """Largest magnitude of a compartment's state: its input at rest, plus rounding."""
    arriving: FloatArray = np.ldexp(draft.bound.astype(np.float64), guard_of(draft, guard_bits))
    if draft.stage.leak_code is None:
        return arriving
    return np.ceil(arriving * draft.stage.gain + draft.stage.rounding) + 1


def _sum_bits(s: SumDraft, guard: int) -> int:
    return signed_bits(float(sum_bound(s, guard).max(initial=1)))


def sum_bound(s: SumDraft, guard: int = 0) -> FloatArray:
    """Largest magnitude of each neuron's sum, (n,); without guard bits it can only be larger."""
    total = np.abs(s.bias_code).astype(np.float64)
    for d in s.compartments:
        lift = _left_shift(d, s.output_frac, guard).astype(np.int32)
        total = total + np.ceil(np.ldexp(state_bound(d, guard), lift)) + 1
    return total


def coarsest_useful(output_frac: CodeArray) -> CodeArray:
    """Largest weight exponent that the sum of currents can still show."""
    codes: CodeArray = output_frac + FINEST_BELOW_SUM
    return codes
