"""The process that walks through an HDF5 file, so that nothing worse than its own end can happen.

It takes the file on its standard input and answers on its standard output: the length of a JSON
text in 8 bytes, the text, and the numbers of all arrays. The text is ``{"refused": message}`` or
the root group, whose arrays say where their numbers start.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import numpy as np

from nef2hw.errors import Nef2hwError
from nef2hw.frontends.hdf5.walk import Hdf5Group, Hdf5Value, walk_hdf5

#: Address space that Python and its libraries need.
_PYTHON_BYTES = 1 << 30
#: Copies of the file and of its arrays that exist at one time, at most.
_COPIES = 5


def main(place: str, limit: int) -> None:
    """Walk through the file on standard input, which messages call ``place``."""
    restrict_memory(_PYTHON_BYTES + _COPIES * limit)
    numbers = io.BytesIO()
    try:
        answer = _group(walk_hdf5(sys.stdin.buffer.read(), place, Nef2hwError, limit), numbers)
    except Nef2hwError as problem:
        answer = {"refused": str(problem)}
    text = json.dumps(answer).encode()
    for part in (len(text).to_bytes(8, "little"), text, numbers.getbuffer()):
        sys.stdout.buffer.write(part)


def restrict_memory(size: int) -> None:
    """Let this process have no more than ``size`` bytes of address space."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or size < most:
        resource.setrlimit(resource.RLIMIT_AS, (size, most))


def _group(group: Hdf5Group, numbers: io.BytesIO) -> dict[str, Any]:
    return {
        "attributes": {name: _value(value, numbers) for name, value in group.attributes.items()},
        "members": {
            name: _group(member, numbers)
            if isinstance(member, Hdf5Group)
            else _value(member, numbers)
            for name, member in group.members.items()
        },
    }


def _value(value: Hdf5Value, numbers: io.BytesIO) -> str | dict[str, Any]:
    if isinstance(value, str):
        return value
    if value.dtype.hasobject:
        return {"shape": value.shape, "texts": value.ravel().tolist()}
    start = numbers.tell()
    numbers.write(np.ascontiguousarray(value).data)
    return {"shape": value.shape, "dtype": value.dtype.str, "start": start}
