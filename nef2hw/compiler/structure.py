"""The structure of a core: the choices that make it, and the sizes that a network needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nef2hw.compiler.places import slot_places
from nef2hw.compiler.schedule import RowPlace, SlotPlace, instructions
from nef2hw.compiler.source_rows import SourceRows, rows_by_source
from nef2hw.errors import CapacityError
from nef2hw.program.config import MAX_FLAGS, MAX_TOTALS, CoreConfig, WeightMemory
from nef2hw.program.memory import MemoryId
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.planes import plane_words

#: Most words in a memory: the bus addresses 2**24 beats.
MAX_WEIGHT_BEATS = 1 << 24


@dataclass(frozen=True)
class CoreShape:
    """Choices of structure that the network does not make."""

    lanes: int
    neuron_lanes: int = 1
    neuron_interval: int = 1
    weight_memory: WeightMemory = "block"
    distributed_words: int = 0  #: up to this many accumulator words go into look-up tables
    sums_results: bool = False  #: the link can sum results over the steps of a request


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
    slots = slot_places(network, shape.lanes, shape.neuron_lanes)
    rows = rows_by_source(network, slots, shape.lanes)
    sized = _with_abilities(_sized(network, shape, slots, rows), network)
    _refuse_unreachable_weights(sized)
    places = {name: RowPlace(0, len(r.targets), 0) for name, r in rows.items()}
    count = len(instructions(network, sized, slots, places))
    distributed = sized.accumulator_words <= shape.distributed_words
    return replace(
        sized,
        schedule_words=count * (within or sized).instruction_words,
        sum_memory="distributed" if distributed else "block",
        total_words=_total_words(network) if shape.sums_results else 0,
    )


def _sized(
    network: QuantizedNetwork,
    shape: CoreShape,
    slots: Mapping[tuple[str, int], SlotPlace],
    rows: Mapping[str, SourceRows],
) -> CoreConfig:
    """Return a core whose memories hold all but the schedule."""
    populations = network.populations
    sizes = [(p.size, max(1, len(p.compartments))) for p in populations]
    rows_of = [(p, slots[p.name, 0].rows) for p in populations]
    return CoreConfig(
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
        neuron_lanes=shape.neuron_lanes,
        neuron_interval=shape.neuron_interval,
        weight_memory=shape.weight_memory,
    )


def _with_abilities(core: CoreConfig, network: QuantizedNetwork) -> CoreConfig:
    """Give ``core`` what the synapses and neurons of ``network`` do, and no more."""
    compartments = [c for p in network.populations for c in p.compartments]
    neurons = [p.neurons for p in network.populations if p.neurons is not None]
    return replace(
        core,
        filtering=any(c.leak_code is not None for c in compartments),
        coupled=any(c.coupling is not None for c in compartments),
        integrating=any(n.integrate for n in neurons),
        subtracting=any(n.subtract for n in neurons),
    )


def _refuse_unreachable_weights(core: CoreConfig) -> None:
    weights = core.memories[MemoryId.WEIGHTS]
    if weights.depth * weights.stride > MAX_WEIGHT_BEATS:
        raise CapacityError(
            f"the weights take {weights.bits} bits, more than a core can address; use fewer "
            "--weight-bits or smaller ensembles"
        )


def _total_words(network: QuantizedNetwork) -> int:
    """Room for a sum of each neuron of the largest population, and of the cycles."""
    widest = max(p.size for p in network.populations)
    return min(1 << widest.bit_length(), MAX_TOTALS)
