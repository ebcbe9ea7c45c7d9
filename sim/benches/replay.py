"""Bench of a whole core: replays a program on recorded inputs and compares every value.

The bench computes nothing: what each step must give was recorded from the golden model.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from nef2hw.program.archive import load_program, save_program
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.program import Program
from nef2hw.rtl.layouts import BusRequest, ResultWord, RunRequest
from nef2hw.sim.benches.cases import Field, payload_fields
from nef2hw.sim.benches.pins import Pins
from nef2hw.sim.replay import Operation, Read, WordArray, Write, replay
from nef2hw.trace import Trace, first_difference

#: Environment variable with the folder that `save_replay` filled.
REPLAY_VARIABLE = "NEF2HW_BENCH_REPLAY"


def save_replay(
    folder: Path,
    program: Program,
    codes: Mapping[str, CodeArray],
    expected: Trace,
    *,
    stall: float = 0.0,
    seed: int = 0,
) -> None:
    """Write what the bench replays: program, input codes, expected trace, stalls."""
    save_program(program, folder / "program.npz")
    expected.save(folder / "expected.npz")
    arrays: dict[str, Any] = {f"codes/{name}": rows for name, rows in codes.items()}
    np.savez(folder / "replay.npz", stall=np.float64(stall), seed=np.int64(seed), **arrays)


@cocotb.test()
async def every_step_is_as_recorded(dut: Any) -> None:
    """Load, reset, run all steps, read all states; compare with the recorded trace."""
    folder = Path(os.environ[REPLAY_VARIABLE])
    program, expected = load_program(folder / "program.npz"), Trace.load(folder / "expected.npz")
    with np.load(folder / "replay.npz", allow_pickle=False) as file:
        codes = {k.removeprefix("codes/"): file[k] for k in file.files if k.startswith("codes/")}
        stall, seed = float(file["stall"]), int(file["seed"])
    pins = Pins(dut, ["bus", "run"], ["bus_read", "results"], stall, seed)
    await pins.reset()
    actual = await _perform(pins, replay(program, codes, states=bool(expected.states)))
    difference = first_difference(expected, actual)
    assert difference is None, str(difference)


async def _perform(pins: Pins, operations: Generator[Operation, WordArray, Trace]) -> Trace:
    answer = np.zeros(0, dtype=np.uint32)
    try:
        operation = next(operations)
        while True:
            answer = await _perform_one(pins, operation)
            operation = operations.send(answer)
    except StopIteration as end:
        trace: Trace = end.value
        return trace


async def _perform_one(pins: Pins, operation: Operation) -> WordArray:
    if isinstance(operation, Write):
        beats = enumerate(operation.beats.tolist(), operation.address)
        await pins.send("bus", [_bus(operation.memory, a, write=1, data=d) for a, d in beats])
        return np.zeros(0, dtype=np.uint32)
    if isinstance(operation, Read):
        addresses = range(operation.address, operation.address + operation.count)
        pins.sources["bus"].queue.extend(_bus(operation.memory, a) for a in addresses)
        return np.array(await pins.receive("bus_read", operation.count), dtype=np.uint32)
    await pins.send("run", [_pack(_RUN, reset=operation.reset, changed=operation.changed)])
    words: list[int] = []
    while not words or not _RESULT["last"].unpack(words[-1]):
        words += await pins.receive("results", 1)
        assert len(words) <= operation.room, f"more than {operation.room} result words came"
    return np.array([_RESULT["data"].unpack(word) for word in words], dtype=np.uint32)


def _fields(shape: Any) -> dict[str, Field]:
    return {field.name: field for field in payload_fields(shape)}


_BUS, _RUN, _RESULT = _fields(BusRequest), _fields(RunRequest), _fields(ResultWord)


def _pack(fields: Mapping[str, Field], **values: int) -> int:
    return sum(fields[name].pack(value) for name, value in values.items())


def _bus(memory: int, address: int, write: int = 0, data: int = 0) -> int:
    return _pack(_BUS, memory=memory, address=address, write=write, data=data)
