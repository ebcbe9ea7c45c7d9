"""The synapse engine adds, doubles and subtracts rows of weights, without losing a carry."""

import numpy as np
import pytest

from nef2hw.program.words import pack, row_map_fields
from nef2hw.rtl.layouts import Base
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from tests.benches.blocks import StreamedSynapses, check_block
from tests.sim.networks import layered, program_of

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

WEIGHTS = 64
TARGETS = 9


class Memories:
    """Random weights with their extremes, a row map, and the sums they lead to."""

    def __init__(self, config, rng):
        self.config = config
        low = -(1 << (config.formats.weight_bits - 1))
        self.weights = rng.integers(low, -low, (WEIGHTS, config.lanes))
        self.weights[:4] = [[low], [-low - 1], [-1], [0]]
        self.targets = rng.permutation(config.accumulator_words)[:TARGETS]
        self.delayed = rng.integers(0, 2, TARGETS)
        self.sums = np.zeros((2, config.accumulator_words, config.lanes), dtype=np.int64)

    def weight_words(self):
        bits = self.config.formats.weight_bits
        mask = (1 << bits) - 1
        return [sum((int(w) & mask) << (bits * k) for k, w in enumerate(r)) for r in self.weights]

    def row_map_words(self):
        fields = row_map_fields(self.config)
        return [
            pack(fields, {"accumulator": int(t), "delayed": int(d)})
            for t, d in zip(self.targets, self.delayed, strict=True)
        ]

    def deliver(self, bank, event):
        """Add the rows of an event as the engine should."""
        for k in range(event["row_words"]):
            at = bank ^ self.delayed[event["row_map"] + k], self.targets[event["row_map"] + k]
            before = self.sums[at]
            base = {Base.SUM: before, Base.DOUBLE: 2 * before, Base.ZERO: 0 * before}
            added = self.weights[event["row"] + k] * (not event["silent"])
            self.sums[at] = base[event["base"]] + (-added if event["subtract"] else added)

    def take(self, bank, address, keep):
        """Return a word of sums, and clear it unless it is kept."""
        word = self.sums[bank, address].copy()
        self.sums[bank, address] *= keep
        return word


def random_event(rng):
    words = int(rng.integers(1, 6))
    base = [Base.SUM, Base.SUM, Base.DOUBLE, Base.ZERO][rng.integers(4)]
    silent = rng.random() < 0.1
    return {
        "row": int(rng.integers(0, WEIGHTS - words)),
        "row_words": words,
        "row_map": int(rng.integers(0, TARGETS - words)),
        "base": base,
        "subtract": int(rng.random() < 0.4 and not silent),
        "silent": int(silent),
    }


@pytest.mark.parametrize("stall", [0.0, 0.5])
def test_sums_are_as_dense_arithmetic_has_them(stall, tmp_path):
    config = program_of(layered(), lanes=8).config
    rng = np.random.default_rng(11)
    memories = Memories(config, rng)
    block = StreamedSynapses(config, memories.weight_words(), memories.row_map_words())
    commands, sums = [], []
    for round_index in range(40):
        bank = int(rng.integers(2))
        for _ in range(int(rng.integers(1, 7))):
            event = random_event(rng)
            memories.deliver(bank, event)
            commands.append({"bank": bank, **{f"event.{k}": v for k, v in event.items()}})
        for side in (bank, 1 - bank):
            for address in range(config.accumulator_words):
                keep = int(round_index % 3 == 1)
                sums.append(memories.take(side, address, keep))
                take = {"take.address": address, "take.keep": keep}
                commands.append({"bank": side, "is_take": 1, **take})
    names = sorted({name for command in commands for name in command})
    columns = {
        n: [int(getattr(c.get(n, 0), "value", c.get(n, 0))) for c in commands] for n in names
    }
    given = stream_cases(block.command, columns)
    expected = stream_cases(
        block.sums, {str(k): column for k, column in enumerate(np.transpose(sums))}
    )
    check_block(block, {"i": given}, {"o": expected}, tmp_path, stall)
