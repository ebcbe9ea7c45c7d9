"""Assembling: an integer network laid out in the memories of a core."""

from __future__ import annotations

from dataclasses import asdict

from nef2hw.compiler.contents import memory_image
from nef2hw.compiler.places import slot_places
from nef2hw.compiler.schedule import instructions
from nef2hw.compiler.source_rows import row_places, rows_by_source
from nef2hw.compiler.structure import CoreShape, core_config, shape_of
from nef2hw.errors import CapacityError
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program

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


def assemble(network: QuantizedNetwork, shape: CoreShape) -> Program:
    """Lay ``network`` out for a core of ``shape``, as small as holds it.

    Raises
    ------
    CapacityError
        If the network is larger than any core can be.
    """
    return _lay_out(network, core_config(network, shape))


def assemble_for(network: QuantizedNetwork, core: CoreConfig) -> Program:
    """Lay ``network`` out for a core that is there already.

    ``network`` is quantized for its formats.

    Raises
    ------
    CapacityError
        The core is too small; names all that it lacks.
    """
    own = asdict(core_config(network, shape_of(core), core))
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
    return _lay_out(network, core)


def _lay_out(network: QuantizedNetwork, config: CoreConfig) -> Program:
    """Place the network in the core that ``config`` describes, and fill its memories."""
    slots = slot_places(network, config.lanes, config.neuron_lanes)
    rows = rows_by_source(network, slots, config.lanes)
    schedule = instructions(network, config, slots, row_places(rows))
    return Program(config, memory_image(network, config, rows, schedule), network)
