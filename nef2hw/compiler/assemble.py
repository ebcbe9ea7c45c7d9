"""Layout of an integer network in the memories of a core.

A source's row holds its weights into all its targets, one after the other, in
words of ``lanes`` weights; the row map says which accumulator word each word
of the row is added to. Words that are zero in all rows of a connection are
left out. Neuron i of a population sits in word ``i // lanes``,
lane ``i % lanes`` of its accumulators. The memories of neurons and slots hold
rows of ``neuron_lanes`` of them; a population starts a new row, and where its
last row is not full, zeros keep the lanes that are left silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from nef2hw.compiler.schedule import RowPlace, SlotPlace, instructions
from nef2hw.errors import CapacityError
from nef2hw.program.config import MAX_FLAGS, MAX_TOTALS, CoreConfig, WeightMemory
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import BeatArray, MemoryId, MemoryImage, MemoryShape, words_to_beats
from nef2hw.program.network import FRACTION_BITS, Compartment, Population, QuantizedNetwork
from nef2hw.program.planes import plane_words
from nef2hw.program.program import Program
from nef2hw.program.words import (
    SCHEDULE_BITS,
    Fields,
    membrane_fields,
    pack,
    row_map_fields,
    width_of,
)

#: Most words in a memory: the bus addresses 2**24 beats.
MAX_WEIGHT_BEATS = 1 << 24
#: What a core has to have at least as much of as a network needs.
_FITTING = (
    "weight_words",
    "accumulator_words",
    "row_map_words",
    "schedule_words",
    "neuron_rows",
    "spiking_rows",
    "slot_rows",
    "partial_words",
    "plane_words",
    "row_words",
    "flags",
    "filtering",
    "coupled",
    "integrating",
    "subtracting",
)


@dataclass(frozen=True)
class CoreShape:
    """Choices of structure that the network does not make."""

    lanes: int
    neuron_lanes: int = 1
    neuron_interval: int = 1
    weight_memory: WeightMemory = "block"
    distributed_words: int = 0  #: up to this many accumulator words go into look-up tables
    sums_results: bool = False  #: the link can sum results over the steps of a request


@dataclass(frozen=True)
class _Block:
    """The part of a source's rows that one projection takes."""

    codes: CodeArray  #: (n_pre, n_post)
    used: CodeArray  #: numbers of the words that are kept

    def words(self, lanes: int) -> CodeArray:
        """The words that are kept, (n_pre, words, lanes)."""
        return _in_words(self.codes, lanes)[:, self.used]


@dataclass(frozen=True)
class _Row:
    """The rows of one source: its weights, and where each word of a row goes."""

    blocks: tuple[_Block, ...]
    targets: tuple[tuple[int, bool], ...]  #: (accumulator word, delayed) per word

    @property
    def word_count(self) -> int:
        """Words of weights in all rows."""
        return len(self.targets) * (len(self.blocks[0].codes) if self.blocks else 0)


def assemble(network: QuantizedNetwork, shape: CoreShape) -> Program:
    """Lay ``network`` out for a core of ``shape``, as small as holds it.

    Raises
    ------
    CapacityError
        If the network is larger than any core can be.
    """
    return _lay_out(network, shape, core_config(network, shape))


def assemble_for(network: QuantizedNetwork, core: CoreConfig) -> Program:
    """Lay ``network`` out for a core that is there already.

    ``network`` is quantized for its formats.

    Raises
    ------
    CapacityError
        The core is too small; names all that it lacks.
    """
    shape = shape_of(core)
    own = asdict(core_config(network, shape, core))
    over = [
        f"{own[name]} {name} (it has {getattr(core, name)})"
        for name in _FITTING
        if own[name] > getattr(core, name)
    ]
    if over:
        raise CapacityError(
            f"the core is too small, the network needs {', '.join(over)}; leave --core out, so "
            "that a core is made for the network"
        )
    return _lay_out(network, shape, core)


