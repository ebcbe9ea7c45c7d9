"""The sequencer, and the blocks that it keeps going."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nef2hw.compiler.clock.adders import Adders
from nef2hw.compiler.clock.delivery import Delivery
from nef2hw.compiler.clock.engine import Engine
from nef2hw.compiler.clock.rows import Event, Instruction, Row, count_words
from nef2hw.program.config import CoreConfig
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import MemoryId, beats_to_words
from nef2hw.program.planes import gang_places, pack_planes, pack_relayed, plane_places
from nef2hw.program.program import Program
from nef2hw.program.words import (
    SCHEDULE_BITS,
    VALUES_PER_WORD,
    Opcode,
    deliver_fields,
    instruction_fields,
    row_map_fields,
    unpack,
    update_fields,
)


class Clock:
    """Counts the cycles of one step after the other.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._config = config = program.config
        words = {m: beats_to_words(beats) for m, beats in program.image.beats.items()}
        self._targets = [
            (fields["accumulator"], fields["delayed"])
            for fields in (unpack(row_map_fields(config), w) for w in words[MemoryId.ROW_MAP])
        ]
        self._schedule = [*_instructions(words[MemoryId.SCHEDULE], config)]
        self._places = plane_places(program.network.inputs)
        self._gangs = gang_places(program.network)
        self._passes = [p for p in program.network.populations for _ in p.compartments or (None,)]
        self._before: Mapping[str, CodeArray] | None = None
        self._changed_before: set[int] = set()

    def step(
        self,
        codes: Mapping[str, CodeArray],
        spikes: Mapping[str, CodeArray],
        relayed: Mapping[str, CodeArray],
    ) -> int:
        """Return the cycles of a step with the given inputs, spikes and relayed values, (n,)."""
        changed = {
            place.flag
            for place in self._places
            if self._before is None
            or not np.array_equal(codes[place.port.name], self._before[place.port.name])
        }
        planes: dict[int, int] = {}
        for place in self._places:
            words = pack_planes(place, codes[place.port.name]).tolist()
            planes.update(enumerate(words, place.address))
        for name, address in self._gangs.items():
            words = pack_relayed(relayed[name], self._config.formats.relay_planes).tolist()
            planes.update(enumerate(words, address))
        cycles = self._run(changed | self._changed_before, planes, spikes)
        self._before, self._changed_before = dict(codes), changed
        return cycles

    def _run(
        self,
        fresh: set[int],
        planes: Mapping[int, int],
        spikes: Mapping[str, CodeArray],
    ) -> int:
        adders = Adders(self._targets, self._config)
        engine, delivery = Engine(self._config), Delivery()
        place, fetched, rested, updates, cycle = 0, 0, True, 0, 0
        kept: Event | None = None
        rows: Sequence[Row] = ()
        while True:
            instruction = self._schedule[place]
            may_go = cycle >= fetched and (not instruction.barrier or rested)
            if may_go and instruction.opcode is Opcode.END:
                return cycle
            update: Mapping[str, int] = {}
            if may_go and instruction.opcode is Opcode.UPDATE:
                update = instruction.fields
                rows = rows or self._rows(updates, update, spikes)
            issue = engine.issues(update)
            taken_on = issue and engine.feed.opens
            given = None
            if may_go and instruction.opcode is Opcode.DELIVER:
                fields = instruction.fields
                wanted = fields["spiking"] or fields.get("relay") or fields["flag"] in fresh
                taken_on = not wanted or not delivery.busy
                words = _plane_words(fields, planes, self._config.formats.relay_planes)
                given = (instruction, words) if wanted and taken_on else None
            take = engine.feed.take
            accepted, ready = adders.offer(take)
            quiet = not (engine.lasting or delivery.busy or adders.busy or kept)
            event = kept or engine.queue.event or (delivery.row if delivery.sent else None)
            open_, arrives = kept is None, adders.taken
            delivered = open_ and engine.queue.event is None
            engine.tick(issue, take is not None and accepted, arrives, open_, update, rows)
            delivery.tick(delivered, given)
            adders.tick(event if ready else None)
            kept = None if ready else event
            rested = (rested or (cycle >= fetched and quiet)) and not taken_on
            if taken_on:
                place += 1
                fetched = cycle + self._config.instruction_words + 3
                if update:
                    updates, rows = updates + 1, ()
            cycle += 1

    def _rows(
        self, index: int, update: Mapping[str, int], spikes: Mapping[str, CodeArray]
    ) -> list[Row]:
        """Rows of a pass, with what they will send."""
        population, lanes = self._passes[index], self._config.neuron_lanes
        last, readout = bool(update["last"]), bool(update["readout"])
        if update.get("relay"):
            return _relayed_rows(update["count"], self._config)
        if readout or not last:
            row = Row([], False, last, readout, None, lanes if last and readout else 1)
            return [row] * update["count"]
        assert population.neurons is not None
        counts = np.zeros(update["count"] * lanes, dtype=np.int64)
        counts[: population.size] = spikes[population.name]
        divided = not (population.neurons.integrate or population.neurons.subtract)
        event = Event(update["row_words"], update["row_map"]) if update["connected"] else None
        words = count_words(self._config) if population.neurons.count else 1
        return [
            Row(row, divided and any(row), True, False, event, words)
            for row in counts.reshape(-1, lanes).tolist()
        ]


def _plane_words(
    fields: Mapping[str, int], memory: Mapping[int, int], relay_planes: int
) -> list[int]:
    """Words that a DELIVER reads, plane by plane."""
    planes, words, first = fields["planes"], fields["words"], fields["plane"]
    if not fields.get("relay"):
        return [memory[first + k] for k in range(planes * words)]
    return [
        memory[first + w * relay_planes + p] & fields["mask"]
        for p in range(planes)
        for w in range(words)
    ]


def _relayed_rows(count: int, config: CoreConfig) -> list[Row]:
    """Rows of values of which every word, and the last, is written."""
    per_word, planes = VALUES_PER_WORD // config.neuron_lanes, config.formats.relay_planes
    rows = []
    for number in range(1, count + 1):
        fills = number % per_word == 0
        written = planes if fills or number == count else 0
        rows.append(Row([], False, True, True, None, 1, written, fills))
    return rows


def _instructions(words: Sequence[int], config: CoreConfig) -> list[Instruction]:
    bodies = {Opcode.UPDATE: update_fields(config), Opcode.DELIVER: deliver_fields(config)}
    found = []
    for n in range(0, len(words), config.instruction_words):
        parts = words[n : n + config.instruction_words]
        joined = sum(word << (SCHEDULE_BITS * k) for k, word in enumerate(parts))
        head = unpack(instruction_fields(config), joined)
        opcode = Opcode(head["opcode"])
        fields = unpack(bodies.get(opcode, {}), head["body"])
        found.append(Instruction(opcode, bool(head["barrier"]), fields))
    return found
