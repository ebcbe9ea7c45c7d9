"""Integer codes of the values that populations hand on to others in the same step.

A value's code is its sum as it is: the binary point is chosen so that one unit
is a small part of the radius of those who take it, and the static bound of the
sum says how many planes all codes fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.compartments import Scaled, draft, remainders
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.compiler.formats import MAX_STATE_BITS, SumDraft, sum_bound
from nef2hw.compiler.precision import Precision
from nef2hw.program.fixed_point import CodeArray, FloatArray

#: Most weights of a compartment that are kept in two parts; larger ones take much memory.
MAX_REFINED = 1 << 15


@dataclass(frozen=True)
class RelayCodes:
    """The codes of a relay."""

    step: FloatArray  #: (size,) real value of one unit
    top: CodeArray  #: (size,) largest magnitude
    held: bool = True  #: like a value input's, its sum has a compartment of its own


def relay_frac(
    gang: str, whole_bits: CodeArray, network: FoldedNetwork, precision: Precision
) -> CodeArray:
    """Binary points of a gang's values, (n,).

    A unit is at most the radius over ``2**(input_bits + 1)``, unless the sums of those who take
    the value would become too wide.

    Parameters
    ----------
    whole_bits : (n,) int
        Bits of the largest magnitude of each value before the binary point.
    """
    wanted = np.zeros_like(whole_bits)
    for relay in network.relays:
        if relay.population == gang:
            frac = np.ceil(precision.input_bits + 1 - np.log2(relay.radius))
            wanted[relay.first : relay.first + relay.size] = frac
    return np.minimum(wanted, _most_planes(network, precision) - whole_bits)


def _most_planes(network: FoldedNetwork, precision: Precision) -> int:
    """Magnitude bits whose products with weights a state holds, those of all values together."""
    largest = max(relay.size for relay in network.relays)
    return MAX_STATE_BITS - precision.weight_bits - (largest - 1).bit_length() - 1


def refined(
    groups: Sequence[Sequence[Scaled]],
    tops: Mapping[str, CodeArray],
    weight_bits: int,
    finest: CodeArray,
) -> tuple[Sequence[Scaled], ...]:
    """Add to each group of a gang's connections one for what rounding leaves of its weights.

    Rounding bends a value in the same way for all neurons that take it, where the errors of
    dense weights are different for each and cancel out. Arguments are those of `draft`.
    """
    found: list[Sequence[Scaled]] = []
    for members in groups:
        found.append(members)
        rest = remainders(members, draft(members, tops, weight_bits, finest)[0])
        stored = sum(member.weights.size for member in members)
        if stored <= MAX_REFINED and any(member.weights.any() for member in rest):
            found.append(rest)
    return tuple(found)


def relay_codes(network: FoldedNetwork, gangs: Mapping[str, SumDraft]) -> dict[str, RelayCodes]:
    """Bound the codes of every relay by what can arrive at its gang."""
    codes = {}
    for relay in network.relays:
        drafted = gangs[relay.population]
        part = slice(relay.first, relay.first + relay.size)
        top = np.floor(sum_bound(drafted)[part]).astype(np.int64)
        codes[relay.name] = RelayCodes(np.ldexp(1.0, -drafted.output_frac[part]), top)
    return codes


def relay_planes(gangs: Mapping[str, SumDraft]) -> int:
    """Planes that hold the values of all gangs; 0 if there is no gang."""
    return max((int(sum_bound(d).max(initial=1)).bit_length() for d in gangs.values()), default=0)
