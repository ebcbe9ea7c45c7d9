"""Choice of the formats: the cheapest that keep a budget of error.

First each width is varied by itself on a part of the data. Errors of independent sources
add in squares, which predicts those of every combination; what an error of scores does
to the accuracy follows from the margins by which the float network decides. The
combinations that should do are then tried on all of the data, the cheapest first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nef2hw.build.budget import Budget
from nef2hw.build.sweep import Errors, Margins, Point, measure, small_trial, sweep
from nef2hw.build.trial import Trial
from nef2hw.compiler.precision import Bits, Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import FormatError, StimulusError
from nef2hw.program.network import Formats, QuantizedNetwork

#: Precisions that are so fine that they hide nothing, the finest first; not all fit any network.
FINE = tuple(Precision(bits, None, min(bits, 14)) for bits in (14, 12, 10, 8))
#: Widths that are tried, the largest first.
WIDTHS: Mapping[str, Sequence[int]] = {
    "weight_bits": (14, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2),
    "voltage_bits": (22, 20, 18, 16, 14, 12, 11, 10, 9, 8),
    "input_bits": (14, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1),
}
#: Combinations that are tried on all of the data.
MOST_TRIED = 12
#: A prediction that turns out too low is raised by at least this.
RAISED = 1.1


@dataclass(frozen=True)
class ChosenPrecision:
    """Widths, the network in them, and how they were found."""

    precision: Precision
    network: QuantizedNetwork
    search: Search | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        search = self.search.as_dict() if self.search else None
        voltage = self.network.formats.voltage_frac
        return {**vars(self.precision), "voltage_bits": voltage, "search": search}


@dataclass(frozen=True)
class Search:
    """What was tried to keep a budget."""

    budget: Budget
    points: Sequence[Point]  #: errors at single widths
    tried: int  #: combinations, on all of the data
    errors: Errors  #: of the chosen one

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "budget": {name: limit for name, limit in vars(self.budget).items() if limit},
            "tried": self.tried,
            **vars(self.errors),
            "points": [point.as_dict() for point in self.points],
        }


def choose_precision(
    trial: Trial, fixed: Bits, budget: Budget | None, formats: Formats | None = None
) -> ChosenPrecision:
    """Choose the widths that ``fixed`` leaves open, and quantize.

    Without a budget they are those that have proven good for all networks, or the ``formats`` of
    a core that exists.

    Raises
    ------
    FormatError
        A number would need a wider format than the core has, or no formats keep the budget.
    StimulusError
        There is nothing in the data that the budget is about.
    """
    if budget is None:
        precision = fixed.over(Precision())
        return ChosenPrecision(precision, quantize(trial.folded, precision, formats))
    _check(trial, budget)
    small = small_trial(trial)
    base = _finest(small, fixed)
    points = tuple(_points(small, base, fixed, budget))
    return _cheapest(trial, base, points, budget)


def _check(trial: Trial, budget: Budget) -> None:
    """Refuse a budget that the data says nothing about."""
    if budget.accuracy is not None and trial.labels is None:
        raise StimulusError(
            f"--budget accuracy={budget.accuracy:g} needs the right classes; give --data with "
            "'labels', or --input and --labels (in Python: Calibration(x, labels))"
        )
    if budget.rmse is not None and len(trial.spiking) == len(trial.folded.probes):
        raise StimulusError(
            f"--budget rmse={budget.rmse:g} is about decoded values, and the model has no probe "
            "of any; add one, or give --budget accuracy=..."
        )


@dataclass(frozen=True)
class _Base:
    """The finest widths, and the errors that remain with them."""

    precision: Precision
    network: QuantizedNetwork
    errors: Errors


def _finest(small: Trial, fixed: Bits) -> _Base:
    for number, fine in enumerate(FINE):
        precision = fixed.over(fine)
        try:
            network = quantize(small.folded, precision)
        except FormatError:
            if number == len(FINE) - 1:
                raise
            continue
        return _Base(precision, network, measure(small, network))
    raise AssertionError("the last of them is returned or refused")


def _points(small: Trial, base: _Base, fixed: Bits, budget: Budget) -> Iterator[Point]:
    """Narrow each width that is not fixed until it alone exceeds the budget."""
    for axis, widths in WIDTHS.items():
        if getattr(fixed, axis) is not None:
            continue
        top = base.network.formats.voltage_frac
        if axis != "voltage_bits":
            top = getattr(base.precision, axis)
        for point in sweep(small, base.precision, axis, (w for w in widths if w <= top)):
            yield point
            if budget.excess(point.errors.decoded_rmse, point.errors.loss) > 2:
                break


def _cheapest(
    trial: Trial, base: _Base, points: Sequence[Point], budget: Budget
) -> ChosenPrecision:
    """Try combinations in the order of their cost, as far as they are predicted to do."""
    prediction = _Prediction(trial, base, budget)
    best: tuple[float, Precision] | None = None
    tried = 0
    for combination in prediction.by_cost(points):
        if tried == MOST_TRIED:
            break
        expected = prediction.excess(combination)
        if expected > 1:
            continue
        precision = prediction.precision(combination)
        try:
            network = quantize(trial.folded, precision)
        except FormatError:
            continue
        tried += 1
        errors = measure(trial, network)
        found = budget.excess(errors.decoded_rmse, errors.loss)
        if found <= 1:
            return ChosenPrecision(precision, network, Search(budget, points, tried, errors))
        best = min(filter(None, (best, (found, precision))), key=lambda pair: pair[0])
        prediction.raise_by(max(RAISED, found / max(expected, 1e-9)))
    raise _unreachable(trial, base, budget, best)


class _Prediction:
    """Expects errors of combinations by those of single widths."""

    def __init__(self, trial: Trial, base: _Base, budget: Budget) -> None:
        self._base, self._budget, self._raised = base, budget, 1.0
        self._costs = _costs(base.network)
        self._margins = Margins(trial) if budget.accuracy is not None else None

    def by_cost(self, points: Sequence[Point]) -> list[tuple[Point, ...]]:
        """All combinations of widths, that with the fewest bits of memory first."""
        axes = [[p for p in points if p.axis == axis] for axis in WIDTHS]
        return sorted(itertools.product(*filter(None, axes)), key=self._cost)

    def _cost(self, combination: tuple[Point, ...]) -> float:
        return sum(self._costs[point.axis] * point.bits for point in combination)

    def precision(self, combination: tuple[Point, ...]) -> Precision:
        """The widths of a combination."""
        return Bits(**{point.axis: point.bits for point in combination}).over(self._base.precision)

    def raise_by(self, factor: float) -> None:
        """Expect larger errors from now on."""
        self._raised *= min(factor, 2.0)

    def excess(self, combination: tuple[Point, ...]) -> float:
        """By what factor the budget would be exceeded."""
        rest = self._base.errors
        rmse = {
            name: self._raised * together(left, [p.errors.decoded_rmse[name] for p in combination])
            for name, left in rest.decoded_rmse.items()
        }
        loss = None
        if self._margins is not None:
            given = [p.errors.score_rmse or 0.0 for p in combination]
            loss = self._margins.loss(self._raised * together(rest.score_rmse or 0.0, given))
        return self._budget.excess(rmse, loss)


def together(rest: float, errors: Sequence[float]) -> float:
    """Add in squares what each error is beyond ``rest``, and that."""
    return math.sqrt(rest**2 + sum(max(0.0, error**2 - rest**2) for error in errors))


def _costs(network: QuantizedNetwork) -> dict[str, float]:
    """Bits of memory that one more bit takes.

    Weights are stored as they are; a neuron has a voltage, a bias and a current of the voltage's
    binary point, and an input a plane for each bit, whose sums are as much wider.
    """
    weights, sums = 0, 0
    for population in network.populations:
        for compartment in population.compartments:
            weights += sum(p.weight_code.size for p in compartment.projections)
            sums += population.size * compartment.held
    neurons = sum(p.size for p in network.populations if p.neurons is not None)
    inputs = sum(port.size for port in network.inputs if not port.spiking)
    return {"weight_bits": weights, "voltage_bits": 2 * neurons, "input_bits": inputs + 2 * sums}


def _unreachable(
    trial: Trial, base: _Base, budget: Budget, best: tuple[float, Precision] | None
) -> FormatError:
    errors = base.errors
    worst = max(errors.decoded_rmse.values(), default=0.0)
    reached = f"RMSE {worst:.3g}" if budget.rmse is not None else f"a loss of {errors.loss:.2%}"
    nearest = f"; the nearest choice exceeds it {best[0]:.2g} times" if best else ""
    return FormatError(
        f"no formats keep --budget {budget} on {trial.name}: the finest that were tried "
        f"({base.precision.weight_bits}-bit weights, {base.precision.input_bits}-bit inputs) leave "
        f"{reached}{nearest}; allow more, fix no bits, or see in the report of a build without "
        "--budget where the error comes from"
    )