def shape_of(core: CoreConfig) -> CoreShape:
    """The choices of structure that made ``core``."""
    return CoreShape(
        core.lanes,
        core.neuron_lanes,
        core.neuron_interval,
        core.weight_memory,
        core.accumulator_words if core.sum_memory == "distributed" else 0,
        core.total_words > 0,
    )


def _lay_out(network: QuantizedNetwork, shape: CoreShape, config: CoreConfig) -> Program:
    """Fill the memories of the core that ``config`` describes."""
    slots = _slot_places(network, shape)
    rows = _rows(network, slots, shape.lanes)
    places = _row_places(rows)
    memories = config.memories
    schedule = instructions(network, config, slots, places)
    beats = {
        MemoryId.WEIGHTS: _weight_beats(rows, memories[MemoryId.WEIGHTS], network),
        MemoryId.ROW_MAP: words_to_beats(_row_map(rows, config), memories[MemoryId.ROW_MAP]),
        MemoryId.SCHEDULE: _schedule_beats(schedule, config),
        MemoryId.BIAS: _code_beats(_bias(network, config), memories[MemoryId.BIAS]),
        MemoryId.FILTER: _code_beats(
            _shift(network, config) << network.formats.filter_bits, memories[MemoryId.FILTER]
        ),
    }
    return Program(config, MemoryImage(beats, _initial_state(network, config)), network)


def core_config(
    network: QuantizedNetwork, shape: CoreShape, within: CoreConfig | None = None
) -> CoreConfig:
    """Return the structure of the core of ``shape`` that holds ``network``, without its image.

    With ``within``, schedules are counted as that core has them.

    Raises
    ------
    CapacityError
        If the network is larger than any core can be.
    """
    slots = _slot_places(network, shape)
    return _config(network, shape, slots, _rows(network, slots, shape.lanes), within)


def bias_order(network: QuantizedNetwork) -> list[Population]:
    """Populations in the order of their neuron numbers: spiking ones first."""
    return sorted(network.populations, key=lambda p: p.neurons is None)


