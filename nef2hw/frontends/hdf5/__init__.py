"""Reading HDF5 files from strangers: NIR graphs, Keras weights.

A file is read whole into plain values that nobody can change, or refused. Another process does
it, since a few damaged bytes make HDF5 itself crash or run forever.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from nef2hw.archive import MAX_BYTES
from nef2hw.frontends.hdf5.walk import ErrorType, Hdf5Group, Hdf5Value

__all__ = ["Hdf5Group", "Hdf5Value", "parse_hdf5", "read_hdf5"]

#: Longest time that reading a file may take.
TIMEOUT_S = 60.0

_CHILD = (
    "import sys; sys.path[:] = sys.argv[3:]; from nef2hw.frontends.hdf5.child import main; "
    "main(sys.argv[1], int(sys.argv[2]))"
)


def read_hdf5(path: str | os.PathLike[str], error: ErrorType, limit: int = MAX_BYTES) -> Hdf5Group:
    """Read every group, array and text of an HDF5 file.

    Parameters
    ----------
    path : path of the file
    error : class of the error raised for a file that is refused
    limit : most bytes of the file itself, and of what it holds when inflated

    Returns
    -------
    Hdf5Group
        The root. Attributes of arrays are not read.
    """
    place = Path(path)
    try:
        size = place.stat().st_size
        if not place.is_file():
            raise error(f"{place} is not a file")
        if size > limit:
            raise error(f"{place} has {size} bytes, the limit is {limit}")
        data = place.read_bytes()
    except OSError as problem:
        raise error(f"{place} cannot be read: {problem.strerror}") from problem
    return parse_hdf5(data, str(place), error, limit)


def parse_hdf5(data: bytes, place: str, error: ErrorType, limit: int = MAX_BYTES) -> Hdf5Group:
    """Read the bytes of an HDF5 file as `read_hdf5` does; ``place`` names them in messages."""
    command = [sys.executable, "-I", "-c", _CHILD, place, str(limit), *sys.path]
    try:
        child = subprocess.run(
            command,
            input=data,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_S,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired as problem:
        raise error(
            f"{place} cannot be read within {TIMEOUT_S:g} s; is it damaged, or made to keep its "
            "reader busy?"
        ) from problem
    if child.returncode != 0:
        last = child.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise error(
            f"{place} cannot be read, the process that reads it ended with status "
            f"{child.returncode} {last}; is the file damaged?"
        )
    numbers = 8 + int.from_bytes(child.stdout[:8], "little")
    root = json.loads(child.stdout[8:numbers])
    if "refused" in root:
        raise error(root["refused"])
    return _group(root, memoryview(child.stdout)[numbers:])


def _group(found: dict[str, Any], numbers: memoryview) -> Hdf5Group:
    attributes = {name: _value(value, numbers) for name, value in found["attributes"].items()}
    members = {name: _member(member, numbers) for name, member in found["members"].items()}
    return Hdf5Group(MappingProxyType(attributes), MappingProxyType(members))


def _member(found: Any, numbers: memoryview) -> Hdf5Group | Hdf5Value:
    is_group = isinstance(found, dict) and "members" in found
    return _group(found, numbers) if is_group else _value(found, numbers)


def _value(found: Any, numbers: memoryview) -> Hdf5Value:
    if isinstance(found, str):
        return found
    shape = tuple(found["shape"])
    if "texts" in found:
        array = np.empty(len(found["texts"]), object)
        array[:] = found["texts"]
    else:
        size = math.prod(shape)
        array = (
            np.frombuffer(numbers, found["dtype"], size, found["start"])
            if size
            else np.empty(0, found["dtype"])
        )
    array.setflags(write=False)
    return array.reshape(shape)
