"""A compiled model of the core of a program."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TypeVar

import numpy as np

from nef2hw.program.decode import decode_states
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import BeatArray, MemoryId
from nef2hw.program.program import Program
from nef2hw.rtl.core import Core
from nef2hw.sim.compiled.driver import DEFAULT_PATIENCE, CoreModel
from nef2hw.sim.replay import (
    Operation,
    Read,
    WordArray,
    Write,
    load_operations,
    replay,
    reset_operations,
    state_operations,
    step_operations,
)
from nef2hw.tools import Notify, notify_on_stderr
from nef2hw.trace import Trace

_Result = TypeVar("_Result")

_NOTHING = np.zeros(0, dtype=np.uint32)


class CompiledCore:
    """The core that ``program`` needs, as a compiled model, with empty memories.

    Parameters
    ----------
    program : Program
    stall, seed, patience
        As of `nef2hw.sim.compiled.driver.CoreModel`.
    """

    def __init__(
        self,
        program: Program,
        *,
        stall: float = 0.0,
        seed: int = 0,
        patience: int = DEFAULT_PATIENCE,
        notify: Notify = notify_on_stderr,
    ) -> None:
        self.program = program
        self.model = CoreModel(
            Core(program.config), stall=stall, seed=seed, patience=patience, notify=notify
        )
        self._before: Mapping[str, CodeArray] | None = None

    def perform(self, operations: Generator[Operation, WordArray, _Result]) -> _Result:
        """Carry out ``operations`` on the streams of the core; returns what they return."""
        answer = _NOTHING
        try:
            operation = next(operations)
            while True:
                answer = self._perform_one(operation)
                operation = operations.send(answer)
        except StopIteration as end:
            result: _Result = end.value
            return result

    def _perform_one(self, operation: Operation) -> WordArray:
        if isinstance(operation, Write):
            self.model.bus_write(operation.memory, operation.address, operation.beats)
            return _NOTHING
        if isinstance(operation, Read):
            return self.model.bus_read(operation.memory, operation.address, operation.count)
        return self.model.run(operation.reset, operation.changed, operation.room)

    def load(self, program: Program | None = None) -> None:
        """Load the image of ``program``, by default the one the core was made for."""
        self.program = program or self.program
        self.perform(load_operations(self.program))

    def reset(self) -> None:
        """Return the network to its initial state."""
        self.perform(reset_operations(self.program))
        self._before = None

    def step(self, row: Mapping[str, CodeArray]) -> WordArray:
        """Run a step on one row of codes per input; returns the result words."""
        words = self.perform(step_operations(self.program, row, self._before))
        self._before = dict(row)
        return words

    def read_states(self) -> Mapping[str, CodeArray]:
        """Read all states, named as in a Trace."""
        return decode_states(self.program, self.dump_states())

    def dump_states(self) -> dict[MemoryId, BeatArray]:
        """Read the state memories, (depth, beats) each."""
        return self.perform(state_operations(self.program))

    def run(self, codes: Mapping[str, CodeArray], states: bool = False) -> Trace:
        """Load, reset and run on ``codes``, (steps, size) per input."""
        return self.perform(replay(self.program, codes, states))

    def close(self) -> None:
        """Free the model."""
        self.model.close()


def simulate_rtl(
    program: Program,
    codes: Mapping[str, CodeArray],
    *,
    states: bool = False,
    stall: float = 0.0,
    seed: int = 0,
    notify: Notify = notify_on_stderr,
) -> Trace:
    """Simulate the RTL of ``program`` as a compiled model.

    Parameters
    ----------
    codes
        (steps, size) integer codes per input.
    states
        Whether the trace holds all states of every step.
    stall
        Probability of a stall per cycle and stream.

    Raises
    ------
    ToolError
        The model could not be built, or the core hangs or breaks its protocol.
    """
    core = CompiledCore(program, stall=stall, seed=seed, notify=notify)
    try:
        return core.run(codes, states)
    finally:
        core.close()
