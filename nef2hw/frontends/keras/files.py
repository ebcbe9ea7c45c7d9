"""Opening files of weights: HDF5, ``.keras`` archives, and ``.npz``."""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

from nef2hw.archive import MAX_BYTES, read_npz
from nef2hw.errors import ModelError
from nef2hw.frontends.hdf5 import parse_hdf5, read_hdf5
from nef2hw.frontends.keras.contents import Contents, LayerArrays
from nef2hw.frontends.keras.hdf5_layout import parse_config, read_layout

_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MAX_CONFIG_BYTES = 1 << 24
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_CURE = (
    "expected weights of Keras (.keras, .weights.h5, .h5) or arrays (.npz); save them with "
    "model.save('model.keras') or model.save_weights('model.weights.h5')"
)


def read_contents(path: str | os.PathLike[str]) -> Contents:
    """Read a file of weights; what it is, its first bytes say.

    Raises
    ------
    ModelError
        The file cannot be read, is of another kind, is damaged, or would take too much memory.
    """
    place = Path(path)
    start = _first_bytes(place)
    if start == _HDF5:
        return read_layout(read_hdf5(place, ModelError))
    if start.startswith(_ZIP):
        return _read_zip(place)
    raise ModelError(f"neither HDF5 nor a zip archive, {_CURE}")


def _first_bytes(place: Path) -> bytes:
    if place.is_dir():
        raise ModelError(f"a folder, as TensorFlow saves models; {_CURE}")
    try:
        with place.open("rb") as stream:
            return stream.read(len(_HDF5))
    except OSError as problem:
        raise ModelError(f"cannot be read: {problem.strerror}") from problem


def _read_zip(place: Path) -> Contents:
    if place.stat().st_size > MAX_BYTES:
        raise ModelError(f"has {place.stat().st_size} bytes, the limit is {MAX_BYTES}")
    try:
        with zipfile.ZipFile(place) as archive:
            names = archive.namelist()
            if _CONFIG in names or _WEIGHTS in names:
                return _read_keras(place, archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as problem:
        raise ModelError(f"not a sound zip archive ({problem}); is it truncated?") from problem
    arrays = read_npz(place, ModelError)
    if "format" in arrays:
        raise ModelError("a model file already; load it with nef2hw.load")
    named = tuple(LayerArrays(name, None, {name: array}) for name, array in arrays.items())
    return Contents(named, "arrays")


def _read_keras(place: Path, archive: zipfile.ZipFile) -> Contents:
    """Read the two entries that matter; no other is looked at, and none is unpacked to disk."""
    config = parse_config(_entry(archive, _CONFIG, _MAX_CONFIG_BYTES), _CONFIG)
    weights = _entry(archive, _WEIGHTS, MAX_BYTES)
    contents = read_layout(parse_hdf5(weights, f"{place}: {_WEIGHTS}", ModelError))
    return replace(contents, config=config)


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    found = [entry for entry in archive.infolist() if entry.filename == name]
    if len(found) != 1:
        raise ModelError(f"holds {name!r} {len(found)} times, expected it once")
    entry = found[0]
    if entry.flag_bits & _ENCRYPTED:
        raise ModelError(f"{name!r} is encrypted, expected a plain entry")
    if entry.compress_type not in _METHODS:
        raise ModelError(
            f"{name!r} has compression method {entry.compress_type}, expected stored or deflated"
        )
    if entry.file_size > limit:
        raise ModelError(f"{name!r} would inflate to {entry.file_size} bytes, the limit is {limit}")
    with archive.open(entry) as stream:
        data = stream.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise ModelError(f"{name!r} has {len(data)} bytes, it declares {entry.file_size}")
    return data
