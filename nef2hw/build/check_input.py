"""What users give for golden model and float reference to be compared on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.archive import read_npz
from nef2hw.build.fidelity import Labels
from nef2hw.build.noise import noise_stimulus
from nef2hw.build.options import load_labels, whole_classes
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import StimulusError
from nef2hw.stimulus import Stimulus, hold_stimulus, load_stimulus

#: Steps of noise over which golden and float are compared, unless the user gives an input.
NOISE_STEPS = 500
#: Array of a data file that holds the class of each sample.
LABELS = "labels"


@dataclass(frozen=True)
class CheckInput:
    """Stimulus over which golden model and float reference are compared."""

    path: Path | None = None  #: None: noise within the declared ranges
    labels_path: Path | None = None
    hold: int = 1  #: steps that each row of the input is held
    steps: int | None = None
    reset: bool = False  #: begin with the initial state for each row of the input
    data_path: Path | None = None  #: input and labels in one file


def check_stimulus(
    folded: FoldedNetwork, wanted: CheckInput
) -> tuple[Stimulus, Labels | None, int]:
    """Read what the user gave, each row held; or make noise.

    Returns
    -------
    stimulus, labels, and the steps of a row or sample
    """
    if wanted.data_path is not None:
        return _check_data(folded, wanted, wanted.data_path)
    if wanted.path is None:
        if wanted.labels_path is not None:
            raise StimulusError(f"{wanted.labels_path} labels an input; name it with --input")
        if wanted.reset:
            raise StimulusError("a reset before each row needs an input; name it with --input")
        return noise_stimulus(folded.inputs, wanted.steps or NOISE_STEPS), None, wanted.hold
    _check_steps(wanted)
    labels = load_labels(wanted.labels_path, wanted.hold) if wanted.labels_path else None
    stimulus = load_held_stimulus(wanted.path, folded, wanted.hold, wanted.steps)
    return stimulus, labels, wanted.hold


def _check_steps(wanted: CheckInput) -> None:
    """Refuse a part of a row before a reset."""
    if wanted.reset and wanted.steps is not None and wanted.steps % wanted.hold:
        whole = max(1, wanted.steps // wanted.hold) * wanted.hold
        raise StimulusError(
            f"{wanted.steps} steps are no whole number of rows of {wanted.hold} steps each, with a "
            f"reset before each row; try --steps {whole}"
        )


def _check_data(
    folded: FoldedNetwork, wanted: CheckInput, path: Path
) -> tuple[Stimulus, Labels | None, int]:
    """Read inputs and labels from one file."""
    if wanted.path is not None or wanted.labels_path is not None:
        raise StimulusError(
            f"{path} holds inputs and labels; leave --input and --labels out, or --data"
        )
    arrays = dict(read_npz(path, StimulusError))
    names = [source.name for source in folded.inputs]
    given = arrays.pop(LABELS, None) if LABELS not in names else None
    if len(arrays) == 1 and not arrays.keys() & set(names):
        free = [source.name for source in folded.inputs if source.default is None] or names
        arrays = {free[0]: next(iter(arrays.values()))} if len(free) == 1 else arrays
    hold = _sample_steps(path, arrays, wanted.hold)
    wanted = replace(wanted, hold=hold)
    _check_steps(wanted)
    flat = {n: a.reshape(-1, a.shape[2]) if a.ndim == 3 else a for n, a in arrays.items()}
    try:
        rows = hold_stimulus(flat, folded.inputs)
    except StimulusError as problem:
        raise StimulusError(f"{path}: {problem}") from problem
    in_steps = any(array.ndim == 3 for array in arrays.values())
    stimulus = {
        name: (values if in_steps else np.repeat(values, hold, axis=0))[: wanted.steps]
        for name, values in rows.items()
    }
    steps = len(next(iter(stimulus.values())))
    labels = None
    if given is not None:
        classes = whole_classes(given, f"{path}: {LABELS!r}")
        labels = Labels(classes[: steps // hold] if wanted.steps else classes, hold)
    return stimulus, labels, hold


def _sample_steps(path: Path, arrays: Mapping[str, npt.NDArray[Any]], hold: int) -> int:
    """Steps of a sample: those that a row is held, or those that samples have themselves."""
    lengths = {array.shape[1] for array in arrays.values() if array.ndim == 3}
    if not lengths:
        return hold
    if len(lengths) > 1 or hold > 1 or any(array.ndim != 3 for array in arrays.values()):
        raise StimulusError(
            f"{path} holds samples of several steps; expected (samples, steps, size) for every "
            "input, of as many steps each, and no --hold"
        )
    return int(lengths.pop())


def load_held_stimulus(
    path: Path | None, folded: FoldedNetwork, hold: int, steps: int | None
) -> Stimulus:
    """Read an input file and hold each of its rows for ``hold`` steps.

    No file is needed where every input has a default.
    """
    if path is None:
        free = [source.name for source in folded.inputs if source.default is None]
        if free:
            raise StimulusError(f"{', '.join(free)}: to be given; name a file with --input")
        return hold_stimulus({}, folded.inputs, steps)
    if hold == 1:
        return load_stimulus(path, folded.inputs, steps)
    rows = load_stimulus(path, folded.inputs)
    return {name: np.repeat(values, hold, axis=0)[:steps] for name, values in rows.items()}
