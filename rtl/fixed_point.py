"""Rounding and saturation in hardware, as ``nef2hw.program.fixed_point`` has them."""

from amaranth.hdl import Cat, Const, Mux, Value


def round_shift(value: Value, shift: int) -> Value:
    """Divide by ``2**shift``, rounding halves up."""
    if shift == 0:
        return value
    return (value + (1 << (shift - 1))) >> shift


def plus_rounded(base: Value, value: Value, shift: int) -> Value:
    """``base + round_shift(value, shift)`` of signed values, with one adder."""
    if shift == 0:
        return base + value
    # The half that rounds is a carry into the last bit.
    return (Cat(Const(1, 1), base).as_signed() + (value >> (shift - 1))) >> 1


def minus_rounded(base: Value, value: Value, shift: int) -> Value:
    """``base - round_shift(value, shift)`` of signed values, with one adder."""
    if shift == 0:
        return base - value
    return (Cat(Const(1, 1), base).as_signed() + ~(value >> (shift - 1))) >> 1


def saturate(value: Value, low: int, high: int) -> Value:
    """Clip a signed value to ``low`` … ``high``."""
    return Mux(value > high, high, Mux(value < low, low, value))
