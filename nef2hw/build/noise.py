"""A stimulus for those who give none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nef2hw.compiler.folded import FoldedInput

#: Steps that values are held, long beside usual time constants of 1 ms steps.
HOLD_STEPS = 50
#: Chance of a spike per step.
SPIKE_CHANCE = 0.05
SEED = 20


def noise_stimulus(
    inputs: Sequence[FoldedInput], steps: int
) -> Mapping[str, npt.NDArray[np.float64]]:
    """Values drawn evenly from each input's declared range and held; spikes at random.

    The same for every call, so that figures can be compared.

    Returns
    -------
    mapping of input to (steps, size) float64
    """
    rng = np.random.default_rng(SEED)
    return {source.name: _noise(source, steps, rng) for source in inputs}


def _noise(source: FoldedInput, steps: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    if source.kind == "spike":
        return (rng.random((steps, source.size)) < SPIKE_CHANCE).astype(np.float64)
    levels = rng.uniform(source.low, source.high, (-(-steps // HOLD_STEPS), source.size))
    held: npt.NDArray[np.float64] = np.repeat(levels, HOLD_STEPS, axis=0)[:steps]
    return held
