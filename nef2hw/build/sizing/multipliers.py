"""How synthesis cuts the products of a core into a family's multipliers.

The rules are those of yosys's ``mul2dsp``: an operand wider than the multiplier is cut into
slices of its width, the last slice takes what is left, and what is too narrow becomes logic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import index_bits
from nef2hw.rtl.pipeline import LOW_BITS, MULTIPLIER_BITS

#: Operands of two bits at least are worth a multiplier.
_LEAST = 2


@dataclass(frozen=True)
class MultiplierRule:
    """A multiplier of a family."""

    wide: int  #: bits of the wider operand
    narrow: int  #: bits of the other
    least_product: int = 0  #: narrower products are left
    slice: int = 0  #: bits of a slice of the wider operand, 0 for all
    headroom: int = 0  #: bits of a slice that are its sign only
    least_wide: int = _LEAST  #: narrower operands are left
    least_narrow: int = _LEAST
    units: int = 1  #: what it counts as


@dataclass(frozen=True)
class Product:
    """Widths of a product's operands, and how much of it is used."""

    a: int
    b: int
    used: int


def multipliers(product: Product, rules: Sequence[MultiplierRule]) -> int:
    """Count the multipliers of a product; what one rule leaves is tried with the next."""
    count, left = 0, [product]
    for rule in rules:
        tried = [part for whole in left for part in _cut(_wider_first(whole), rule)]
        left = [part for part, fits in tried if not fits]
        count += rule.units * (len(tried) - len(left))
    return count


def _wider_first(product: Product) -> Product:
    return Product(max(product.a, product.b), min(product.a, product.b), product.used)


def _cut(product: Product, rule: MultiplierRule) -> Iterator[tuple[Product, bool]]:
    """Yield the parts of a product, and whether each is one for the multiplier."""
    a, b, used = product.a, product.b, product.used
    if a < rule.least_wide or b < rule.least_narrow or used < rule.least_product:
        yield product, False
    elif a > rule.wide:
        part = rule.slice or rule.wide
        count = -(-(a - rule.wide) // (part - rule.headroom))
        last = a - count * (part - rule.headroom)
        for _ in range(count):
            yield from _cut(Product(part, b, min(used, b + part)), rule)
        yield from _cut(Product(last, b, b + last), rule)
    elif b > rule.narrow:
        count = -(-(b - rule.narrow) // (rule.narrow - rule.headroom))
        last = b - count * (rule.narrow - rule.headroom)
        for _ in range(count):
            yield from _cut(Product(a, rule.narrow, min(used, a + rule.narrow)), rule)
        yield from _cut(Product(a, last, a + last), rule)
    else:
        yield product, True


def count_multipliers(config: CoreConfig, rules: Sequence[MultiplierRule]) -> int:
    """Count the multipliers of a core: those of each neuron lane, and one that finds rows."""
    return sum(multipliers(product, rules) for product in products(config))


def products(config: CoreConfig) -> list[Product]:
    """Every product of a core; an unsigned factor of a signed one gains a bit."""
    formats, fraction = config.formats, FRACTION_BITS
    lane = [
        _whole(fraction, fraction),  # overshoot by ratio
        *_in_parts(formats.current_bits + 1, fraction),  # difference by decay
    ]
    if config.filtering:
        lane += _in_parts(formats.filter_bits, fraction)  # state by leak
    if config.coupled:
        lane.append(_whole(formats.filter_bits, fraction + 1))  # partner's state by coupling
    found = lane * config.neuron_lanes
    if config.neuron_lanes > 1:  # number of a neuron in its row, by the words of a row of weights
        place, length = index_bits(config.neuron_lanes), config.row_words.bit_length()
        found.append(Product(place, length, min(place + length, index_bits(config.weight_words))))
    return found


def _in_parts(value: int, factor: int) -> list[Product]:
    """Widths of the products that `multiplied` makes of a signed value and an unsigned factor."""
    if value <= MULTIPLIER_BITS:
        return [_whole(value, factor + 1)]
    return [_whole(LOW_BITS, factor), _whole(value - LOW_BITS, factor + 1)]


def _whole(a: int, b: int) -> Product:
    return Product(a, b, a + b)
