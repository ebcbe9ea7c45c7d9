"""Where populations and their compartments lie in the memories of a core.

Neuron i of a population sits in word ``i // lanes``, lane ``i % lanes`` of its accumulators.
The memories of neurons and slots hold rows of ``neuron_lanes`` of them; a population starts
a new row.
"""

from __future__ import annotations

from nef2hw.compiler.schedule import SlotPlace
from nef2hw.program.network import Population, QuantizedNetwork


def bias_order(network: QuantizedNetwork) -> list[Population]:
    """Populations in the order of their neuron numbers: spiking ones first."""
    return sorted(network.populations, key=lambda p: p.neurons is None)


def slot_places(
    network: QuantizedNetwork, lanes: int, neuron_lanes: int
) -> dict[tuple[str, int], SlotPlace]:
    """Place accumulators, slots and neurons of every compartment.

    Returns
    -------
    places : by name of population and number of compartment; a population without any has
        one place all the same
    """
    first, neuron = {}, 0
    for population in bias_order(network):
        first[population.name] = neuron
        neuron += -(-population.size // neuron_lanes)
    places, accumulator, slot = {}, 0, 0
    for population in network.populations:
        rows = -(-population.size // neuron_lanes)
        for k in range(max(1, len(population.compartments))):
            places[population.name, k] = SlotPlace(accumulator, slot, first[population.name], rows)
            accumulator += -(-population.size // lanes)
            slot += rows
    return places
