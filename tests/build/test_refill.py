"""A placed core that is filled is the core that is placed with that content, bit for bit."""

import random
from dataclasses import replace

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from nef2hw.boards.registry import find_board
from nef2hw.build.contents.marker import MARKER_DIGEST
from nef2hw.build.contents.refill import CELLS, describe_core, load_cells, refill
from nef2hw.build.design import NO_DIGEST, BoardDesign
from nef2hw.build.families.registry import family_of
from nef2hw.build.place import place_design, prepare
from nef2hw.errors import ToolError
from nef2hw.rtl.link.identity import Identity

#: Name, words and bits of each memory: one in several blocks, one that is small.
SHAPES = {"wide": (256, 40), "flat": (20, 12)}
DIGEST = "0123456789abcdef"


class Remembering(wiring.Component):
    """Memories and a digest, where a core has them, between the pins of a serial port."""

    def __init__(self, contents, digest):
        self._contents, self._digest = contents, digest
        super().__init__({"rx": In(1), "tx": Out(1)})

    def elaborate(self, platform):
        m = Module()
        bits, told = Signal(64), Signal()
        m.d.sync += bits.eq(bits << 1 | self.rx)
        for name, (depth, width) in SHAPES.items():
            words = [
                self._contents[name][::-1][width * k : width * (k + 1)][::-1] for k in range(depth)
            ]
            m.submodules[name] = cells = Memory(
                shape=width, depth=depth, init=[int(word, 2) for word in words]
            )
            read, write = cells.read_port(), cells.write_port()
            m.d.comb += [read.addr.eq(bits), write.addr.eq(bits), write.data.eq(bits[8:])]
            m.d.comb += [write.en.eq(bits[-1]), read.en.eq(~bits[-1])]
            told ^= read.data.xor()
        identity = Identity(bytes(8), bytes.fromhex(self._digest), 64)
        m.submodules.port = port = Module()
        port.submodules.commands = commands = Module()
        commands.submodules.identity = identity
        m.d.comb += [
            identity.o.ready.eq(bits[0]),
            identity.clear.eq(bits[1]),
            identity.store.eq(bits[2]),
        ]
        m.d.comb += [identity.byte.eq(bits[3:]), self.tx.eq(told ^ identity.o.p.data.xor())]
        return m


def random_contents(seed):
    rng = random.Random(seed)
    return {
        name: f"{rng.getrandbits(depth * width):0{depth * width}b}"
        for name, (depth, width) in SHAPES.items()
    }


def place(board, contents, digest, folder):
    job = prepare(BoardDesign(board, Remembering(contents, digest)), board, folder, print)
    place_design(job, (1,))
    return job


BOARDS = ("ulx3s_12f", "icebreaker", "tang_nano_9k", "tang_primer_20k")


@pytest.fixture(scope="module", params=BOARDS)
def placed(request, tmp_path_factory):
    """A small core placed with one content, described, and placed again with another."""
    board = find_board(request.param)
    digest = MARKER_DIGEST if family_of(board).refilling.holds_digest else NO_DIGEST
    first = place(board, random_contents(1), digest, tmp_path_factory.mktemp("first"))
    describe_core(first.stages, family_of(board).refilling, random_contents(1), first.sources.flow)
    second = place(board, random_contents(2), digest, tmp_path_factory.mktemp("second"))
    return first, (second.stages.folder / second.sources.flow.routed).read_text()


def routed_text(job):
    return (job.stages.folder / job.sources.flow.routed).read_text()


def fill(job, seed):
    refilling = family_of(job.stages.board).refilling
    return refill(job.stages, refilling, random_contents(seed), DIGEST, job.sources.flow)


def test_filling_gives_what_placing_with_that_content_gives(placed):
    job, expected = placed
    refilling = family_of(job.stages.board).refilling
    before = routed_text(job)
    cells = fill(job, 2)
    assert (cells.left_out, set(cells.memories.values())) == ((), set(SHAPES))
    assert len(cells.digest) == (64 if refilling.holds_digest else 0)
    filled = refilling.open(routed_text(job), cells.bels)
    told = sum(filled.read_register(cell) << k for k, cell in enumerate(cells.digest))
    if refilling.holds_digest:
        assert told.to_bytes(8, "little").hex() == DIGEST
    for cell in cells.digest:
        filled.write_register(cell, True)
    assert before != filled.text == expected


def test_a_cell_that_does_not_hold_what_was_written_is_told(placed, monkeypatch):
    job, _ = placed
    refilling = family_of(job.stages.board).refilling

    class Forgetful(refilling.open):
        def write(self, cell, content):
            """Write nothing."""

    broken = replace(refilling, open=Forgetful)
    with pytest.raises(ToolError, match=r"cells of the placed core do not hold .*--no-cache"):
        refill(job.stages, broken, random_contents(3), DIGEST, job.sources.flow)


def test_memories_whose_place_is_not_proved_are_left_to_the_host(placed):
    job, _ = placed
    refilling = family_of(job.stages.board).refilling
    known = (job.stages.folder / CELLS).read_text()
    wrong = random_contents(1) | {"flat": "1" * 240}
    describe_core(job.stages, refilling, wrong, job.sources.flow)
    cells = load_cells(job.stages.folder / CELLS)
    assert cells.left_out == ("flat", "wide")
    assert cells.digest == ()
    (job.stages.folder / CELLS).write_text(known)
