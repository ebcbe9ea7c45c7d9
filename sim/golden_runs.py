"""Whole runs of the golden model, and many of them at once.

`nef2hw.sim.golden` specifies a step. Here a block of steps goes through one
population after the other: what inputs and earlier populations deliver is weighed
for all its steps at once, and only filters and membranes go from step to step.
Populations that drive each other in a circle go through the block together, step
by step. Samples of a batch lie side by side like neurons. Tests hold every state
equal to the specification's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.sim.golden_groups import groups_for, run_group
from nef2hw.sim.golden_recording import Recording
from nef2hw.sim.golden_sums import SentArray
from nef2hw.trace import Trace

#: Neurons times steps of a block: arrays of that many values stay in a processor's cache.
BLOCK_VALUES = 1 << 15
LONGEST_BLOCK = 256


class GoldenRun:
    """The state of a batch of networks, all alike, advanced by blocks of steps.

    Parameters
    ----------
    network : QuantizedNetwork
    batch : number of samples, each with an input and a state of its own
    """

    def __init__(self, network: QuantizedNetwork, batch: int = 1) -> None:
        self._network = network
        self._batch = batch
        self._groups = groups_for(network, batch)
        widest = max((p.size for p in network.populations), default=1) * batch
        self._block = max(1, min(LONGEST_BLOCK, BLOCK_VALUES // widest))

    @property
    def saturated_currents(self) -> dict[str, int]:
        """Count of saturated currents so far, by name of spiking population."""
        found = {run.name: run for group in self._groups for run in group}
        return {
            population.name: found[population.name].saturated
            for population in self._network.populations
            if population.neurons is not None
        }

    def run(self, codes: Mapping[str, CodeArray], states: bool = False) -> Recording:
        """Advance by as many steps as ``codes`` has, (steps, batch, size) for each input."""
        steps = min(len(rows) for rows in codes.values())
        flat = {name: rows.reshape(len(rows), -1) for name, rows in codes.items()}
        record = Recording(steps, self._batch)
        for first in range(0, steps, self._block):
            last = min(first + self._block, steps)
            sent: dict[str, SentArray] = {name: rows[first:last] for name, rows in flat.items()}
            for group in self._groups:
                run_group(group, sent, last - first, states)
            self._keep(record, first, states)
        return record

    def _keep(self, record: Recording, first: int, states: bool) -> None:
        """Copy the results of the block that begins with step ``first``."""
        for run in (run for group in self._groups for run in group):
            record.put(run.group_of_results, run.name, run.sent, first)
            if not states:
                continue
            for k, slot in enumerate(run.slots):
                record.put("states", f"{run.name}/{k}/filter", slot.filtered, first)
            for name, rows in run.states.items():
                record.put("states", f"{run.name}/{name}", rows, first)


def run_golden(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray], states: bool = False
) -> Trace:
    """Do as `nef2hw.sim.golden.simulate_golden` does, faster.

    Parameters
    ----------
    codes : (steps, size) for each input
    states : whether the trace holds every state after every step
    """
    batch = {name: rows[np.newaxis] for name, rows in codes.items()}
    return run_golden_batch(network, batch, states)[0]


def run_golden_batch(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray], states: bool = False
) -> list[Trace]:
    """Run the network on several stimuli at once, on each from the initial state.

    Parameters
    ----------
    codes : (samples, steps, size) for each input
    states : whether the traces hold every state after every step
    """
    samples = len(next(iter(codes.values())))
    record = GoldenRun(network, samples).run(
        {name: rows.swapaxes(0, 1) for name, rows in codes.items()}, states
    )
    return record.traces(network)
