"""How near the integers come to the float network that was trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nef2hw.errors import StimulusError
from nef2hw.trace import Trace

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fidelity:
    """Float reference against golden model over the same stimulus."""

    steps: int
    spike_count_error: Mapping[str, float]  #: per ensemble, of all spikes, relative
    spike_count_deviation: Mapping[str, float]  #: per ensemble, mean |difference| of a neuron, rel.
    decoded_rmse: Mapping[str, float]  #: per probe, in the model's units
    decoded_range: Mapping[str, float]  #: per probe, largest magnitude of the reference
    accuracy_float: float | None = None
    accuracy_golden: float | None = None
    #: Per probe that has a target, in the model's units.
    target_rmse_float: Mapping[str, float] = field(default_factory=dict)
    target_rmse_golden: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """The right class of each presentation of ``hold`` steps."""

    classes: npt.NDArray[np.int64]
    hold: int


def compare(
    reference: Trace,
    golden: Trace,
    labels: Labels | None = None,
    spiking: Collection[str] = (),
    targets: Mapping[str, FloatArray] | None = None,
) -> Fidelity:
    """Compare ``golden`` with ``reference``.

    Parameters
    ----------
    spiking
        Probes of spikes: they count towards a class, and have no decoded error.
    targets
        What probes should give, (steps, size) each.

    Raises
    ------
    StimulusError
        Labels do not fit the number of steps, or no probe can hold them.
    """
    accuracies: tuple[float | None, float | None] = (None, None)
    if labels is not None:
        accuracies = accuracy(reference, labels, spiking), accuracy(golden, labels, spiking)
    decoded = {name: values for name, values in reference.probes.items() if name not in spiking}
    counts = {name: (_counts(reference, name), _counts(golden, name)) for name in reference.spikes}
    return Fidelity(
        steps=reference.steps,
        spike_count_error={
            name: float((got.sum() - want.sum()) / max(want.sum(), 1.0))
            for name, (want, got) in counts.items()
        },
        spike_count_deviation={
            name: float(np.abs(got - want).sum() / max(want.sum(), 1.0))
            for name, (want, got) in counts.items()
        },
        decoded_rmse={name: _rmse(golden.probes[name], values) for name, values in decoded.items()},
        decoded_range={
            name: float(np.abs(values).max(initial=0.0)) for name, values in decoded.items()
        },
        accuracy_float=accuracies[0],
        accuracy_golden=accuracies[1],
        target_rmse_float={n: _rmse(reference.probes[n], t) for n, t in (targets or {}).items()},
        target_rmse_golden={n: _rmse(golden.probes[n], t) for n, t in (targets or {}).items()},
    )


def _rmse(got: FloatArray, wanted: FloatArray) -> float:
    return float(np.sqrt(np.mean((got - wanted) ** 2)))


def _counts(trace: Trace, ensemble: str) -> FloatArray:
    counts: FloatArray = trace.spikes[ensemble].sum(axis=0, dtype=np.float64)
    return counts


def accuracy(trace: Trace, labels: Labels, spiking: Collection[str] = ()) -> float:
    """Share of presentations whose score is greatest at the label; ties go to the lowest index.

    Parameters and errors as of `scores`.
    """
    found = scores(trace, labels, spiking)
    return float(np.mean(np.argmax(found, axis=1) == labels.classes))


def scores(trace: Trace, labels: Labels, spiking: Collection[str] = ()) -> FloatArray:
    """Return spike counts or last decoded values of each presentation, (presentations, classes).

    A single probe with a value per class decides, or as many probes of one value as there are
    classes, in the order of the model.

    Raises
    ------
    StimulusError
        Labels do not fit the number of steps, or no probe can hold them.
    """
    wanted = len(labels.classes) * labels.hold
    if trace.steps != wanted:
        raise StimulusError(
            f"{len(labels.classes)} labels held for {labels.hold} steps need {wanted} steps, "
            f"the input has {trace.steps}"
        )
    last = np.concatenate(
        [
            values.reshape(-1, labels.hold, values.shape[1]).sum(axis=1)
            if name in spiking
            else values[labels.hold - 1 :: labels.hold]
            for name, values in trace.probes.items()
        ],
        axis=1,
    )
    highest = int(labels.classes.max(initial=0))
    if last.shape[1] <= highest:
        raise StimulusError(
            f"the labels go up to {highest}, but the probes have {last.shape[1]} values; "
            "labels count from 0"
        )
    return last