def _slot_places(network: QuantizedNetwork, shape: CoreShape) -> dict[tuple[str, int], SlotPlace]:
    """Place accumulators, slots and neurons of every compartment."""
    first, neuron = {}, 0
    for population in bias_order(network):
        first[population.name] = neuron
        neuron += -(-population.size // shape.neuron_lanes)
    places, accumulator, slot = {}, 0, 0
    for population in network.populations:
        rows = -(-population.size // shape.neuron_lanes)
        for k in range(max(1, len(population.compartments))):
            places[population.name, k] = SlotPlace(accumulator, slot, first[population.name], rows)
            accumulator += -(-population.size // shape.lanes)
            slot += rows
    return places


def _rows(
    network: QuantizedNetwork, slots: dict[tuple[str, int], SlotPlace], lanes: int
) -> dict[str, _Row]:
    sources = [p.name for p in network.inputs]
    sources += [p.name for p in network.populations if p.neurons is not None]
    sources += [relay.name for relay in network.relays]
    return {name: _row(name, network, slots, lanes) for name in sources}


def _row(
    source: str,
    network: QuantizedNetwork,
    slots: dict[tuple[str, int], SlotPlace],
    lanes: int,
) -> _Row:
    blocks, targets = [], []
    for population in network.populations:
        for k, compartment in enumerate(population.compartments):
            for projection in compartment.projections:
                if projection.pre == source:
                    used = used_words(projection.weight_code, lanes)
                    blocks.append(_Block(projection.weight_code, used))
                    targets += _targets(slots[population.name, k], used, compartment)
    return _Row(tuple(blocks), tuple(targets))


def used_words(weight_code: CodeArray, lanes: int) -> CodeArray:
    """Numbers of the words of a row, of (n_pre, n_post) codes, that are not zero in all rows."""
    peaks = np.abs(weight_code).max(axis=0, initial=0, keepdims=True)
    used: CodeArray = np.flatnonzero(_in_words(peaks, lanes).any(axis=2))
    return used


def _in_words(codes: CodeArray, lanes: int) -> CodeArray:
    """Reshape (n_pre, n_post) codes to (n_pre, words, lanes), zeros in unused lanes."""
    words = -(-codes.shape[1] // lanes)
    padded = np.zeros((codes.shape[0], words * lanes), dtype=np.int64)
    padded[:, : codes.shape[1]] = codes
    return padded.reshape(codes.shape[0], words, lanes)


def _targets(place: SlotPlace, used: CodeArray, compartment: Compartment) -> list[tuple[int, bool]]:
    return [(place.accumulator + w, compartment.delay == 1) for w in used.tolist()]


def _row_places(rows: dict[str, _Row]) -> dict[str, RowPlace]:
    places, row, row_map = {}, 0, 0
    for name, block in rows.items():
        used = bool(block.targets)
        places[name] = RowPlace(row, len(block.targets), row_map) if used else RowPlace(0, 0, 0)
        row += block.word_count
        row_map += len(block.targets)
    return places


def _config(
    network: QuantizedNetwork,
    shape: CoreShape,
    slots: dict[tuple[str, int], SlotPlace],
    rows: dict[str, _Row],
    within: CoreConfig | None,
) -> CoreConfig:
    populations = network.populations
    sizes = [(p.size, max(1, len(p.compartments))) for p in populations]
    rows_of = [(p, slots[p.name, 0].rows) for p in populations]
    neurons = [p.neurons for p in populations if p.neurons is not None]
    compartments = [c for p in populations for c in p.compartments]
    sized = CoreConfig(
        formats=network.formats,
        lanes=shape.lanes,
        weight_words=max(1, sum(r.word_count for r in rows.values())),
        accumulator_words=sum(-(-n // shape.lanes) * k for n, k in sizes),
        row_map_words=max(1, sum(len(r.targets) for r in rows.values())),
        schedule_words=1,
        neuron_rows=sum(n for _, n in rows_of),
        spiking_rows=sum(n for p, n in rows_of if p.neurons is not None),
        slot_rows=sum(place.rows for place in slots.values()),
        partial_words=max([0, *(n for p, n in rows_of if len(p.compartments) > 1)]),
        plane_words=max(1, plane_words(network)),
        row_words=max(1, *(len(r.targets) for r in rows.values())),
        flags=min(len(network.inputs), MAX_FLAGS),
        filtering=any(c.leak_code is not None for c in compartments),
        coupled=any(c.coupling is not None for c in compartments),
        integrating=any(n.integrate for n in neurons),
        subtracting=any(n.subtract for n in neurons),
        neuron_lanes=shape.neuron_lanes,
        neuron_interval=shape.neuron_interval,
        weight_memory=shape.weight_memory,
    )
    weights = sized.memories[MemoryId.WEIGHTS]
    if weights.depth * weights.stride > MAX_WEIGHT_BEATS:
        raise CapacityError(
            f"the weights take {weights.bits} bits, more than a core can address; use fewer "
            "--weight-bits or smaller ensembles"
        )
    places = {name: RowPlace(0, len(r.targets), 0) for name, r in rows.items()}
    count = len(instructions(network, sized, slots, places))
    distributed = sized.accumulator_words <= shape.distributed_words
    return replace(
        sized,
        schedule_words=count * (within or sized).instruction_words,
        sum_memory="distributed" if distributed else "block",
        total_words=_total_words(network) if shape.sums_results else 0,
    )


def _total_words(network: QuantizedNetwork) -> int:
    """Room for a sum of each neuron of the largest population, and of the cycles."""
    widest = max(p.size for p in network.populations)
    return min(1 << widest.bit_length(), MAX_TOTALS)


def _weight_beats(
    rows: dict[str, _Row], shape: MemoryShape, network: QuantizedNetwork
) -> BeatArray:
    bits = network.formats.weight_bits
    lanes = shape.width // bits
    words = [
        np.concatenate([block.words(lanes) for block in r.blocks], axis=1).reshape(-1, lanes)
        for r in rows.values()
        if r.targets
    ]
    codes = np.concatenate(words) if words else np.zeros((1, lanes), dtype=np.int64)
    return _pack_bits(codes, bits, shape)


def _pack_bits(codes: CodeArray, bits: int, shape: MemoryShape) -> BeatArray:
    """Join each row of ``codes`` into one word, lowest lane first."""
    raw = np.zeros((len(codes), shape.beats * 32), dtype=np.uint8)
    split = (codes[:, :, None] >> np.arange(bits)) & 1
    raw[:, : shape.width] = split.reshape(len(codes), -1)
    packed = np.packbits(raw, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u4").astype(np.uint32)


def _code_beats(codes: CodeArray, shape: MemoryShape) -> BeatArray:
    return _pack_bits(codes, shape.width // codes.shape[1], shape)


def _in_rows(codes: CodeArray, config: CoreConfig) -> CodeArray:
    """Reshape (n,) codes to (rows, neuron_lanes), zeros in unused lanes."""
    rows: CodeArray = _in_words(codes[None], config.neuron_lanes)[0]
    return rows


def _row_map(rows: dict[str, _Row], config: CoreConfig) -> list[int]:
    fields = row_map_fields(config)
    return [
        pack(fields, {"accumulator": address, "delayed": int(delayed)})
        for row in rows.values()
        for address, delayed in row.targets
    ] or [0]


def _schedule_beats(schedule: Sequence[int], config: CoreConfig) -> BeatArray:
    mask = (1 << SCHEDULE_BITS) - 1
    words = [
        (instruction >> (SCHEDULE_BITS * k)) & mask
        for instruction in schedule
        for k in range(config.instruction_words)
    ]
    return words_to_beats(words, config.memories[MemoryId.SCHEDULE])


def _bias(network: QuantizedNetwork, config: CoreConfig) -> CodeArray:
    return np.concatenate([_in_rows(p.bias_code, config) for p in bias_order(network)])


def _shift(network: QuantizedNetwork, config: CoreConfig) -> CodeArray:
    shifts = []
    for population in network.populations:
        codes = [c.shift_code for c in population.compartments]
        shifts += codes or [np.zeros(population.size, dtype=np.int64)]
    return np.concatenate([_in_rows(codes, config) for codes in shifts])


def _initial_state(
    network: QuantizedNetwork, config: CoreConfig
) -> dict[MemoryId, tuple[tuple[int, int], ...]]:
    membrane, overshoot = [], []
    for population in bias_order(network):
        if population.neurons is not None:
            assert population.voltage_init_code is not None
            assert population.refractory_init_code is not None
            assert population.overshoot_init_code is not None
            membrane += _state_rows(
                membrane_fields(config),
                {
                    "voltage": population.voltage_init_code,
                    "refractory": population.refractory_init_code,
                },
                config,
            )
            overshoot += _state_rows(
                {"overshoot": FRACTION_BITS}, {"overshoot": population.overshoot_init_code}, config
            )
    return {
        MemoryId.MEMBRANE: tuple((a, w) for a, w in enumerate(membrane) if w),
        MemoryId.OVERSHOOT: tuple((a, w) for a, w in enumerate(overshoot) if w),
    }


def _state_rows(fields: Fields, columns: Mapping[str, CodeArray], config: CoreConfig) -> list[int]:
    """Join the states of ``neuron_lanes`` neurons to a word, the first one lowest."""
    rows = {name: _in_rows(codes, config).tolist() for name, codes in columns.items()}
    count, width = len(next(iter(rows.values()))), width_of(fields)
    return [
        sum(
            pack(fields, {name: codes[row][lane] for name, codes in rows.items()}) << (width * lane)
            for lane in range(config.neuron_lanes)
        )
        for row in range(count)
    ]
