"""From the arrays of a model file to a TrainedNetwork, everything checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.model.connections import read_connection, read_probe
from nef2hw.model.fields import Fields, Range
from nef2hw.model.layers import read_layers
from nef2hw.model.network import Ensemble, Input, TrainedNetwork
from nef2hw.model.order import update_order
from nef2hw.model.populations import read_ensemble, read_input
from nef2hw.model.schema import FORMAT, key_problems, names_in

DT_S = Range(1e-9, 1.0, unit=" s")

T = TypeVar("T")


def parse_model(arrays: Mapping[str, npt.ArrayLike]) -> TrainedNetwork:
    """Check the arrays of a model and return the network they describe.

    Parameters
    ----------
    arrays : mapping of str to array_like
        Keys and shapes as the model format has them; plain numbers and texts are taken too.

    Raises
    ------
    ModelError
        For the first problem found: key, value found, value expected.
    """
    result = _read(arrays)
    if isinstance(result, TrainedNetwork):
        return result
    raise ModelError(result[0])


def model_problems(arrays: Mapping[str, npt.ArrayLike]) -> tuple[str, ...]:
    """Return everything that is wrong with a model, one message each; empty if nothing is.

    What depends on a part that is itself wrong is not looked at.
    """
    result = _read(arrays)
    return () if isinstance(result, TrainedNetwork) else tuple(result)


@dataclass
class _Collector:
    """Runs readers and keeps what they complain about."""

    problems: list[str]

    def read(self, reader: Callable[..., T], *args: Any) -> T | None:
        try:
            return reader(*args)
        except ModelError as problem:
            self.problems.append(str(problem))
            return None

    def read_all(self, reader: Callable[..., T], names: Sequence[str], *args: Any) -> tuple[T, ...]:
        results = (self.read(reader, name, *args) for name in names)
        return tuple(result for result in results if result is not None)


def _read(arrays: Mapping[str, npt.ArrayLike]) -> TrainedNetwork | list[str]:
    try:
        known = {key: _as_array(key, value) for key, value in arrays.items()}
        _check_format(Fields(known))
    except ModelError as problem:
        return [str(problem)]
    collect = _Collector([*key_problems(known), *_clashes(known)])
    dt_s = collect.read(Fields(known).number, "dt", None, DT_S)
    if collect.problems or dt_s is None:
        return collect.problems
    if names_in("layers", known):
        network = collect.read(read_layers, known, dt_s)
    else:
        network = _read_parts(known, dt_s, collect)
    return collect.problems if collect.problems or network is None else network


def _read_parts(
    arrays: Mapping[str, npt.NDArray[Any]], dt_s: float, collect: _Collector
) -> TrainedNetwork | None:
    inputs = collect.read_all(read_input, names_in("inputs", arrays), arrays)
    ensembles = collect.read_all(read_ensemble, names_in("ensembles", arrays), arrays, dt_s)
    if not names_in("ensembles", arrays):
        collect.problems.append("ensembles/ has no entry, expected at least one ensemble")
    if collect.problems:
        return None
    parts: tuple[Input | Ensemble, ...] = (*inputs, *ensembles)
    ends = {part.name: part for part in parts}
    connections = collect.read_all(read_connection, names_in("connections", arrays), arrays, ends)
    probes = collect.read_all(read_probe, names_in("probes", arrays), arrays, ends)
    collect.read(
        update_order,
        [ensemble.name for ensemble in ensembles],
        [(c.pre.name, c.post.name) for c in connections if c.delay == 0],
    )
    return TrainedNetwork(dt_s, inputs, ensembles, connections, probes)


def _as_array(key: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError as problem:
        raise ModelError(f"{key} is not an array: {problem}") from problem
    if array.dtype.hasobject:
        raise ModelError(f"{key} has dtype {array.dtype}, expected numbers or text")
    return array


def _check_format(fields: Fields) -> None:
    found = fields.text("format", repr(FORMAT))
    if found != FORMAT:
        raise ModelError(f"format is {found!r}, expected {FORMAT!r}")


def _clashes(arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[str]:
    both = set(names_in("inputs", arrays)) & set(names_in("ensembles", arrays))
    for name in sorted(both):
        yield f"inputs/{name} and ensembles/{name} have the same name, expected different names"
