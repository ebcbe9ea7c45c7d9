"""Stimulus: what is fed to the inputs of a network, step by step."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nef2hw.archive import read_npy, read_npz
from nef2hw.errors import StimulusError
from nef2hw.model.fields import LARGEST, suggestion

#: Most bytes that the inputs of a run may take as float64, whatever they are held from.
MAX_BYTES = 1 << 33

Stimulus = Mapping[str, npt.NDArray[np.float64]]  #: (steps, size) for each input


class InputLike(Protocol):
    """What has to be known of an input."""

    @property
    def name(self) -> str:
        """Name of the input."""

    @property
    def size(self) -> int:
        """Number of values."""

    @property
    def kind(self) -> str:
        """``value`` or ``spike``."""

    @property
    def default(self) -> npt.NDArray[np.float64] | None:
        """What is fed when nothing is given, (size,); None has to be given."""


def load_stimulus(
    path: str | os.PathLike[str],
    inputs: Sequence[InputLike],
    steps: int | None = None,
    hold: int = 1,
) -> Stimulus:
    """Read a stimulus file: ``.npy`` for a model with one input, else ``.npz`` by input name.

    Parameters
    ----------
    path : file of arrays of shape (steps, size); a single row is held for all steps
    inputs : the inputs of the model
    steps : number of steps wanted; by default as many as there are rows, each held
    hold : number of steps that each of several rows is held

    Raises
    ------
    StimulusError
        Names the file and input, the shape or value found and what is expected.
    """
    place = Path(path)
    if place.suffix == ".npz":
        arrays = read_npz(place, StimulusError)
    elif place.suffix == ".npy":
        arrays = {only_input(inputs, str(place)).name: read_npy(place, StimulusError)}
    else:
        raise StimulusError(f"{place} ends in {place.suffix!r}, expected .npy or .npz")
    try:
        return hold_stimulus(arrays, inputs, steps, hold)
    except StimulusError as problem:
        raise StimulusError(f"{place}: {problem}") from problem


def only_input(inputs: Sequence[InputLike], given: str) -> InputLike:
    """Return the input that one array, ``given``, is for.

    Raises
    ------
    StimulusError
        If several inputs, or none, have to be given.
    """
    free = [source for source in inputs if source.default is None] or list(inputs)
    if len(free) == 1:
        return free[0]
    names = ", ".join(source.name for source in free) or "none"
    raise StimulusError(
        f"{given} is one array, but the model has {len(free)} inputs ({names}); "
        "expected one array for each, by name"
    )


def hold_stimulus(
    arrays: Mapping[str, npt.NDArray[Any]],
    inputs: Sequence[InputLike],
    steps: int | None = None,
    hold: int = 1,
) -> Stimulus:
    """Check one array for each input, and hold its rows, a single one for all steps.

    More rows than steps are cut; fewer are refused. Inputs that have a default get it if
    they are not given. Parameters and errors as in `load_stimulus`.
    """
    if steps is not None:
        at_least_one(steps)
    names = [source.name for source in inputs]
    for name in arrays:
        if name not in names:
            raise StimulusError(
                f"{name!r} is not an input of the model, expected "
                f"{', '.join(names) or 'none'}{suggestion(name, names)}"
            )
    rows = {source.name: _rows(arrays, source) for source in inputs}
    if steps is None:
        steps = max((len(array) for array in rows.values()), default=1) * hold
    check_steps(steps, sum(source.size for source in inputs))
    return {name: _hold(name, array, steps, hold) for name, array in rows.items()}


def at_least_one(steps: int) -> None:
    """Refuse to run no step.

    Raises
    ------
    StimulusError
        ``steps`` is less than 1.
    """
    if steps < 1:
        raise StimulusError(f"{steps} steps asked, expected at least 1")


def check_steps(steps: int, values: int) -> None:
    """Refuse more steps than memory is likely to hold.

    Raises
    ------
    StimulusError
        So many ``steps`` of so many ``values`` each take more than ``MAX_BYTES`` as float64.
    """
    if 8 * steps * max(1, values) > MAX_BYTES:
        raise StimulusError(
            f"{steps} steps of {values} values take {8 * steps * max(1, values)} bytes, the limit "
            f"is {MAX_BYTES}; run fewer steps at a time"
        )


def _rows(arrays: Mapping[str, npt.NDArray[Any]], source: InputLike) -> npt.NDArray[np.float64]:
    if source.name not in arrays:
        if source.default is not None:
            return source.default[np.newaxis]
        raise StimulusError(
            f"input {source.name!r} is missing, expected an array of shape (steps, {source.size})"
        )
    array = np.asarray(arrays[source.name])
    if array.dtype.kind not in "biuf":
        raise StimulusError(f"input {source.name!r} has dtype {array.dtype}, expected numbers")
    if array.ndim == 1:
        array = array.reshape(-1, 1) if source.size == 1 else array.reshape(1, -1)
    if array.ndim != 2 or array.shape[1] != source.size or array.shape[0] < 1:
        raise StimulusError(
            f"input {source.name!r} has shape {arrays[source.name].shape}, "
            f"expected (steps, {source.size})"
        )
    with np.errstate(over="ignore"):
        rows = array.astype(np.float64)
    if not np.isfinite(rows).all():
        step, index = np.argwhere(~np.isfinite(rows))[0]
        raise StimulusError(
            f"input {source.name!r} holds {rows[step, index]} at step {step}, "
            f"index {index}, expected finite numbers"
        )
    if np.abs(rows).max() > LARGEST:
        step, index = np.unravel_index(np.abs(rows).argmax(), rows.shape)
        raise StimulusError(
            f"input {source.name!r} holds {rows[step, index]:g} at step {step}, index {index}, "
            f"expected at most {LARGEST:g} in magnitude"
        )
    if source.kind == "spike" and not np.isin(rows, (0.0, 1.0)).all():
        step, index = np.argwhere(~np.isin(rows, (0.0, 1.0)))[0]
        raise StimulusError(
            f"spike input {source.name!r} holds {rows[step, index]:g} at step "
            f"{step}, index {index}, expected 0 or 1"
        )
    return rows


def _hold(
    name: str, rows: npt.NDArray[np.float64], steps: int, hold: int
) -> npt.NDArray[np.float64]:
    if len(rows) == 1:
        return np.broadcast_to(rows, (steps, rows.shape[1]))
    wanted = -(-steps // hold)
    if len(rows) < wanted:
        held = "one for each step" if hold == 1 else f"each held for {hold} of {steps} steps"
        raise StimulusError(
            f"input {name!r} has {len(rows)} rows, expected {wanted} ({held}), or one row to be "
            "held"
        )
    return rows[:steps] if hold == 1 else np.repeat(rows[:wanted], hold, axis=0)[:steps]
