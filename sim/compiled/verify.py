"""The proof that RTL and golden model agree on every spike, state and output of every step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import StimulusError
from nef2hw.program.decode import encode_inputs, probe_values
from nef2hw.program.fixed_point import CodeArray, FloatArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.sim.compiled.core import CompiledCore
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import GoldenModel
from nef2hw.sim.replay import Recorder, rows_of, stacked
from nef2hw.tools import Notify, notify_on_stderr
from nef2hw.trace import Difference, Trace, first_difference

#: Takes the traces of golden model and RTL of some steps.
Keep = Callable[[Trace, Trace], None]

DEFAULT_STEPS = 200

#: Steps that are compared at once; a run ends with the first block that differs.
_BLOCK_STEPS = 64


@dataclass(frozen=True)
class VerifyReport:
    """What a comparison of RTL and golden model found."""

    steps: int  #: compared, up to and including the one that differs
    values: int  #: numbers compared
    spikes: int  #: among them, spikes that fired
    difference: Difference | None
    stall: float
    seed: int
    cycles_min: int  #: clock cycles of a step
    cycles_mean: float
    cycles_max: int
    cycles: int  #: clock cycles simulated in all, loading and reading included
    seconds: float  #: that the comparison took, without building the model

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.difference is None

    @property
    def cycles_per_second(self) -> float:
        """Simulated clock cycles per second."""
        return self.cycles / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Everything, as plain values for JSON."""
        difference = None if self.difference is None else asdict(self.difference)
        return {**asdict(self), "difference": difference, "equal": self.equal}

    def __str__(self) -> str:
        """One line for people."""
        if self.difference is not None:
            return f"RTL and golden model differ: {self.difference}"
        return (
            f"RTL and golden model agree on {self.values} values of {self.steps} steps "
            f"({self.spikes} spikes; {self.cycles_min} / {self.cycles_mean:.0f} / "
            f"{self.cycles_max} cycles per step; {self.cycles_per_second:.0f} cycles per second)"
        )


def verify(
    program: Program,
    stimulus: Mapping[str, FloatArray] | None = None,
    *,
    codes: Mapping[str, CodeArray] | None = None,
    steps: int | None = None,
    stall: float = 0.0,
    seed: int = 0,
    notify: Notify = notify_on_stderr,
) -> VerifyReport:
    """Run RTL and golden model side by side and compare everything.

    Parameters
    ----------
    stimulus
        (steps, size) values per input, in the model's units. Without it and ``codes``, random
        inputs are used that go to the ends of every input's range.
    codes
        The same as integers.
    steps
        At most so many; by default all of the stimulus, or 200.
    stall
        Probability of a stall per cycle and stream.
    seed
        Start of the random inputs and stalls.

    Raises
    ------
    StimulusError
        There is not a single step to compare.
    ToolError
        The model could not be built, or the core hangs or breaks its protocol.
    """
    core = CompiledCore(program, notify=notify)
    try:
        return verify_core(core, stimulus, codes=codes, steps=steps, stall=stall, seed=seed)
    finally:
        core.close()


def verify_core(
    core: CompiledCore,
    stimulus: Mapping[str, FloatArray] | None = None,
    *,
    codes: Mapping[str, CodeArray] | None = None,
    steps: int | None = None,
    stall: float = 0.0,
    seed: int = 0,
    keep: Keep = lambda _golden, _rtl: None,
) -> VerifyReport:
    """Do as `verify`, on a compiled model that is there already, whatever it did before.

    ``keep`` is given the traces of golden model and RTL, block by block, with inputs and states.
    """
    if codes is None:
        codes = _codes(core.program, stimulus, steps, seed)
    rows = list(rows_of(codes))[:steps]
    if not rows:
        raise StimulusError("there are no steps to verify; ask for 1 or more")
    core.model.set_stalls(stall, seed)
    return _compare(core.program, core, rows, stall, seed, keep)


def _codes(
    program: Program, stimulus: Mapping[str, FloatArray] | None, steps: int | None, seed: int
) -> Mapping[str, CodeArray]:
    if stimulus is not None:
        return encode_inputs(program.network, stimulus)
    return extreme_codes(program.network, DEFAULT_STEPS if steps is None else steps, seed)


def _compare(
    program: Program,
    core: CompiledCore,
    rows: list[dict[str, CodeArray]],
    stall: float,
    seed: int,
    keep: Keep,
) -> VerifyReport:
    began, begun = time.perf_counter(), core.model.cycles
    golden = GoldenModel(program.network)
    core.load()
    core.reset()
    values, spikes, done = 0, 0, 0
    cycles: list[int] = []
    difference = None
    while difference is None and done < len(rows):
        block = rows[done : done + _BLOCK_STEPS]
        expected = _golden_trace(golden, block)
        actual = _rtl_trace(core, block)
        keep(expected, actual)
        difference = first_difference(expected, actual)
        values += _count(expected)
        spikes += sum(int(fired.sum()) for fired in expected.spikes.values())
        assert actual.cycles is not None
        cycles += actual.cycles.tolist()
        if difference is not None:
            difference = replace(difference, step=difference.step + done)
        done += len(block)
    return VerifyReport(
        steps=done if difference is None else difference.step + 1,
        values=values,
        spikes=spikes,
        difference=difference,
        stall=stall,
        seed=seed,
        cycles_min=min(cycles),
        cycles_mean=float(np.mean(cycles)),
        cycles_max=max(cycles),
        cycles=core.model.cycles - begun,
        seconds=time.perf_counter() - began,
    )


def _golden_trace(golden: GoldenModel, rows: list[dict[str, CodeArray]]) -> Trace:
    results, states = [], []
    for row in rows:
        results.append(golden.step(row))
        states.append(golden.states())
    spikes = stacked([result.spikes for result in results])
    readouts = stacked([result.readouts for result in results])
    return Trace(
        steps=len(rows),
        spikes={name: fired.astype(np.uint8) for name, fired in spikes.items()},
        probes=probe_values(golden.network, spikes, readouts),
        states=stacked(states),
        inputs=_inputs(golden.network, rows),
    )


def _inputs(
    network: QuantizedNetwork, rows: list[dict[str, CodeArray]]
) -> dict[str, npt.NDArray[np.float64]]:
    """Values of every input, (steps, size), in the model's units."""
    codes = stacked(rows)
    return {port.name: codes[port.name] * port.step for port in network.inputs}


def _rtl_trace(core: CompiledCore, rows: list[dict[str, CodeArray]]) -> Trace:
    recorder = Recorder(core.program)
    for row in rows:
        words = core.step(row)
        recorder.add(words, core.dump_states())
    return recorder.trace()


def _count(trace: Trace) -> int:
    groups: tuple[Mapping[str, npt.NDArray[Any]], ...] = (trace.spikes, trace.probes, trace.states)
    return sum(int(array.size) for group in groups for array in group.values())
