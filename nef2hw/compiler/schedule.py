"""The instructions of one step.

Inputs with an immediate connection are delivered first; the first population
waits for them. Other inputs are delivered between the updates, so that their
delivery overlaps the neuron engine's work: spikes, which come in every step, from
the start, values, which seldom change, after the first update. A population of a
higher level waits until everything before it has been delivered: relays too, whose
planes are there once all of the level before is at rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nef2hw.program.config import CoreConfig
from nef2hw.program.network import Compartment, NeuronCodes, Population, QuantizedNetwork
from nef2hw.program.planes import (
    PlanePlace,
    RelayPlace,
    gang_places,
    plane_places,
    relay_places,
)
from nef2hw.program.words import (
    VALUES_PER_WORD,
    Fields,
    Opcode,
    deliver_fields,
    instruction_fields,
    pack,
    update_fields,
)


@dataclass(frozen=True)
class SlotPlace:
    """Where a compartment lives."""

    accumulator: int  #: first word of its sums
    slot: int  #: first row of its filtered state
    neuron: int  #: first row of its population
    rows: int  #: rows of neurons


@dataclass(frozen=True)
class RowPlace:
    """Where the rows of a source live."""

    row: int
    row_words: int
    row_map: int

    @property
    def values(self) -> dict[str, int]:
        """The fields of an instruction that name a row."""
        return {"row": self.row, "row_words": self.row_words, "row_map": self.row_map}


def instructions(
    network: QuantizedNetwork,
    config: CoreConfig,
    slots: Mapping[tuple[str, int], SlotPlace],
    rows: Mapping[str, RowPlace],
) -> list[int]:
    """Return the instruction words of a step, in order."""
    immediate = _immediate_inputs(network)
    deliveries = [
        (place.port, _deliver(place, config, rows[place.port.name]))
        for place in plane_places(network.inputs)
        if rows[place.port.name].row_words
    ]
    early = [word for port, word in deliveries if port.name in immediate]
    late = [(port, word) for port, word in deliveries if port.name not in immediate]
    late.sort(key=lambda delivery: not delivery[0].spiking)
    program, level = early, 0
    waiting, begun = bool(early), False
    for population in network.populations:
        if population.level > level:
            waiting = True
            program += _deliver_relays(network, config, rows, range(level, population.level))
        level = population.level
        if late and not waiting and (begun or late[0][0].spiking):
            program.append(late.pop(0)[1])
        for update in _updates(population, network, config, slots, rows):
            program.append(_instruction(config, Opcode.UPDATE, update, barrier=waiting))
            if late and not begun and late[0][0].held:
                program.append(late.pop(0)[1])
            waiting, begun = False, True
    end = _instruction(config, Opcode.END, 0, barrier=True)
    return [*program, *(word for _, word in late), end]


def _deliver_relays(
    network: QuantizedNetwork, config: CoreConfig, rows: Mapping[str, RowPlace], done: range
) -> list[int]:
    """Deliver the relays of the levels that are ``done``; the first waits for the rest."""
    ready = {p.name for p in network.populations if p.relayed and p.level in done}
    places = [
        place
        for place in relay_places(network)
        if place.relay.population in ready and rows[place.relay.name].row_words
    ]
    return [
        _deliver_relay(place, config, rows[place.relay.name], barrier=place is places[0])
        for place in places
    ]


def _immediate_inputs(network: QuantizedNetwork) -> set[str]:
    inputs = {port.name for port in network.inputs}
    return {
        projection.pre
        for population in network.populations
        for compartment in population.compartments
        for projection in compartment.projections
        if compartment.delay == 0 and projection.pre in inputs
    }


def _instruction(config: CoreConfig, opcode: Opcode, body: int, barrier: bool) -> int:
    fields = instruction_fields(config)
    return pack(fields, {"opcode": opcode, "barrier": int(barrier), "body": body})


def _deliver(place: PlanePlace, config: CoreConfig, row: RowPlace) -> int:
    values = {
        "flag": place.flag,
        "spiking": int(place.port.spiking),
        "planes": place.port.planes,
        "words": place.words,
        "plane": place.address,
        **row.values,
        **({"mask": (1 << VALUES_PER_WORD) - 1} if config.relaying else {}),
    }
    body = pack(deliver_fields(config), values)
    return _instruction(config, Opcode.DELIVER, body, barrier=False)


def _deliver_relay(place: RelayPlace, config: CoreConfig, row: RowPlace, barrier: bool) -> int:
    """Name the row that a value in column 0 would have: rows are counted modulo their field."""
    fields = deliver_fields(config)
    first = row.row - place.column * row.row_words
    values = {
        "planes": config.formats.relay_planes,
        "words": place.words,
        "plane": place.address,
        **row.values,
        "row": first % (1 << fields["row"]),
        "relay": 1,
        "mask": place.mask,
    }
    return _instruction(config, Opcode.DELIVER, pack(fields, values), barrier)


def _updates(
    population: Population,
    network: QuantizedNetwork,
    config: CoreConfig,
    slots: Mapping[tuple[str, int], SlotPlace],
    rows: Mapping[str, RowPlace],
) -> list[int]:
    fields = update_fields(config)
    passes: list[Compartment | None] = [*population.compartments] or [None]
    relaying = {}
    if population.relayed:
        relaying = {"relay": 1, "plane": gang_places(network)[population.name]}
    words = []
    for k, compartment in enumerate(passes):
        place = slots[population.name, k]
        values = {
            "first": int(k == 0),
            "last": int(k == len(passes) - 1),
            "accumulator": place.accumulator,
            "slot": place.slot,
            **_compartment_values(compartment),
            **_coupling_values(compartment, population, slots),
            **_population_values(population, place, rows, fields),
            **(relaying if k == len(passes) - 1 else {}),
        }
        words.append(pack(fields, values))
    return words


def _compartment_values(compartment: Compartment | None) -> dict[str, int]:
    if compartment is None:
        return {}
    leak = compartment.leak_code
    return {
        "held": int(compartment.held),
        **({} if leak is None else {"filtered": 1, "leak": leak}),
    }


def _coupling_values(
    compartment: Compartment | None,
    population: Population,
    slots: Mapping[tuple[str, int], SlotPlace],
) -> dict[str, int]:
    if compartment is None or compartment.coupling is None:
        return {}
    coupling = compartment.coupling
    return {
        "coupling": coupling.code,
        "negative": int(coupling.negative),
        "partner": slots[population.name, coupling.partner].slot,
    }


def _population_values(
    population: Population, place: SlotPlace, rows: Mapping[str, RowPlace], fields: Fields
) -> dict[str, int]:
    common = {"count": place.rows, "neuron": place.neuron}
    neurons = population.neurons
    if neurons is None:
        return {**common, "readout": 1}
    row = rows[population.name]
    return {
        **common,
        **row.values,
        "connected": int(row.row_words > 0),
        "decay": neurons.decay_code,
        "first_ratio": neurons.ratio_code[0],
        "second_ratio": neurons.ratio_code[1],
        "first_offset": neurons.offset_code[0],
        "second_offset": neurons.offset_code[1],
        "hold_steps": neurons.hold_steps,
        "min_voltage": neurons.min_voltage_code,
        **{mode: 1 for mode, chosen in _modes(neurons).items() if chosen},
    }


def _modes(neurons: NeuronCodes) -> dict[str, bool]:
    return {
        "integrate": neurons.integrate,
        "tally": neurons.count,
        "subtract": neurons.subtract,
    }
