"""What runs of the golden model leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from nef2hw.program.decode import probe_values
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.sim.golden_sums import SentArray
from nef2hw.trace import Trace

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass
class Recording:
    """What a run leaves, (steps, batch, n) of every population or state."""

    steps: int
    batch: int
    spikes: dict[str, SentArray] = field(default_factory=dict)
    readouts: dict[str, CodeArray] = field(default_factory=dict)
    states: dict[str, CodeArray] = field(default_factory=dict)
    relayed: dict[str, CodeArray] = field(default_factory=dict)

    def put(self, group: str, name: str, rows: SentArray, first: int) -> None:
        """Copy the rows (steps, batch * n) of a block that begins with step ``first``."""
        arrays: dict[str, SentArray] = getattr(self, group)
        if name not in arrays:
            shape = (self.steps, self.batch, rows.shape[1] // self.batch)
            arrays[name] = np.empty(shape, dtype=rows.dtype)
        arrays[name][first : first + len(rows)] = rows.reshape(len(rows), self.batch, -1)

    def traces(self, network: QuantizedNetwork) -> list[Trace]:
        """Return a trace of each sample."""
        probes = probe_values(network, self.spikes, self.readouts)
        spikes = {name: fired.astype(np.uint8) for name, fired in self.spikes.items()}
        return [
            Trace(
                self.steps,
                _of(spikes, k),
                _of(probes, k),
                _of(self.states, k),
                relayed=_of(self.relayed, k),
            )
            for k in range(self.batch)
        ]


def _of(arrays: Mapping[str, npt.NDArray[Scalar]], k: int) -> dict[str, npt.NDArray[Scalar]]:
    return {name: rows[:, k] for name, rows in arrays.items()}
