"""Integer codes of a network's inputs."""

from __future__ import annotations

import numpy as np

from nef2hw.compiler.fold import FoldedInput
from nef2hw.program.network import InputPort


def quantize_input(given: FoldedInput, input_bits: int) -> InputPort:
    """Choose the real value of one unit so that the declared range fills ``input_bits``.

    A value travels as sign and magnitude planes, so the largest magnitude of
    its range is the largest code. Spikes are one plane.
    """
    planes = 1 if given.kind == "spike" else input_bits
    largest = np.maximum(np.abs(given.low), np.abs(given.high))
    top = (1 << planes) - 1
    step = np.where(largest > 0, np.maximum(largest / top, np.finfo(float).tiny), 1.0)
    if given.kind == "spike":
        step = np.ones(given.size)
    low, high = (0 * step, step) if given.kind == "spike" else (given.low, given.high)
    return InputPort(
        name=given.name,
        size=given.size,
        planes=planes,
        spiking=given.kind == "spike",
        low_code=np.rint(low / step).astype(np.int64),
        high_code=np.rint(high / step).astype(np.int64),
        step=step,
    )
