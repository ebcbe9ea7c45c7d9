"""The one owner of rounding and saturation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.errors import FormatError

FloatArray = npt.NDArray[np.float64]
CodeArray = npt.NDArray[np.int64]

#: The widest code that NumPy's 64-bit integers carry through a product with a 16-bit fraction.
MAX_BITS = 47


@dataclass(frozen=True)
class FixedPoint:
    """Integers ``code`` that stand for ``code * 2**-frac``."""

    bits: int
    frac: int
    signed: bool = True

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= MAX_BITS:
            raise FormatError(
                f"a fixed-point format has {self.bits} bits; 1 to {MAX_BITS} are possible"
            )

    @property
    def low(self) -> int:
        """Lowest code."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def high(self) -> int:
        """Highest code."""
        return (1 << (self.bits - int(self.signed))) - 1

    def encode(self, real: npt.ArrayLike) -> CodeArray:
        """Round half to even, then saturate."""
        scaled = np.rint(np.ldexp(np.asarray(real, dtype=np.float64), self.frac))
        return np.clip(scaled, self.low, self.high).astype(np.int64)

    def decode(self, code: npt.ArrayLike) -> FloatArray:
        """Return the real numbers that ``code`` stands for."""
        return np.ldexp(np.asarray(code, dtype=np.float64), -self.frac)


def signed_bits(magnitude: float) -> int:
    """Width of a signed integer that holds every value up to ``magnitude`` either side of zero."""
    return int(np.ceil(magnitude)).bit_length() + 1


def finest_frac(bits: int, largest: float) -> int:
    """Most fractional bits at which ``largest`` still fits in ``bits`` unsigned bits."""
    frac = bits - int(np.frexp(largest)[1])
    return frac if np.rint(np.ldexp(largest, frac)) < 1 << bits else frac - 1


def round_shift(code: CodeArray, shift: int | CodeArray) -> CodeArray:
    """Divide by ``2**shift``, rounding halves up: an adder and wires in hardware."""
    half = (np.int64(1) << shift) >> 1
    rounded: CodeArray = (code + half) >> shift
    return rounded
