"""Memories are mapped as synthesis maps them."""

import pytest

from nef2hw.build.sizing.families import RULES
from nef2hw.build.sizing.mapping import Memory, map_memory

#: What yosys made of each memory.
MAPPED = [
    ("ecp5", Memory(512, 36), "block_rams", 1),
    ("ecp5", Memory(513, 36), "block_rams", 2),
    ("ecp5", Memory(512, 8), "block_rams", 1),
    ("ecp5", Memory(16_384, 1), "block_rams", 1),
    ("ecp5", Memory(384, 256, "block", shared=True), "block_rams", 8),
    ("ecp5", Memory(10, 64, "block", shared=True), "block_rams", 2),
    ("ecp5", Memory(138, 16, parts=1), "block_rams", 1),
    ("ecp5", Memory(100, 32, parts=2), "block_rams", 1),
    ("ecp5", Memory(100, 34, reads=2), "block_rams", 2),
    ("ecp5", Memory(16, 736, at_once=True), "lut_rams", 184),
    ("ecp5", Memory(24, 32, shared=True), "lut_rams", 16),
    ("ecp5", Memory(2, 2, shared=True), "register_bits", 4),
    ("ice40", Memory(256, 16), "block_rams", 1),
    ("ice40", Memory(512, 16), "block_rams", 2),
    ("ice40", Memory(138, 20), "block_rams", 2),
    ("ice40", Memory(454, 34, reads=2), "block_rams", 10),
    ("ice40", Memory(454, 34, reads=2, unread=frozenset(range(30, 34))), "block_rams", 9),
    ("ice40", Memory(2, 27), "register_bits", 54),
    ("ice40", Memory(1280, 64, "huge", shared=True), "spram_blocks", 4),
    ("ice40", Memory(16_385, 64, "huge", shared=True), "spram_blocks", 8),
    ("ice40", Memory(720, 32, "block", shared=True), "block_rams", 6),
    ("gowin", Memory(640, 64, "block", shared=True), "block_rams", 4),
    ("gowin", Memory(24, 32, shared=True), "block_rams", 1),
    ("xilinx7", Memory(1280, 64, "block", shared=True), "block_rams", 6),
    ("xilinx7", Memory(36, 184, "block"), "block_rams", 6),
    ("xilinx7", Memory(24, 32, shared=True), "lut_rams", 4),
]


@pytest.mark.parametrize(("family", "memory", "resource", "blocks"), MAPPED)
def test_a_memory_becomes_what_synthesis_makes_of_it(family, memory, resource, blocks):
    found = map_memory(memory, RULES[family].rams)
    assert (found.resource, found.blocks) == (resource, blocks)


@pytest.mark.parametrize(
    ("family", "memory"),
    [
        ("ecp5", Memory(16, 16, "huge", shared=True)),
        ("ice40", Memory(16, 16, "distributed")),
        ("ice40", Memory(16, 16, "huge")),
        ("ice40", Memory(16, 16, "block", at_once=True)),
    ],
)
def test_what_no_ram_of_a_family_can_do_is_mapped_to_none(family, memory):
    assert map_memory(memory, RULES[family].rams) is None
