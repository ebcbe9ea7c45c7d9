"""Cells of the slowest path are named by the part of the design they belong to."""

import re

import pytest
from amaranth.back import rtlil

from nef2hw.build.nextpnr import Hop
from nef2hw.build.parts import PARTS, part_of
from nef2hw.build.report import describe_path
from nef2hw.rtl.top import Top
from tests.sim.networks import program_of, tiny


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("top.core.neurons.membrane.moved_FF_Q_3", "membranes (core.neurons.membrane)"),
        ("top.core.neurons.in_force_LUT4_Z", "control of the neuron engine (core.neurons)"),
        (
            "top.top.core.neurons.membrane.divider_3.stage_1_FF",
            "dividers (core.neurons.membrane.divider)",
        ),
        ("top.core.synapses.weights.cells.0.3", "weight memory (core.synapses.weights)"),
        ("top.receiver.data_FF", "UART receiver (receiver)"),
        ("top.port.receiver.ring.0.0", "frame receiver of the link (port.receiver)"),
        ("$PACKER_VCC", "$PACKER_VCC"),
        ("top.core_of_another", "top.core_of_another"),
    ],
)
def test_a_cell_is_named_by_the_innermost_part_around_it(cell, part):
    assert part_of(cell) == part


def test_every_part_that_is_named_is_in_the_design():
    program = program_of(tiny(), lanes=4, neuron_lanes=2)
    top = Top(program.config, program.image, uart_divisor=4)
    text = rtlil.convert(top, name="top")
    found = set(re.findall(r"^module \\top\.(\S+)", text, re.MULTILINE))
    assert PARTS.keys() - {"core.neurons.membrane.divider"} <= found
    assert "core.neurons.membrane.divider_1" in found


def test_the_slowest_path_tells_parts_and_cells():
    hops = [
        Hop("clk-to-q", 0.5, "top.core.sequencer.clear_FF", "top.core.sequencer.clear_FF"),
        Hop("routing", 2.0, "top.core.sequencer.clear_FF", "top.core.queue.level_LUT"),
        Hop("setup", 0.25, "top.core.queue.level_FF", "top.core.queue.level_FF"),
    ]
    assert describe_path(hops) == {
        "from_part": "sequencer (core.sequencer)",
        "to_part": "result queue (core.queue)",
        "from": "top.core.sequencer.clear_FF",
        "to": "top.core.queue.level_FF",
        "logic_ns": 0.75,
        "routing_ns": 2.0,
        "hops": 3,
    }
    assert describe_path([]) == {}
