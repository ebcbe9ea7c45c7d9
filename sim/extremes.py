"""Input codes that drive a network to its extremes, the same for the same seed."""

from __future__ import annotations

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import InputPort, QuantizedNetwork

#: Chance that a step repeats the inputs of the one before.
_HOLD = 0.3


def extreme_codes(network: QuantizedNetwork, steps: int, seed: int = 0) -> dict[str, CodeArray]:
    """Random codes within every input's range, with its ends, zero and repeated rows.

    Returns
    -------
    dict of (steps, size) int64, by input
    """
    rng = np.random.default_rng(seed)
    return {port.name: _rows(port, steps, rng) for port in network.inputs}


def _rows(port: InputPort, steps: int, rng: np.random.Generator) -> CodeArray:
    rows = np.zeros((steps, port.size), dtype=np.int64)
    for step in range(steps):
        if step and rng.random() < _HOLD:
            rows[step] = rows[step - 1]
        else:
            rows[step] = _row(port, rng)
    return rows


def _row(port: InputPort, rng: np.random.Generator) -> CodeArray:
    low, high = port.low_code, port.high_code
    uniform = rng.integers(low, high, endpoint=True, dtype=np.int64)
    density = rng.random()
    ends = np.where(rng.random(port.size) < density, high, low)
    sparse = np.where(rng.random(port.size) < density, uniform, np.clip(0, low, high))
    rows = (uniform, uniform, sparse, ends, low, high, np.clip(0, low, high))
    return rows[rng.integers(len(rows))]
