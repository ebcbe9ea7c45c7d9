"""What variants of a network did."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nef2hw.model.network import FloatArray
from nef2hw.program.network import Probe, QuantizedNetwork


@dataclass(frozen=True, eq=False)
class VariantTrace:
    """What variants of a network did, the variant as first axis."""

    steps: int  #: of each sample
    probes: Mapping[str, FloatArray]  #: (variants, samples, steps, n), in the model's units
    counts: Mapping[str, FloatArray]  #: spikes of neurons, (variants, samples, n)


class Recorder:
    """Keeps probed values of every step, and how often neurons fired."""

    def __init__(
        self,
        network: QuantizedNetwork,
        side: tuple[int, int],
        steps: int,
        probes: Collection[str] | None,
    ) -> None:
        self._network, self._steps = network, steps
        self._probes = [p for p in network.probes if probes is None or p.name in probes]
        probed = {probe.population for probe in self._probes}
        self._kept = {
            p.name: np.empty((*side, steps, p.size))
            for p in network.populations
            if p.name in probed
        }
        self._counts = {
            p.name: np.zeros((*side, p.size)) for p in network.populations if p.neurons is not None
        }

    def add(self, step: int, outputs: Mapping[str, FloatArray]) -> None:
        """Take what populations gave in a step."""
        for name, rows in self._kept.items():
            rows[:, :, step] = outputs[name]
        for name, total in self._counts.items():
            total += outputs[name]

    def trace(self) -> VariantTrace:
        """All steps, probes in the model's units."""
        values = _probe_values(self._network, self._probes, self._kept)
        return VariantTrace(self._steps, values, self._counts)


def _probe_values(
    network: QuantizedNetwork, probes: Sequence[Probe], given: Mapping[str, FloatArray]
) -> dict[str, FloatArray]:
    """Turn counts of spikes and readouts in units of their codes into the model's units."""
    values: dict[str, FloatArray] = {}
    for probe in probes:
        rows = given[probe.population]
        frac = network.population(probe.population).output_frac.astype(np.int32)
        values[probe.name] = rows * probe.scale if probe.spiking else np.ldexp(rows, -frac)
    return values
