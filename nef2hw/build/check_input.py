"""What users give for golden model and float reference to be compared on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.archive import read_npz
from nef2hw.build.fidelity import FloatArray, Labels
from nef2hw.build.noise import noise_stimulus
from nef2hw.build.options import load_labels, whole_classes
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import StimulusError
from nef2hw.stimulus import Stimulus, hold_stimulus, load_stimulus

#: Steps of noise over which golden and float are compared, unless the user gives an input.
NOISE_STEPS = 500
#: Array of a data file that holds the class of each sample.
LABELS = "labels"
#: Prefix of arrays of a data file that hold what probes should give.
TARGETS = "targets/"


@dataclass(frozen=True, eq=False)
class Given:
    """A stimulus, and what should come of it."""

    stimulus: Stimulus  #: (steps, size) for each input
    hold: int  #: steps of a row or sample
    labels: Labels | None = None
    targets: Mapping[str, FloatArray] = field(default_factory=dict)  #: (steps, size) by probe


@dataclass(frozen=True)
class CheckInput:
    """Stimulus over which golden model and float reference are compared."""

    path: Path | None = None  #: None: noise within the declared ranges
    labels_path: Path | None = None
    hold: int = 1  #: steps that each row of the input is held
    steps: int | None = None
    reset: bool = False  #: begin with the initial state for each row of the input
    data_path: Path | None = None  #: input and labels in one file


def check_stimulus(folded: FoldedNetwork, wanted: CheckInput) -> Given:
    """Read what the user gave, each row held; or make noise.

    Raises
    ------
    StimulusError
        Input, labels or targets do not fit the model.
    """
    if wanted.data_path is not None:
        return _read_data(folded, wanted, wanted.data_path)
    if wanted.path is None:
        if wanted.labels_path is not None:
            raise StimulusError(f"{wanted.labels_path} labels an input; name it with --input")
        if wanted.reset:
            raise StimulusError("a reset before each row needs an input; name it with --input")
        return Given(noise_stimulus(folded.inputs, wanted.steps or NOISE_STEPS), wanted.hold)
    _check_steps(wanted)
    labels = load_labels(wanted.labels_path, wanted.hold) if wanted.labels_path else None
    stimulus = load_held_stimulus(wanted.path, folded, wanted.hold, wanted.steps)
    return Given(stimulus, wanted.hold, labels)


def _check_steps(wanted: CheckInput) -> None:
    """Refuse a part of a row before a reset."""
    if wanted.reset and wanted.steps is not None and wanted.steps % wanted.hold:
        whole = max(1, wanted.steps // wanted.hold) * wanted.hold
        raise StimulusError(
            f"{wanted.steps} steps are no whole number of rows of {wanted.hold} steps each, with a "
            f"reset before each row; try --steps {whole}"
        )


def _read_data(folded: FoldedNetwork, wanted: CheckInput, path: Path) -> Given:
    """Read inputs, labels and targets from one file."""
    if wanted.path is not None or wanted.labels_path is not None:
        raise StimulusError(
            f"{path} holds inputs and labels; leave --input and --labels out, or --data"
        )
    arrays = dict(read_npz(path, StimulusError))
    names = [source.name for source in folded.inputs]
    found = arrays.pop(LABELS, None) if LABELS not in names else None
    targets = {n: arrays.pop(n) for n in list(arrays) if n.startswith(TARGETS) and n not in names}
    classes = None if found is None else whole_classes(found, f"{path}: {LABELS!r}")
    return arrange_data(folded, wanted, str(path), _named(arrays, folded), classes, targets)


def arrange_data(
    folded: FoldedNetwork,
    wanted: CheckInput,
    place: str,
    inputs: Mapping[str, npt.NDArray[Any]],
    classes: npt.NDArray[np.int64] | None = None,
    targets: Mapping[str, npt.NDArray[Any]] | None = None,
) -> Given:
    """Put rows or samples one after the other, each row held.

    Parameters
    ----------
    wanted : of which ``hold``, ``steps`` and ``reset`` count
    place : where the arrays are from, for messages
    inputs : by input, (rows, size) or (samples, steps, size)
    classes : (presentations,)
    targets : by name of a file's array

    Raises
    ------
    StimulusError
        They do not fit the model.
    """
    hold = _sample_steps(place, inputs, wanted.hold)
    repeat = 1 if any(array.ndim == 3 for array in inputs.values()) else hold
    rows = {name: _in_a_row(array) for name, array in inputs.items()}
    try:
        stimulus = hold_stimulus(rows, folded.inputs, wanted.steps, repeat)
    except StimulusError as problem:
        raise StimulusError(f"{place}: {problem}") from problem
    _check_steps(replace(wanted, hold=hold))
    steps = len(next(iter(stimulus.values())))
    present = max((len(array) for array in rows.values()), default=1) * repeat
    found_targets = _read_targets(place, targets or {}, folded, hold, max(steps, present))
    labels = None
    if classes is not None:
        labels = Labels(classes[: steps // hold] if wanted.steps else classes, hold)
    shown = {name: values[:steps] for name, values in found_targets.items()}
    return Given(stimulus, hold, labels, shown)


def _named(
    arrays: Mapping[str, npt.NDArray[Any]], folded: FoldedNetwork
) -> Mapping[str, npt.NDArray[Any]]:
    """Give a single array the name of the only input that has to be given."""
    names = [source.name for source in folded.inputs]
    free = [source.name for source in folded.inputs if source.default is None] or names
    if len(arrays) == 1 and len(free) == 1 and not arrays.keys() & set(names):
        return {free[0]: next(iter(arrays.values()))}
    return arrays


def _in_a_row(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Put samples (samples, steps, size) one after the other."""
    return array.reshape(-1, array.shape[2]) if array.ndim == 3 else array


