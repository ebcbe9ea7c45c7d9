"""What a user may ask of the number formats."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nef2hw.errors import FormatError

WEIGHT_BITS = range(2, 17)
VOLTAGE_BITS = range(8, 25)
INPUT_BITS = range(1, 17)


@dataclass(frozen=True)
class Precision:
    """Bits of each kind of number; ``None`` leaves the choice to the compiler.

    Raises
    ------
    FormatError
        If a width is outside what the core can be built for.
    """

    weight_bits: int = 8
    voltage_bits: int | None = None  #: fractional bits of the membrane voltage
    input_bits: int = 10  #: magnitude bits of value inputs

    def __post_init__(self) -> None:
        _check("--weight-bits", self.weight_bits, WEIGHT_BITS)
        _check("--input-bits", self.input_bits, INPUT_BITS)
        if self.voltage_bits is not None:
            _check("--voltage-bits", self.voltage_bits, VOLTAGE_BITS)


def _check(option: str, bits: int, allowed: range) -> None:
    if bits not in allowed:
        raise FormatError(f"{option} is {bits}; choose {allowed.start} to {allowed.stop - 1}")


@dataclass(frozen=True)
class Bits:
    """Widths that a user fixes; ``None`` leaves the choice to the compiler.

    Raises
    ------
    FormatError
        If a width is outside what the core can be built for.
    """

    weight_bits: int | None = None
    voltage_bits: int | None = None
    input_bits: int | None = None

    def __post_init__(self) -> None:
        self.over(Precision())

    def over(self, others: Precision) -> Precision:
        """Return ``others`` with these widths in place of theirs."""
        return replace(others, **{name: n for name, n in vars(self).items() if n is not None})
