"""Trace: what a network did, step by step, whoever ran it.

The one currency between float reference, golden model, simulated RTL and
board; any two can be compared by `first_difference`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nef2hw.archive import read_npz, write_npz
from nef2hw.errors import ProgramError

AnyArray = npt.NDArray[Any]
Scalar = TypeVar("Scalar", bound=np.generic)

#: Dtype of each group of arrays in a file.
_GROUPS: Mapping[str, type[np.generic]] = {
    "inputs": np.float64,
    "spikes": np.uint8,
    "probes": np.float64,
    "states": np.int64,
}
#: Most bytes of the arrays of one trace.
MAX_TRACE_BYTES = 1 << 32


@dataclass(frozen=True, eq=False)
class Trace:
    """Arrays by name, the first axis of each is the step.

    States are named ``<population>/voltage``, ``/overshoot``, ``/refractory`` and
    ``<population>/<k>/filter`` for the k-th compartment.
    """

    steps: int
    spikes: Mapping[str, npt.NDArray[np.uint8]]  #: ensemble -> (steps, n)
    probes: Mapping[str, npt.NDArray[np.float64]]  #: probe -> (steps, size), the model's units
    states: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)  #: if asked for
    cycles: npt.NDArray[np.int64] | None = None  #: (steps,), clock cycles, of hardware only
    inputs: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)  #: if kept
    #: Codes (steps, n) of values that are relayed, of the golden model only; not saved.
    relayed: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an ``.npz`` file: whole, or not at all."""
        arrays: dict[str, AnyArray] = {}
        for group, dtype in _GROUPS.items():
            for name, array in getattr(self, group).items():
                arrays[f"{group}/{name}"] = np.asarray(array, dtype=dtype)
        if self.cycles is not None:
            arrays["cycles"] = np.asarray(self.cycles, dtype=np.int64)
        write_npz(path, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Trace:
        """Read what `save` wrote.

        Raises
        ------
        ProgramError
            When the file is not a sound trace.
        """
        place = Path(path)
        arrays = read_npz(place, ProgramError, MAX_TRACE_BYTES)
        if not any(key.startswith("spikes/") for key in arrays):
            raise ProgramError(f"{place} has no spikes/..., expected a trace file")
        steps = max(len(np.atleast_1d(array)) for array in arrays.values())
        groups: dict[str, dict[str, AnyArray]] = {group: {} for group in _GROUPS}
        cycles = None
        for key, array in arrays.items():
            group, _, name = key.partition("/")
            _check_array(place, key, array, steps)
            if key == "cycles":
                cycles = array
            else:
                groups[group][name] = array
        return cls(steps=steps, cycles=cycles, **groups)


def join_traces(traces: Sequence[Trace]) -> Trace:
    """Put runs one after the other, as if they were one; what not all have is left out."""
    cycles = [trace.cycles for trace in traces if trace.cycles is not None]
    return Trace(
        steps=sum(trace.steps for trace in traces),
        spikes=_joined([trace.spikes for trace in traces]),
        probes=_joined([trace.probes for trace in traces]),
        states=_joined([trace.states for trace in traces]),
        cycles=np.concatenate(cycles) if len(cycles) == len(traces) else None,
        inputs=_joined([trace.inputs for trace in traces]),
        relayed=_joined([trace.relayed for trace in traces]),
    )


def _joined(parts: Sequence[Mapping[str, npt.NDArray[Scalar]]]) -> dict[str, npt.NDArray[Scalar]]:
    common = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in common}


@dataclass(frozen=True)
class Difference:
    """The first place where two traces part."""

    step: int
    place: str  #: such as ``spikes/layer0`` or ``states/layer0/voltage``
    index: tuple[int, ...]  #: within the step
    expected: float
    got: float

    def __str__(self) -> str:
        index = ", ".join(map(str, self.index))
        where = f"{self.place}[{index}]" if self.index else self.place
        return f"step {self.step}, {where}: expected {self.expected}, got {self.got}"


def first_difference(expected: Trace, actual: Trace) -> Difference | None:
    """Return where ``actual`` first parts from ``expected``; None when they agree exactly.

    Spikes and probes are always compared, the others when both traces have them.

    Raises
    ------
    ProgramError
        When the traces are of different networks or lengths.
    """
    first: Difference | None = None
    for place, wanted, got in _pairs(expected, actual):
        if wanted.shape != got.shape:
            raise ProgramError(
                f"{place} has shape {got.shape}, expected {wanted.shape}; the "
                "traces are of different networks or lengths"
            )
        unequal = wanted != got
        if not unequal.any():
            continue
        step, *index = map(int, np.argwhere(unequal)[0])
        if first is None or step < first.step:
            at = (step, *index)
            first = Difference(step, place, tuple(index), wanted[at].item(), got[at].item())
    return first


def _pairs(expected: Trace, actual: Trace) -> Iterator[tuple[str, AnyArray, AnyArray]]:
    for group in ("spikes", "states", "relayed", "probes"):
        wanted: Mapping[str, AnyArray] = getattr(expected, group)
        got: Mapping[str, AnyArray] = getattr(actual, group)
        if group in ("states", "relayed") and not (wanted and got):
            continue
        if wanted.keys() != got.keys():
            raise ProgramError(
                f"the trace has {group} {sorted(got)}, expected {sorted(wanted)}; "
                "the traces are of different networks"
            )
        for name in wanted:
            yield f"{group}/{name}", wanted[name], got[name]
    if expected.cycles is not None and actual.cycles is not None:
        yield "cycles", expected.cycles, actual.cycles


def _check_array(place: Path, key: str, array: AnyArray, steps: int) -> None:
    group, _, name = key.partition("/")
    if key != "cycles" and (group not in _GROUPS or not name):
        raise ProgramError(
            f"{place} holds {key!r}, expected spikes/..., probes/..., states/..., "
            "inputs/... or cycles"
        )
    dtype = np.dtype(_GROUPS.get(group, np.int64))
    if array.dtype != dtype:
        raise ProgramError(f"{place}: {key!r} has dtype {array.dtype}, expected {dtype}")
    if array.ndim < 1 or len(array) != steps:
        raise ProgramError(f"{place}: {key!r} has shape {array.shape}, expected {steps} steps")
