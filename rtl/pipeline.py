"""Registers that carry a value along a pipeline."""

from amaranth.hdl import Module, Signal, Value


def delayed(m: Module, value: Value, cycles: int, name: str) -> Value:
    """Return ``value`` as it was ``cycles`` ago."""
    for k in range(cycles):
        later = Signal(value.shape(), name=f"{name}_{k}")
        m.d.sync += later.eq(value)
        value = later
    return value
