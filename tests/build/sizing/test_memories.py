"""The list of memories is that of the hardware."""

import re

import pytest
from amaranth.back import rtlil

from nef2hw.build.sizing.memories import memories_of, queue_depths
from nef2hw.rtl.neuron_engine import in_flight
from nef2hw.rtl.top import Top
from tests.program.cores import core
from tests.sim.networks import layered, program_of, recurrent, relaying

RECEIVE_BYTES = 2048
CORES = [
    program_of(layered()).config,
    program_of(recurrent(), lanes=8, neuron_lanes=4).config,
    program_of(layered(), lanes=4, neuron_interval=8, distributed_words=64).config,
    program_of(relaying(), lanes=8, sums_results=True).config,
]


def shapes_in(text):
    """Depth and width of every memory of a design."""
    found = re.findall(r"^  memory width (\d+) size (\d+) ", text, re.MULTILINE)
    return sorted((int(depth), int(width)) for width, depth in found)


@pytest.mark.parametrize("config", CORES)
def test_all_memories_of_the_hardware_are_known_with_their_shapes(config):
    top = Top(config, uart_divisor=25, frame_bytes=RECEIVE_BYTES)
    text = rtlil.convert(top, name="top", emit_src=False)
    known = dict(memories_of(config, RECEIVE_BYTES))
    # Constant bits of an event are no part of the memory that synthesis makes.
    events = known.pop("events")
    found = shapes_in(text)
    for memory in known.values():
        assert (memory.depth, memory.width) in found
        found.remove((memory.depth, memory.width))
    ((depth, width),) = found
    assert depth == events.depth
    assert width == events.width + 4


@pytest.mark.parametrize("interval", [1, 2, 4, 8, 16])
def test_the_queue_of_events_is_as_deep_as_in_the_hardware(interval):
    config = core(neuron_interval=interval)
    assert queue_depths(config)[0] == (1 << (2 * in_flight(config) - 1).bit_length()) - 1
