"""How synthesis cuts the products of a core into a family's multipliers.

The rules are those of yosys's ``mul2dsp``: an operand wider than the multiplier is cut into
slices of its width, the last slice takes what is left, and what is too narrow becomes logic.
"""

from __future__ import annotations

from dataclasses import dataclass

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import SPIKES_PER_WORD, index_bits

#: Operands of two bits at least are worth a multiplier.
_LEAST = 2


@dataclass(frozen=True)
class MultiplierRule:
    """A family's multiplier."""

    wide: int  #: bits of the wider operand
    narrow: int  #: bits of the other
    least_product: int = 0  #: narrower products become logic
    slice: int = 0  #: bits of a slice of the wider operand, 0 for all
    headroom: int = 0  #: bits of a slice that are its sign only


@dataclass(frozen=True)
class Product:
    """Widths of a product's operands, and how much of it is used."""

    a: int
    b: int
    used: int


def multipliers(product: Product, rule: MultiplierRule) -> int:
    """Count the multipliers of a product."""
    a, b = product.a, product.b
    return _cut(max(a, b), min(a, b), product.used, rule)


def _cut(a: int, b: int, product: int, rule: MultiplierRule) -> int:
    if min(a, b) < _LEAST or product < rule.least_product:
        return 0
    if a > rule.wide:
        part = rule.slice or rule.wide
        count = -(-(a - rule.wide) // (part - rule.headroom))
        last = a - count * (part - rule.headroom)
        whole = _cut(part, b, min(product, b + part), rule)
        return count * whole + _cut(last, b, b + last, rule)
    if b > rule.narrow:
        count = -(-(b - rule.narrow) // (rule.narrow - rule.headroom))
        last = b - count * (rule.narrow - rule.headroom)
        whole = _cut(a, rule.narrow, min(product, a + rule.narrow), rule)
        return count * whole + _cut(a, last, a + last, rule)
    return 1


def count_multipliers(config: CoreConfig, rule: MultiplierRule) -> int:
    """Count the multipliers of a core: those of each neuron lane, and those that find rows."""
    return sum(multipliers(product, rule) for product in products(config))


def products(config: CoreConfig) -> list[Product]:
    """Every product of a core; an unsigned factor of a signed one gains a bit."""
    formats, fraction = config.formats, FRACTION_BITS
    lane = [
        _whole(formats.filter_bits, fraction + 1),  # state by leak
        _whole(fraction, fraction),  # overshoot by ratio
        _whole(formats.current_bits + 1, fraction + 1),  # difference by decay
    ]
    if config.coupled:
        lane.append(_whole(formats.filter_bits, fraction + 1))  # partner's state by coupling
    length, row = config.row_words.bit_length(), index_bits(config.weight_words)
    places = [index_bits(SPIKES_PER_WORD), SPIKES_PER_WORD.bit_length()]
    if config.neuron_lanes > 1:
        places.append(index_bits(config.neuron_lanes))
    found = [Product(place, length, min(place + length, row)) for place in places]
    return lane * config.neuron_lanes + found


def _whole(a: int, b: int) -> Product:
    return Product(a, b, a + b)
