"""Groups of populations that drive each other in a circle, and their way through a block.

Such populations go through a block of steps together, step by step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.sim.golden_banks import Slot
from nef2hw.sim.golden_deliveries import Delivery
from nef2hw.sim.golden_population import PopulationRun, largest_sent
from nef2hw.sim.golden_sums import SentArray


def groups_for(network: QuantizedNetwork, batch: int) -> list[list[PopulationRun]]:
    """Make the populations of ``batch`` networks, by group, each told where its spikes go."""
    groups = []
    for names in groups_in_order(network):
        senders = _senders(names, network)
        group = [PopulationRun(network.population(name), network, senders, batch) for name in names]
        _join(group, network)
        groups.append(group)
    return groups


def groups_in_order(network: QuantizedNetwork) -> list[list[str]]:
    """Group populations that drive each other in a circle; each group follows those it needs.

    Within a group the order is the network's.
    """
    names = [population.name for population in network.populations]
    reached = np.eye(len(names), dtype=bool)  #: [k, j]: j depends on k
    for population in network.populations:
        for pre in sources_of(population, network):
            if pre in names:
                reached[names.index(pre), names.index(population.name)] = True
    for k in range(len(names)):
        reached |= np.outer(reached[:, k], reached[k])
    groups: dict[bytes, list[str]] = {}
    # Whoever depends on another one depends on more than that one does.
    for k in np.argsort(reached.sum(axis=0), kind="stable"):
        circle = reached[k] & reached[:, k]
        groups.setdefault(circle.tobytes(), []).append(names[k])
    return list(groups.values())


def sources_of(population: Population, network: QuantizedNetwork) -> list[str]:
    """Return the sources of all connections into ``population``; of a relay, its population."""
    owners = {relay.name: relay.population for relay in network.relays}
    sources = [p.pre for compartment in population.compartments for p in compartment.projections]
    return [owners.get(source, source) for source in sources]


def _senders(group: Sequence[str], network: QuantizedNetwork) -> list[str]:
    """Names of the populations of a group, and of the relays that are parts of them."""
    return [*group, *(relay.name for relay in network.relays if relay.population in group)]


def _join(group: Sequence[PopulationRun], network: QuantizedNetwork) -> None:
    """Tell the populations of a group what their spikes and values bring to the group."""
    for run in group:
        targets = _targets(run.name, group)
        if targets:
            run.of_spikes.append(Delivery(targets, largest_sent(network, run.name), run.size))
        for relay in run.relays:
            part = slice(relay.first, relay.first + relay.size)
            targets = _targets(relay.name, group)
            if targets:
                largest = largest_sent(network, relay.name)
                run.of_values.append(Delivery(targets, largest, run.size, part))


def _targets(source: str, group: Sequence[PopulationRun]) -> list[tuple[Slot, CodeArray]]:
    """Slots of a group that a source goes to, and its weights into each."""
    return [
        (slot, projection.weight_code)
        for run in group
        for slot, compartment in zip(run.slots, run.compartments, strict=True)
        for projection in compartment.projections
        if projection.pre == source
    ]


def run_group(
    group: Sequence[PopulationRun], sent: dict[str, SentArray], steps: int, states: bool
) -> None:
    """Take a group through a block, and add its spikes to ``sent``."""
    for run in group:
        run.begin(sent, steps, states)
    if len(group) == 1:
        group[0].advance_block()
    else:
        for step in range(steps):
            for run in group:
                run.advance(step)
    for run in group:
        run.end()
        if run.membrane is not None:
            sent[run.name] = run.fires
        sent |= run.relayed()
