"""Rounding and saturation in hardware, as ``nef2hw.program.fixed_point`` has them."""

from amaranth.hdl import Mux, Value


def round_shift(value: Value, shift: int) -> Value:
    """Divide by ``2**shift``, rounding halves up."""
    if shift == 0:
        return value
    return (value + (1 << (shift - 1))) >> shift


def saturate(value: Value, low: int, high: int) -> Value:
    """Clip a signed value to ``low`` … ``high``."""
    return Mux(value > high, high, Mux(value < low, low, value))
