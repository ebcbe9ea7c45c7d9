"""What a host does with a core, as operations on its streams, whoever carries them out.

`replay` is a generator: it yields one operation after the other, is sent the
words that came back, and returns a Trace. The compiled model carries the
operations out at once, a cocotb bench one clock cycle at a time.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from nef2hw.program.decode import decode_results, decode_states, result_words
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.memory import IMAGE_MEMORIES, STATE_MEMORIES, BeatArray, MemoryId, MemoryShape
from nef2hw.program.planes import pack_planes, plane_places
from nef2hw.program.program import Program
from nef2hw.trace import Trace

WordArray = npt.NDArray[np.uint32]

_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True)
class Write:
    """Write consecutive beats of a memory."""

    memory: MemoryId
    address: int  #: of the first beat
    beats: WordArray


@dataclass(frozen=True)
class Read:
    """Read consecutive beats of a memory."""

    memory: MemoryId
    address: int  #: of the first beat
    count: int


@dataclass(frozen=True)
class Run:
    """Run one step, or clear all state; answered by the words of its results."""

    reset: bool
    changed: int  #: bit k tells that the inputs of flag k have new planes
    room: int  #: most words that may come


Operation = Write | Read | Run
Operations = Generator[Operation, WordArray, None]


def load_operations(program: Program) -> Operations:
    """Write the image."""
    for memory in IMAGE_MEMORIES:
        beats = program.image.beats[memory]
        yield from _write_words(memory, program.config.memories[memory], beats)


def reset_operations(program: Program) -> Operations:
    """Clear all state, then write what is not zero in the beginning."""
    yield Run(reset=True, changed=0, room=1)
    for memory, words in program.image.initial_state.items():
        shape = program.config.memories[memory]
        for address, word in words:
            raw = word.to_bytes(4 * shape.beats, "little")
            beats = np.frombuffer(raw, dtype="<u4").astype(np.uint32)
            yield Write(memory, address * shape.stride, beats)


def step_operations(
    program: Program, row: Mapping[str, CodeArray], before: Mapping[str, CodeArray] | None
) -> Generator[Operation, WordArray, WordArray]:
    """Write the inputs that differ from the step before and run a step; returns its results."""
    changed = 0
    for place in plane_places(program.network.inputs):
        codes = row[place.port.name]
        if before is not None and np.array_equal(codes, before[place.port.name]):
            continue
        changed |= 1 << place.flag
        yield Write(MemoryId.PLANES, place.address, pack_planes(place, codes))
    words = yield Run(reset=False, changed=changed, room=result_room(program))
    return words


def state_operations(
    program: Program,
) -> Generator[Operation, WordArray, dict[MemoryId, BeatArray]]:
    """Read the state memories; returns the beats of each, (depth, beats)."""
    dumps = {}
    for memory in STATE_MEMORIES:
        shape = program.config.memories[memory]
        padded = yield Read(memory, 0, shape.depth * shape.stride)
        dumps[memory] = padded.reshape(shape.depth, shape.stride)[:, : shape.beats]
    return dumps


def replay(
    program: Program, codes: Mapping[str, CodeArray], states: bool = False
) -> Generator[Operation, WordArray, Trace]:
    """Load, reset and run ``program`` on ``codes``, one row of each input per step.

    Parameters
    ----------
    codes
        (steps, size) integer codes per input.
    states
        Whether to read all states after every step.
    """
    yield from load_operations(program)
    yield from reset_operations(program)
    recorder = Recorder(program)
    before: Mapping[str, CodeArray] | None = None
    for row in rows_of(codes):
        words = yield from step_operations(program, row, before)
        dumps = (yield from state_operations(program)) if states else None
        recorder.add(words, dumps)
        before = row
    return recorder.trace()


class Recorder:
    """Collects the results of steps into a Trace."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._cycles: list[int] = []
        self._spikes: list[Mapping[str, CodeArray]] = []
        self._probes: list[Mapping[str, npt.NDArray[np.float64]]] = []
        self._states: list[Mapping[str, CodeArray]] = []

    def add(self, words: WordArray, dumps: Mapping[MemoryId, BeatArray] | None) -> None:
        """Add a step: its result words, and its state memories if they were read."""
        spikes, probes = decode_results(self._program, words[:-1])
        self._cycles.append(int(words[-1]))
        self._spikes.append(spikes)
        self._probes.append(probes)
        if dumps is not None:
            self._states.append(decode_states(self._program, dumps))

    def trace(self) -> Trace:
        """All steps so far."""
        return Trace(
            steps=len(self._cycles),
            spikes={k: v.astype(np.uint8) for k, v in stacked(self._spikes).items()},
            probes=stacked(self._probes),
            states=stacked(self._states),
            cycles=np.array(self._cycles, dtype=np.int64),
        )


def result_room(program: Program) -> int:
    """Number of words of a step's results, the cycle count included."""
    lanes = program.config.neuron_lanes
    return 1 + sum(result_words(p, lanes) for p in program.network.populations)


def rows_of(codes: Mapping[str, CodeArray]) -> Iterator[dict[str, CodeArray]]:
    """Split (steps, size) arrays into one row of every input per step."""
    steps = min(len(array) for array in codes.values())
    for step in range(steps):
        yield {name: array[step] for name, array in codes.items()}


def _write_words(memory: MemoryId, shape: MemoryShape, beats: BeatArray) -> Operations:
    if shape.stride == shape.beats:
        yield Write(memory, 0, np.ascontiguousarray(beats).ravel())
        return
    for word, row in enumerate(beats):
        yield Write(memory, word * shape.stride, np.ascontiguousarray(row))


def stacked(rows: Sequence[Mapping[str, npt.NDArray[_Scalar]]]) -> dict[str, npt.NDArray[_Scalar]]:
    """Join the arrays of successive steps by name, the step as first axis."""
    return {name: np.stack([row[name] for row in rows]) for name in (rows[0] if rows else {})}