def _read_targets(
    place: str,
    given: Mapping[str, npt.NDArray[Any]],
    folded: FoldedNetwork,
    hold: int,
    steps: int,
) -> dict[str, FloatArray]:
    """Hold targets of samples as the samples are, and check their shapes."""
    sizes = {population.name: population.size for population in folded.populations}
    probed = {probe.name: sizes[probe.population] for probe in folded.probes}
    targets = {}
    for key, array in given.items():
        name, rows = key.removeprefix(TARGETS), _in_a_row(array)
        if array.ndim == 2 and len(rows) < steps:
            rows = np.repeat(rows, hold, axis=0)
        shape = (steps, probed.get(name))
        if rows.shape != shape:
            raise StimulusError(
                f"{place}: {key!r} has shape {array.shape}, expected a value for each step, or "
                f"sample, of a probe: {', '.join(f'{n} (size {k})' for n, k in probed.items())}"
            )
        if rows.dtype.kind not in "biuf" or not np.isfinite(rows).all():
            raise StimulusError(f"{place}: {key!r} holds {rows.dtype}, expected finite numbers")
        targets[name] = rows.astype(np.float64)
    return targets


def _sample_steps(place: str, arrays: Mapping[str, npt.NDArray[Any]], hold: int) -> int:
    """Steps of a sample: those that a row is held, or those that samples have themselves."""
    lengths = {array.shape[1] for array in arrays.values() if array.ndim == 3}
    if not lengths:
        return hold
    if len(lengths) > 1 or hold > 1 or any(array.ndim != 3 for array in arrays.values()):
        raise StimulusError(
            f"{place} holds samples of several steps; expected (samples, steps, size) for every "
            "input, of as many steps each, and no --hold"
        )
    return int(lengths.pop())


def load_held_stimulus(
    path: Path | None, folded: FoldedNetwork, hold: int, steps: int | None
) -> Stimulus:
    """Read an input file, or do without where every input has a default."""
    if path is None:
        free = [source.name for source in folded.inputs if source.default is None]
        if free:
            raise StimulusError(f"{', '.join(free)}: to be given; name a file with --input")
        return hold_stimulus({}, folded.inputs, steps)
    return load_stimulus(path, folded.inputs, steps, hold)
