"""A command port with a core that exists only in the test bench."""

import random
from dataclasses import dataclass, field

from nef2hw.host.protocol import DELIMITER, Answer, decode_answer, encode_request
from nef2hw.program.memory import MemoryId, MemoryShape
from nef2hw.rtl.link.port import CommandPort
from tests.rtl.link_bench import collect, put, simulate, take, until_quiet

CONFIG_DIGEST = bytes.fromhex("0102030405060708")
IMAGE_DIGEST = bytes.fromhex("1112131415161718")
MEMORIES = {
    memory: MemoryShape(64, 32) for memory in MemoryId if memory is not MemoryId.IMAGE_DIGEST
}
QUIET = 400


@dataclass
class BenchCore:
    """Memories that remember, and steps that answer with ``words_per_step`` numbers."""

    words_per_step: int = 2
    rng: random.Random | None = None
    beats: dict[tuple[int, int], int] = field(default_factory=dict)
    writes: list[tuple[int, int, int]] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)  #: reset, changed
    running: bool = False

    def bus(self, port):
        async def process(ctx):
            while True:
                request = await take(ctx, port.bus, self.rng)
                assert not self.running, "bus request while a run is outstanding"
                place = (request.memory, request.address)
                if request.write:
                    self.beats[place] = request.data
                    self.writes.append((*place, request.data))
                else:
                    await put(ctx, port.bus_read, [self.beats.get(place, 0)], self.rng)

        return process

    def steps(self, port):
        async def process(ctx):
            while True:
                request = await take(ctx, port.run, self.rng)
                self.running = True
                self.runs.append((request.reset, request.changed))
                for word in self.results_of(len(self.runs) - 1):
                    await put(ctx, port.results, [word], self.rng)
                self.running = False

        return process

    def results_of(self, run):
        """Return the result words of the run of that number."""
        reset, _ = self.runs[run]
        count = 0 if reset else self.words_per_step
        words = [
            {"data": (0x01000000 * run + word) % (1 << 32), "last": 0} for word in range(count)
        ]
        return [*words, {"data": 1000 + run, "last": 1}]


def frames_of(requests, first=1):
    """Number ``requests`` and turn them into bytes."""
    return b"".join(encode_request(r, first + i) for i, r in enumerate(requests))


def converse(
    raw, *, core=None, stall_seed=None, frame_bytes=512, total_words=0
) -> tuple[list[Answer], BenchCore]:
    """Send ``raw`` bytes to a port and return its answers and what its core saw."""
    rng = None if stall_seed is None else random.Random(stall_seed)
    core = core or BenchCore(rng=rng)
    port = CommandPort(CONFIG_DIGEST, MEMORIES, IMAGE_DIGEST, frame_bytes, total_words=total_words)
    out = bytearray()

    async def main(ctx):
        await put(ctx, port.i, raw, rng)
        idle = 0
        while idle < 2:  # a look may fall between two requests
            await until_quiet(ctx, out, QUIET)
            idle = 0 if ctx.get(port.busy) else idle + 1

    simulate(port, main, collect(port.o, out, rng), core.bus(port), core.steps(port))
    answers = [decode_answer(frame) for frame in bytes(out).split(DELIMITER)[:-1]]
    assert None not in answers
    return answers, core
