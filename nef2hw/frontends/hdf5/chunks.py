"""Arrays that HDF5 keeps in chunks, put together without HDF5's filters.

A filter inflates whatever it finds, and an unknown one makes HDF5 look for a plugin to load. Here
chunks are taken out raw, and inflated within the size that they declare.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Nef2hwError

AnyArray = npt.NDArray[Any]


class RefusedError(Nef2hwError):
    """What is wrong with an object of a file; who reads the file adds the object's name."""


def chunked_bytes(dataset: Any, dtype: np.dtype[Any]) -> int:
    """Return the bytes of all chunks of a dataset when inflated; refuse missing chunks."""
    shape, chunk = dataset.shape, dataset.get_create_plist().get_chunk()
    needed = math.prod(-(-length // step) for length, step in zip(shape, chunk, strict=True))
    stored = dataset.get_num_chunks()
    if stored != needed:
        raise RefusedError(f"has {stored} of the {needed} chunks that shape {shape} needs")
    return int(stored * math.prod(chunk) * dtype.itemsize)


def read_chunks(dataset: Any, dtype: np.dtype[Any], file_bytes: int) -> AnyArray:
    """Put an array together of its chunks.

    Raises
    ------
    RefusedError
        For a filter other than gzip and shuffle, or a chunk of another size than declared.
    """
    plist = dataset.get_create_plist()
    shape, chunk = dataset.shape, plist.get_chunk()
    filters = _filters(plist)
    array = np.empty(shape, dtype)
    for corner in itertools.product(*map(range, [0] * len(shape), shape, chunk)):
        if dataset.get_chunk_info_by_coord(corner).size > file_bytes:
            raise RefusedError(f"has a chunk at {corner} that is longer than the file")
        mask, raw = dataset.read_direct_chunk(corner)
        applied = [number for bit, number in enumerate(filters) if not mask >> bit & 1]
        data = _unfiltered(raw, applied, math.prod(chunk), dtype.itemsize, corner)
        part = array[
            tuple(slice(start, start + step) for start, step in zip(corner, chunk, strict=True))
        ]
        part[...] = np.frombuffer(data, dtype).reshape(chunk)[tuple(map(slice, part.shape))]
    return array


def _filters(plist: Any) -> list[int]:
    """Return the numbers of a dataset's filters, in the order in which they were applied."""
    from h5py import h5z

    filters = [plist.get_filter(index) for index in range(plist.get_nfilters())]
    numbers = [found[0] for found in filters]
    for number, _, _, name in filters:
        if number not in (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE) or numbers.count(number) > 1:
            raise RefusedError(
                f"is compressed by filter {number} ({name.decode(errors='replace')}), expected "
                "gzip once, with or without shuffle; write it anew with gzip"
            )
    return numbers


def _unfiltered(
    data: bytes, filters: Sequence[int], items: int, itemsize: int, corner: tuple[int, ...]
) -> bytes:
    from h5py import h5z

    size = items * itemsize
    for number in reversed(filters):
        if number == h5z.FILTER_DEFLATE:
            data = _inflated(data, size, corner)
        elif len(data) == size:
            data = np.frombuffer(data, np.uint8).reshape(itemsize, items).T.tobytes()
    if len(data) != size:
        raise RefusedError(f"has {len(data)} bytes in the chunk at {corner}, expected {size}")
    return data


def _inflated(data: bytes, size: int, corner: tuple[int, ...]) -> bytes:
    inflater = zlib.decompressobj()
    inflated = inflater.decompress(data, size)
    if not inflater.eof and inflater.decompress(inflater.unconsumed_tail, 1):
        raise RefusedError(
            f"has a chunk at {corner} that inflates to more than the {size} bytes it declares"
        )
    return inflated
