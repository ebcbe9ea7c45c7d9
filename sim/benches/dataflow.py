"""Bench of any block with streams: words go in, the words expected must come out, in order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cocotb

from nef2hw.sim.benches.cases import StreamCases, load_cases
from nef2hw.sim.benches.pins import Pins

#: Environment variable with the path of the cases.
CASES_VARIABLE = "NEF2HW_BENCH_CASES"

#: Cycles to wait after the last expected word for words that nobody expects.
QUIET_CYCLES = 50


@cocotb.test()
async def every_word_is_as_expected(dut: Any) -> None:
    """Feed all inputs at once and compare every output word, field by field."""
    inputs, outputs, stall, seed = load_cases(Path(os.environ[CASES_VARIABLE]))
    pins = Pins(dut, list(inputs), list(outputs), stall, seed)
    await pins.reset()
    for name, cases in inputs.items():
        pins.sources[name].queue.extend(cases.words)
    while any(len(pins.sinks[name].words) < len(cases.words) for name, cases in outputs.items()):
        await pins.cycle()
        _compare_new(pins, outputs, inputs)
    for _ in range(QUIET_CYCLES):
        await pins.cycle()
    for name, cases in outputs.items():
        extra = len(pins.sinks[name].words) - len(cases.words)
        assert extra == 0, f"{name}: {extra} words more than the {len(cases.words)} expected"


def _compare_new(
    pins: Pins, outputs: dict[str, StreamCases], inputs: dict[str, StreamCases]
) -> None:
    """Compare the last word of each output; earlier ones were compared when they came."""
    for name, cases in outputs.items():
        words = pins.sinks[name].words
        index = len(words) - 1
        if not 0 <= index < len(cases.words) or words[index] == cases.words[index]:
            continue
        for field in cases.fields:
            got, expected = field.unpack(words[index]), field.unpack(cases.words[index])
            given = "; ".join(
                f"{source}: {asked.describe(asked.words[index])}"
                for source, asked in inputs.items()
                if len(asked.words) == len(cases.words)
            )
            assert got == expected, (
                f"{name}, word {index}, {field.name}: got {got}, expected {expected} ({given})"
            )
