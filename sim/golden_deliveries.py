"""What a population delivers to those of its own group, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.sim.golden_banks import Slot
from nef2hw.sim.golden_sums import SentArray, Weights


class Delivery:
    """Everything that one source delivers within a group, as one product.

    Parameters
    ----------
    targets : slots, and the weights (n_pre, n_post) of the source into each
    largest : magnitude that no value of the source exceeds
    size : number of values of the population, one sample's
    part : those of them that are the source's
    """

    def __init__(
        self,
        targets: Sequence[tuple[Slot, CodeArray]],
        largest: int,
        size: int,
        part: slice = slice(None),
    ) -> None:
        self._weights = Weights(np.hstack([code for _, code in targets]), largest)
        ends = np.cumsum([code.shape[1] for _, code in targets]).tolist()
        begins = [0, *ends[:-1]]
        slots = [slot for slot, _ in targets]
        self._targets = [
            (slot, slice(begin, end)) for slot, begin, end in zip(slots, begins, ends, strict=True)
        ]
        self._size, self._part = size, part

    def deliver(self, values: SentArray, step: int) -> None:
        """Add what ``values`` (batch * size,) bring to the rows of a step of the block."""
        if values.size == self._size:
            sums = self._weights.weigh_one(values[self._part])
        else:
            sums = self._weights.weigh(values.reshape(-1, self._size)[:, self._part])
        for slot, columns in self._targets:
            row = slot.row(step)
            np.add(row, sums[..., columns].reshape(-1), row)
