"""Named layouts of the core's stream payloads and memory words."""

from collections.abc import Collection, Mapping

from amaranth.hdl import ShapeLike, signed, unsigned
from amaranth.lib import data, enum

from nef2hw.program.config import MAX_FLAGS, CoreConfig
from nef2hw.program.words import (
    deliver_fields,
    filter_fields,
    instruction_fields,
    membrane_fields,
    row_fields,
    row_map_fields,
    update_fields,
)


class BusRequest(data.Struct):
    """One 32-bit access to a memory; ``address`` counts beats."""

    memory: 4
    address: 24
    write: 1
    data: 32


class RunRequest(data.Struct):
    """Run one step, or clear all state when ``reset`` is set."""

    reset: 1
    changed: MAX_FLAGS


class ResultWord(data.Struct):
    """One word of a step's results; ``last`` marks the cycle count that ends it."""

    data: 32
    last: 1


class Base(enum.Enum, shape=2):
    """What a weight is added to."""

    SUM = 0  #: the sum so far
    DOUBLE = 1  #: twice the sum: a new bit plane begins
    ZERO = 2  #: nothing: a held sum is replaced


def layout_of(fields: Mapping[str, int], signed_fields: Collection[str] = ()) -> data.StructLayout:
    """Make a layout of named ``fields``."""
    return data.StructLayout(
        {name: signed(w) if name in signed_fields else unsigned(w) for name, w in fields.items()}
    )


def row_of(shape: ShapeLike, config: CoreConfig) -> data.ArrayLayout:
    """Layout of one value for each of the neurons that enter together."""
    return data.ArrayLayout(shape, config.neuron_lanes)


def instruction_layout(config: CoreConfig) -> data.StructLayout:
    """Opcode, barrier and body of an instruction."""
    return layout_of(instruction_fields(config))


def update_layout(config: CoreConfig) -> data.StructLayout:
    """Body of UPDATE."""
    return layout_of(update_fields(config), {"first_offset", "second_offset", "min_voltage"})


def deliver_layout(config: CoreConfig) -> data.StructLayout:
    """Body of DELIVER."""
    return layout_of(deliver_fields(config))


def row_map_layout(config: CoreConfig) -> data.StructLayout:
    """Word of the row map."""
    return layout_of(row_map_fields(config))


def filter_layout(config: CoreConfig) -> data.StructLayout:
    """State of a slot, one of a row in the filter memory."""
    return layout_of(filter_fields(config), {"state"})


def membrane_layout(config: CoreConfig) -> data.StructLayout:
    """State of a neuron, one of a row in the membrane memory."""
    return layout_of(membrane_fields(config), {"voltage"})


def event_layout(config: CoreConfig) -> data.StructLayout:
    """A row of weights to deliver, and how."""
    return data.StructLayout(
        {
            **{name: unsigned(w) for name, w in row_fields(config).items()},
            "base": Base,
            "subtract": unsigned(1),
            "silent": unsigned(1),  #: add nothing, only the base counts; never with ``subtract``
        }
    )
