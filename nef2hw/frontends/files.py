"""One entry for files of every format: which front end reads it, and with what."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nef2hw.archive import read_npz
from nef2hw.errors import ModelError
from nef2hw.frontends.options import ImportOptions
from nef2hw.model.defaults import defaults_taken
from nef2hw.model.network import TrainedNetwork
from nef2hw.model.npz import load_model, model_arrays
from nef2hw.model.parse import model_problems
from nef2hw.model.schema import FIELDS

#: Beginnings of files.
_ZIP, _HDF5 = b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class FileFormat:
    """A format that networks come in."""

    title: str
    read: Callable[..., TrainedNetwork]
    parameters: frozenset[str]  #: fields of ImportOptions that ``read`` takes


def read_network(path: str | os.PathLike[str], options: ImportOptions) -> TrainedNetwork:
    """Read a network from a model file, NIR graph, or Keras weights.

    Raises
    ------
    ModelError
        All that is wrong with the file, or what it needs to be told.
    """
    chosen = format_of(Path(path))
    network = chosen.read(path, **options.for_format(chosen.title, chosen.parameters))
    problems = model_problems(model_arrays(network))
    if problems:
        raise ModelError("\n".join(f"{path}: {problem}" for problem in problems))
    return network


def load_imported(path: Path) -> TrainedNetwork:
    """Read a model file, and say what to do with another one.

    Raises
    ------
    ModelError
        As of `load_model`, or that the file has to be imported first.
    """
    chosen = format_of(path)
    if chosen is not MODEL:
        raise ModelError(
            f"{path} is {chosen.title}; make a model file of it first: "
            f"nef2hw import {path} -o model.npz"
        )
    return load_model(path)


def format_of(path: Path) -> FileFormat:
    """Tell the format of a file by its first bytes, its entries and its name.

    Raises
    ------
    ModelError
        If it is none of those known.
    """
    try:
        # A pipe would never come to an end.
        if path.exists() and not path.is_file():
            raise ModelError(f"{path} is not a file")
        with path.open("rb") as stream:
            start = stream.read(len(_HDF5))
    except OSError as problem:
        raise ModelError(f"{path} cannot be read: {problem.strerror}") from problem
    if start.startswith(_ZIP):
        return MODEL if any(map(_is_of_model, _entries(path))) else KERAS
    if start == _HDF5:
        return NIR if path.suffix == ".nir" else KERAS
    raise ModelError(
        f"{path} is none of the files that are known, expected a model or weights (.npz), "
        "a NIR graph (.nir), or Keras weights (.h5, .keras)"
    )


def _is_of_model(entry: str) -> bool:
    """Tell a model by its keys, so that one without ``format`` is told what it lacks."""
    return entry == "format.npy" or entry.partition("/")[0] in FIELDS


def _entries(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile) as problem:
        raise ModelError(f"{path} is damaged: {problem}") from problem


def _read_model(path: str | os.PathLike[str]) -> TrainedNetwork:
    network = load_model(path)
    return replace(network, notes=(*network.notes, *defaults_taken(read_npz(path, ModelError))))


def _read_nir(path: str | os.PathLike[str], **said: Any) -> TrainedNetwork:
    from nef2hw.frontends.nir import from_nir

    return from_nir(path, **said)


def _read_keras(path: str | os.PathLike[str], **said: Any) -> TrainedNetwork:
    from nef2hw.frontends.keras import import_keras

    return import_keras(path, **said)


MODEL = FileFormat("a model file", _read_model, frozenset())
NIR = FileFormat(
    "a NIR graph",
    _read_nir,
    frozenset(
        {
            "dt",
            "discretization",
            "tau_ref_s",
            "reset",
            "if_time",
            "input_kind",
            "input_range",
            "unroll",
        }
    ),
)
KERAS = FileFormat(
    "Keras weights",
    _read_keras,
    frozenset(
        {
            "dt",
            "tau_rc_s",
            "tau_ref_s",
            "amplitude",
            "neuron_type",
            "gain",
            "neuron_bias",
            "readout",
            "synapse",
            "scale_firing_rates",
            "input_range",
        }
    ),
)
