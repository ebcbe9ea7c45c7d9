"""From the arrays of a model file to a TrainedNetwork, everything checked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Collector, ModelError
from nef2hw.model.connections import read_connection, read_probe
from nef2hw.model.fields import Fields, Range
from nef2hw.model.layers import read_layers
from nef2hw.model.network import PROBES, Ensemble, Input, TrainedNetwork
from nef2hw.model.notes import read_notes
from nef2hw.model.order import update_order
from nef2hw.model.populations import read_ensemble, read_input
from nef2hw.model.schema import FIELDS, FORMAT, key_problems, names_in

Arrays = Mapping[str, npt.NDArray[Any]]

DT_S = Range(1e-9, 1.0, unit=" s")


def parse_model(arrays: Mapping[str, npt.ArrayLike]) -> TrainedNetwork:
    """Check the arrays of a model and return the network they describe.

    Parameters
    ----------
    arrays : mapping of str to array_like
        Keys and shapes as the model format has them; plain numbers and texts are taken too.

    Raises
    ------
    ModelError
        With everything that is wrong, a line each: key, value found, value expected. What
        depends on a part that is itself wrong is not looked at.
    """
    known = {key: _as_array(key, value) for key, value in arrays.items()}
    _check_format(Fields(known))
    collect = Collector()
    collect.problems += [*key_problems(known), *_clashes(known)]
    with collect:
        notes = read_notes(Fields(known))
    with collect:
        dt_s = Fields(known).number("dt", None, DT_S)
    collect.check()
    read = read_layers if names_in("layers", known) else _read_parts
    return replace(read(known, dt_s), notes=notes)


def model_problems(arrays: Mapping[str, npt.ArrayLike]) -> tuple[str, ...]:
    """Return everything that is wrong with a model, one message each; empty if nothing is."""
    try:
        parse_model(arrays)
    except ModelError as error:
        return error.problems
    return ()


def _read_parts(arrays: Arrays, dt_s: float) -> TrainedNetwork:
    names = {section: names_in(section, arrays) for section in FIELDS}
    collect = Collector()
    if not names["ensembles"]:
        collect.problems.append("ensembles/ has no entry, expected at least one ensemble")
    inputs = collect.each(names["inputs"], lambda name: read_input(name, arrays))
    ensembles = collect.each(names["ensembles"], lambda name: read_ensemble(name, arrays, dt_s))
    parts: tuple[Input | Ensemble, ...] = (*inputs, *ensembles)
    ends = {part.name: part for part in parts}
    wrong = {*names["inputs"], *names["ensembles"]} - set(ends)
    probes = collect.each(
        _not_of("probes", names["probes"], arrays, wrong),
        lambda name: read_probe(name, arrays, ends),
    )
    outputs = {PROBES + probe.name: probe.size for probe in probes if probe.target is None}
    wrong |= {PROBES + name for name in names["probes"]} - {PROBES + p.name for p in probes}
    connections = collect.each(
        _not_of("connections", names["connections"], arrays, wrong),
        lambda name: read_connection(name, arrays, ends, outputs),
    )
    with collect:
        update_order(
            [ensemble.name for ensemble in ensembles],
            [(c.pre.name, c.post.name) for c in connections if c.delay == 0],
        )
    collect.check()
    return TrainedNetwork(dt_s, inputs, ensembles, connections, probes)


def _not_of(section: str, names: Iterable[str], arrays: Arrays, wrong: set[str]) -> tuple[str, ...]:
    """Return the names of those that join none of the ``wrong`` parts."""

    def end(name: str, field: str) -> str:
        return str(arrays.get(f"{section}/{name}/{field}", "")).partition(".")[0]

    return tuple(
        name
        for name in names
        if not any(end(name, field) in wrong for field in ("pre", "post", "target"))
    )


def _as_array(key: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError as problem:
        raise ModelError(f"{key} is not an array: {problem}") from problem
    if array.dtype.hasobject:
        raise ModelError(f"{key} has dtype {array.dtype}, expected numbers or text")
    if array.dtype.kind == "U":
        _check_text(key, array)
    return array


def _check_text(key: str, array: npt.NDArray[Any]) -> None:
    """Refuse numbers in a file that stand for no character; NumPy would fail on them later."""
    dtype = np.dtype(np.uint32).newbyteorder(array.dtype.byteorder)
    highest = int(np.frombuffer(array.tobytes(), dtype).max(initial=0))
    if highest > sys.maxunicode:
        raise ModelError(f"{key} holds the character code {highest:#x}, expected sound text")


def _check_format(fields: Fields) -> None:
    found = fields.text("format", repr(FORMAT))
    if found != FORMAT:
        raise ModelError(f"format is {found!r}, expected {FORMAT!r}")


def _clashes(arrays: Arrays) -> Iterator[str]:
    both = set(names_in("inputs", arrays)) & set(names_in("ensembles", arrays))
    for name in sorted(both):
        yield f"inputs/{name} and ensembles/{name} have the same name, expected different names"
