"""Reading and writing ``.npy`` and ``.npz`` files from strangers.

Nothing in a file is executed or believed: sizes are checked against a limit
before anything is inflated, an array's header must agree with the declared
size of its entry, and pickled arrays are refused unread.
"""

from __future__ import annotations

import math
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy_format

from nef2hw.errors import Nef2hwError

AnyArray = npt.NDArray[Any]
ErrorType = type[Nef2hwError]

#: Most bytes that the arrays of one file may take.
MAX_BYTES = 1 << 30
_MAX_HEADER_BYTES = 1 << 16
_MAX_DIMENSIONS = 8
_ENCRYPTED = 1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HEADER_READERS: Mapping[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, Any]]] = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}


def read_npz(
    path: str | os.PathLike[str], error: ErrorType, limit: int = MAX_BYTES
) -> dict[str, AnyArray]:
    """Read every array of an ``.npz`` file, at most ``limit`` bytes in all.

    Parameters
    ----------
    path : path of the file
    error : class of the error raised for a file that is refused
    limit : most bytes of the file itself, and of its arrays when inflated

    Returns
    -------
    dict of str to ndarray
        In the order of the file, with the ``.npy`` of each entry taken off.
    """
    place = Path(path)
    _check_file_size(place, error, limit)
    try:
        with zipfile.ZipFile(place) as archive:
            entries = archive.infolist()
            _check_entries(place, entries, error, limit)
            return {
                entry.filename[:-4]: _read_entry(place, archive, entry, error) for entry in entries
            }
    except zipfile.BadZipFile as problem:
        raise error(
            f"{place} is not a sound .npz file ({problem}); expected one written by "
            "numpy.savez, is it truncated or of another format?"
        ) from problem
    except (zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as problem:
        raise error(f"{place} cannot be read: {problem}") from problem


def read_npy(path: str | os.PathLike[str], error: ErrorType, limit: int = MAX_BYTES) -> AnyArray:
    """Read the one array of an ``.npy`` file of at most ``limit`` bytes."""
    place = Path(path)
    size = _check_file_size(place, error, limit)
    with place.open("rb") as stream:
        return _read_array(str(place), stream, size, error)


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, AnyArray]) -> None:
    """Write ``arrays`` beside ``path``, then rename: never a half-written file.

    Raises
    ------
    Nef2hwError
        ``path`` is there and no file: a device or pipe is not replaced. Or its folder is missing.
    """
    place = Path(path)
    if place.exists() and not place.is_file():
        raise Nef2hwError(f"{place} is there and is not a file; name another place")
    check_folder(place)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.")
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
            for key, array in arrays.items():
                with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as entry:
                    npy_format.write_array(entry, np.asanyarray(array), allow_pickle=False)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_folder(path: Path) -> None:
    """Refuse a file to be written into a folder that is missing.

    Raises
    ------
    Nef2hwError
        Naming both.
    """
    if not path.parent.is_dir():
        raise Nef2hwError(f"{path}: there is no folder {path.parent}; make it first")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _check_file_size(place: Path, error: ErrorType, limit: int) -> int:
    try:
        size = place.stat().st_size
    except OSError as problem:
        raise error(f"{place} cannot be read: {problem.strerror}") from problem
    if not place.is_file():
        raise error(f"{place} is not a file")
    if size > limit:
        raise error(f"{place} has {size} bytes, the limit is {limit}")
    return size


def _check_entries(
    place: Path, entries: list[zipfile.ZipInfo], error: ErrorType, limit: int
) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > limit:
        raise error(f"{place} would inflate to {total} bytes, the limit is {limit}")
    seen = set()
    for entry in entries:
        name = entry.filename
        if not name.endswith(".npy"):
            raise error(f"{place} holds {name!r}, expected only .npy entries as numpy.savez writes")
        if name in seen:
            raise error(f"{place} holds {name!r} twice, expected it once")
        if entry.flag_bits & _ENCRYPTED:
            raise error(f"{place}: {name!r} is encrypted, expected a plain entry")
        if entry.compress_type not in _METHODS:
            raise error(
                f"{place}: {name!r} has compression method {entry.compress_type}, "
                "expected stored or deflated"
            )
        seen.add(name)


def _read_entry(
    place: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, error: ErrorType
) -> AnyArray:
    with archive.open(entry) as stream:
        return _read_array(f"{place}: {entry.filename!r}", stream, entry.file_size, error)


def _read_array(place: str, stream: IO[bytes], size: int, error: ErrorType) -> AnyArray:
    shape, fortran_order, dtype = _read_header(place, stream, error)
    if dtype.hasobject:
        raise error(
            f"{place} holds pickled objects (dtype {dtype}), which are never loaded; "
            "expected numbers or text"
        )
    payload = math.prod(shape) * dtype.itemsize
    expected = stream.tell() + payload
    if size != expected:
        raise error(
            f"{place} has {size} bytes, but its header (shape {shape}, dtype {dtype}) "
            f"needs {expected}"
        )
    data = stream.read(payload)
    if len(data) != payload or stream.read(1):
        raise error(
            f"{place} is truncated or longer than declared, expected {payload} bytes of "
            f"data, got {len(data)}"
        )
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype)
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran_order else "C")


def _read_header(
    place: str, stream: IO[bytes], error: ErrorType
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    # Hostile bytes can make NumPy's header parser fail in many ways, all of them harmless.
    try:
        version = npy_format.read_magic(stream)
        reader = _HEADER_READERS[version]
        shape, fortran_order, dtype = reader(stream, max_header_size=_MAX_HEADER_BYTES)
        sound = len(shape) <= _MAX_DIMENSIONS and all(length >= 0 for length in shape)
    except (zipfile.BadZipFile, zlib.error):
        raise
    except Exception as problem:
        raise error(f"{place} is not a NumPy array: {problem}") from problem
    if not sound:
        raise error(
            f"{place} has shape {shape}, expected at most {_MAX_DIMENSIONS} dimensions, "
            "none negative"
        )
    return shape, fortran_order, np.dtype(dtype)
