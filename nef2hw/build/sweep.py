"""The error of a network at several widths of one kind of number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nef2hw.build.budget import accuracy_loss
from nef2hw.build.fidelity import FloatArray, scores
from nef2hw.build.trial import Trial
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import FormatError
from nef2hw.program.network import QuantizedNetwork

#: Neurons times steps that one width is tried with at most, and steps.
MOST_VALUES, MOST_STEPS = 1 << 20, 1000
#: Widths of weights that a report compares.
WEIGHT_BITS = (2, 3, 4, 5, 6, 7, 8, 10, 12)


@dataclass(frozen=True)
class Errors:
    """How golden model and float differ."""

    decoded_rmse: Mapping[str, float]  #: by probe, in the model's units
    score_rmse: float | None  #: of what decides on a class
    loss: float | None  #: of accuracy
    spikes: float  #: mean |difference| of a neuron's count, relative, of the worst ensemble


@dataclass(frozen=True)
class Point:
    """The errors at one width."""

    axis: str  #: a field of `Precision`
    bits: int
    errors: Errors

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"axis": self.axis, "bits": self.bits, **vars(self.errors)}


def small_trial(trial: Trial) -> Trial:
    """Return as much of a trial as is simulated in a tenth of a second or so."""
    neurons = sum(population.size for population in trial.folded.populations)
    return trial.beginning(min(MOST_STEPS, max(1, MOST_VALUES // neurons)))


def measure(trial: Trial, network: QuantizedNetwork) -> Errors:
    """Run ``network`` and compare it with float."""
    golden, _ = trial.golden(network)
    found = trial.compare(golden)
    score_rmse = None
    if trial.labels is not None:
        wanted = scores(trial.reference, trial.labels, trial.spiking)
        got = scores(golden, trial.labels, trial.spiking)
        score_rmse = float(np.sqrt(np.mean((got - wanted) ** 2)))
    worst = max(found.spike_count_deviation.values(), default=0.0)
    return Errors(found.decoded_rmse, score_rmse, accuracy_loss(found), worst)


def sweep(trial: Trial, base: Precision, axis: str, widths: Iterable[int]) -> Iterator[Point]:
    """Measure the errors at each width that the core can have, the others those of ``base``."""
    for bits in widths:
        try:
            network = quantize(trial.folded, replace(base, **{axis: bits}))
        except FormatError:
            continue
        yield Point(axis, bits, measure(trial, network))


class Margins:
    """How likely errors of scores change the class that is found.

    An error of a normal distribution, of each class by itself, brings another class above the
    right one with the probability ``P(z > margin / (sqrt(2) rmse))``.
    """

    def __init__(self, trial: Trial) -> None:
        assert trial.labels is not None
        found = scores(trial.reference, trial.labels, trial.spiking)
        rows = np.arange(len(found))
        right = found[rows, trial.labels.classes]
        others = found.copy()
        others[rows, trial.labels.classes] = -np.inf
        margins: FloatArray = right - others.max(axis=1)
        self._margins = margins[margins > 0]
        self._presentations = len(found)

    def loss(self, score_rmse: float) -> float:
        """Return the accuracy that is lost on average by errors of that size."""
        if score_rmse == 0:
            return 0.0
        tails = [0.5 * math.erfc(margin / (2 * score_rmse)) for margin in self._margins]
        return math.fsum(tails) / self._presentations
