"""Results of steps in the model's units, and which of a core's results are whose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ProgramError
from nef2hw.host.protocol import Window
from nef2hw.program.decode import population_results, result_words
from nef2hw.program.fixed_point import CodeArray, FloatArray
from nef2hw.program.link_codes import ResultKind
from nef2hw.program.memory import BeatArray
from nef2hw.program.program import Program


@dataclass(frozen=True, eq=False)
class Outputs:
    """What a step did, (size,) each, or several steps, (steps, size) each."""

    spikes: Mapping[str, CodeArray]  #: ensemble -> zeros and ones, or counts
    probes: Mapping[str, FloatArray]  #: probe -> values in the model's units
    cycles: npt.NDArray[np.int64]  #: () or (steps,), clock cycles

    @classmethod
    def stacked(cls, steps: Sequence[Outputs]) -> Outputs:
        """Join single steps."""
        first = steps[0]
        return cls(
            {name: np.stack([s.spikes[name] for s in steps]) for name in first.spikes},
            {name: np.stack([s.probes[name] for s in steps]) for name in first.probes},
            np.array([s.cycles for s in steps]),
        )


def population_window(program: Program, name: str) -> Window:
    """Say where the results of a population are among those of a step.

    Raises
    ------
    ProgramError
        There is no such population.
    """
    first = 0
    for population in program.network.populations:
        if population.name == name:
            kind = ResultKind.READOUT
            if population.neurons is not None:
                kind = ResultKind.COUNT if population.neurons.count else ResultKind.SPIKE
            return Window(first, population.size, kind)
        first += result_words(population, program.config.neuron_lanes)
    names = ", ".join(p.name for p in program.network.populations)
    raise ProgramError(f"ensemble is {name!r}, expected one of {names}")


def spike_counts(program: Program, name: str, steps: Iterable[BeatArray]) -> CodeArray:
    """Sum the results of a population over ``steps``, the result words of each."""
    total = np.zeros(program.network.population(name).size, dtype=np.int64)
    for words in steps:
        total += population_results(program, words[:-1])[name]
    return total
