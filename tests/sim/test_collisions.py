"""No result depends on a word that is read in the cycle in which it is written.

The build tells yosys so, which then spends no logic on such reads of block RAMs.
"""

import pytest
from amaranth.lib.memory import Memory
from amaranth.sim import Simulator

from nef2hw.build.families.registry import FAMILIES
from nef2hw.sim.compiled.verify import verify
from nef2hw.tools import has_tool
from tests.sim.collisions import spoil_collisions
from tests.sim.networks import layered, leakless, program_of, second_order

needs_compiler = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)


def one_word_rows():
    """Populations of at most 6, so that spikes of one step follow each other into one word."""
    return program_of(layered(sizes=(4, 6, 5, 2)), lanes=6, distributed_words=8)


def rows_of_one_word_and_more():
    """Pairs of compartments, and sizes above the 9 lanes."""
    return program_of(second_order(), lanes=9)


def counted_rows():
    """Rows that are added several times, and two neurons a cycle."""
    return program_of(leakless(), lanes=10, neuron_lanes=2)


def answers(transparent):
    """What a port reads of a word that holds 5: before, while and after 9 is written to it."""
    memory = Memory(shape=8, depth=4, init=[5] * 4)
    write = memory.write_port()
    read = memory.read_port(transparent_for=[write] if transparent else [])
    seen = []

    async def bench(ctx):
        ctx.set(write.data, 9)
        for writing in (0, 1, 0):
            ctx.set(write.en, writing)
            await ctx.tick()
            seen.append(ctx.get(read.data))

    simulator = Simulator(memory)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return seen


def test_a_spoiled_port_answers_a_collision_with_nonsense(monkeypatch):
    assert answers(transparent=False) == [5, 5, 9]
    spoil_collisions(monkeypatch)
    assert answers(transparent=False) == [5, 5 ^ 0xFF, 9]
    assert answers(transparent=True) == [5, 9, 9]


@pytest.mark.parametrize("family", ["ecp5", "gowin", "ice40"])
def test_the_build_lets_block_rams_give_any_data_at_a_collision(family):
    assert "COLLISION_X_MASK" in FAMILIES[family].flow.synthesis["script_after_read"]


@needs_compiler
@pytest.mark.parametrize(
    ("make", "sums"),
    [
        (rows_of_one_word_and_more, "block"),
        (counted_rows, "block"),
        (one_word_rows, "distributed"),
    ],
)
def test_no_result_depends_on_a_word_read_while_it_is_written(make, sums, monkeypatch):
    program = make()
    assert program.config.sum_memory == sums
    spoil_collisions(monkeypatch)
    report = verify(program, steps=150, stall=0.2, seed=6)
    assert report.equal, str(report)
    assert report.spikes > 0
