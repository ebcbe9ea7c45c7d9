"""Walking through an HDF5 file from a stranger.

HDF5 can do much more than hold arrays: links that lead into other files or in circles, data kept
elsewhere, a few bytes that declare or inflate to petabytes. None of that is followed.

Damaged bytes can still make HDF5 crash or run forever: `nef2hw.frontends.hdf5` therefore lets
another process do the walking.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Nef2hwError
from nef2hw.frontends.hdf5.chunks import RefusedError, chunked_bytes, read_chunks

AnyArray = npt.NDArray[Any]
#: Numbers as an array, a text as str, several texts as an array of objects that are all str.
Hdf5Value = AnyArray | str
ErrorType = type[Nef2hwError]

#: Most groups, arrays, attributes and texts of one file.
MAX_OBJECTS = 1 << 16
#: Deepest nesting of groups.
MAX_DEPTH = 64

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_USER_BLOCKS = tuple(512 << k for k in range(16))


@dataclass(frozen=True, eq=False)
class Hdf5Group:
    """A group with all that is below it; nothing in it can be changed."""

    attributes: Mapping[str, Hdf5Value]
    members: Mapping[str, Hdf5Group | Hdf5Value]


def walk_hdf5(data: bytes, place: str, error: ErrorType, limit: int) -> Hdf5Group:
    """Read all that the bytes of an HDF5 file hold, at most ``limit`` bytes of it.

    ``place`` names the bytes in messages, ``error`` is the class of the error raised for a file
    that is refused.
    """
    try:
        from h5py import h5f, h5o
    except ImportError as problem:
        raise error(f"{place}: reading HDF5 needs the package h5py; pip install h5py") from problem
    _check_signature(data, place, error)
    reader = _Reader(len(data), limit)
    try:
        file = h5f.open_file_image(data)
        try:
            return reader.group(h5o.open(file, b"/"), 0)
        finally:
            file.close()
    except RefusedError as problem:
        raise error(f"{place}: {_printable(reader.path)} {_printable(problem)}") from problem
    except (OSError, RuntimeError, KeyError, ValueError, MemoryError, zlib.error) as problem:
        raise error(
            f"{place} is not a sound HDF5 file, reading {_printable(reader.path)} fails "
            f"({_printable(problem)}); is it truncated or damaged?"
        ) from problem


def _printable(text: object) -> str:
    """Write text from a file so that it can do a terminal no harm."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


def _check_signature(data: bytes, place: str, error: ErrorType) -> None:
    if data.startswith(_SIGNATURE):
        return
    for start in _USER_BLOCKS:
        if data.startswith(_SIGNATURE, start):
            raise error(
                f"{place} has a user block of {start} bytes before its data, expected none; "
                "take it off with h5unjam"
            )
    raise error(f"{place} is not an HDF5 file; is it truncated or of another format?")


@dataclass
class _Reader:
    """Walks one file, knows where it is, and keeps account of what it has taken."""

    file_bytes: int
    limit: int
    path: str = "/"
    taken_bytes: int = 0
    objects: int = 0
    addresses: dict[int, str] = field(default_factory=dict)

    def group(self, group: Any, depth: int) -> Hdf5Group:
        """Read a group and what is below it."""
        if depth > MAX_DEPTH:
            raise RefusedError(f"lies {depth} groups deep, the limit is {MAX_DEPTH}")
        self._meet(group)
        path = self.path
        attributes = self._attributes(group)
        self._count(group.get_num_objs())
        members = {}
        for raw in group:
            self.path = path
            name = _text(raw)
            self.path = f"{path.rstrip('/')}/{name}"
            members[name] = self._member(group, raw, depth + 1)
        self.path = path
        return Hdf5Group(MappingProxyType(attributes), MappingProxyType(members))

    def _member(self, group: Any, name: bytes, depth: int) -> Hdf5Group | Hdf5Value:
        from h5py import h5d, h5g, h5l, h5o

        kind = group.links.get_info(name).type
        if kind != h5l.TYPE_HARD:
            found = "a soft link" if kind == h5l.TYPE_SOFT else "a link to another file"
            raise RefusedError(
                f"is {found}, which is never followed; expected the group or array itself"
            )
        member = h5o.open(group, name)
        if isinstance(member, h5g.GroupID):
            return self.group(member, depth)
        if isinstance(member, h5d.DatasetID):
            self._meet(member)
            return self._dataset(member)
        raise RefusedError("is neither a group nor an array, expected one of them")

    def _meet(self, found: Any) -> None:
        """Refuse an object that was met before, as hard links make circles of them."""
        from h5py import h5o

        first = self.addresses.setdefault(h5o.get_info(found).addr, self.path)
        if first != self.path:
            raise RefusedError(f"is the same object as {first}, expected each once")

    def _attributes(self, group: Any) -> dict[str, Hdf5Value]:
        from h5py import h5a

        path = self.path
        attributes = {}
        count = h5a.get_num_attrs(group)
        self._count(count)
        for index in range(count):
            attribute = h5a.open(group, index=index)
            name = _text(attribute.name)
            self.path = f"{path}@{name}"
            attributes[name] = self._attribute(attribute)
            self.path = path
        return attributes

    def _attribute(self, attribute: Any) -> Hdf5Value:
        dtype, shape = _dtype(attribute), _shape(attribute)
        self._count_texts(dtype, shape)
        # A long text may be meant many times, by a few bytes each.
        bytes_of_item = self.file_bytes if dtype.hasobject else dtype.itemsize
        self._take(math.prod(shape) * bytes_of_item)
        array = np.empty(shape, dtype)
        if array.size:
            attribute.read(array)
        return _value(array)

    def _dataset(self, dataset: Any) -> Hdf5Value:
        from h5py import h5d, h5s

        dtype, shape = _dtype(dataset), _shape(dataset)
        plist = dataset.get_create_plist()
        layout = plist.get_layout()
        if layout == h5d.VIRTUAL:
            raise RefusedError("is put together of other arrays, expected its own data")
        if plist.get_external_count():
            raise RefusedError("keeps its data in another file, expected it in this one")
        self._count_texts(dtype, shape)
        size = math.prod(shape) * dtype.itemsize
        if size == 0:
            return _value(np.empty(shape, dtype))
        if dtype.hasobject:
            return _value(self._long_texts(dataset, plist, dtype))
        if layout == h5d.CHUNKED:
            self._take(chunked_bytes(dataset, dtype))
            return _value(read_chunks(dataset, dtype, self.file_bytes))
        stored = dataset.get_storage_size()
        if stored < size:
            raise RefusedError(f"declares {size} bytes of data and stores {stored}")
        self._take(size)
        array = np.empty(shape, dtype)
        dataset.read(h5s.ALL, h5s.ALL, array)
        return _value(array)

    def _long_texts(self, dataset: Any, plist: Any, dtype: np.dtype[Any]) -> AnyArray:
        """Read texts of any length one by one, as a long one may be meant many times."""
        from h5py import h5d, h5s

        if plist.get_nfilters():
            raise RefusedError("is text and compressed, expected it uncompressed")
        if plist.get_layout() == h5d.CHUNKED:
            self._take(math.prod(plist.get_chunk()) * dtype.itemsize)
        texts = np.empty(dataset.shape, object)
        one = np.empty((1,), dtype)
        memory, file = h5s.create_simple((1,)), dataset.get_space()
        for index in np.ndindex(dataset.shape):
            if index:
                file.select_elements(np.array([index], np.uint64))
            dataset.read(memory, file, one)
            self._take(len(one[0]))
            texts[index] = one[0]
        return texts

    def _count_texts(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        if dtype.kind in "SO":
            self._count(math.prod(shape))

    def _count(self, objects: int) -> None:
        self.objects += objects
        if self.objects > MAX_OBJECTS:
            raise RefusedError(
                f"brings the file to {self.objects} groups, arrays, attributes and texts, "
                f"the limit is {MAX_OBJECTS}"
            )

    def _take(self, size: int) -> None:
        self.taken_bytes += size
        if self.taken_bytes > self.limit:
            raise RefusedError(
                f"brings the file to {self.taken_bytes} bytes of data, the limit is {self.limit}"
            )


def _shape(found: Any) -> tuple[int, ...]:
    """Return the shape of a dataset or attribute; one without any is empty."""
    return (0,) if found.shape is None else found.shape


def _dtype(found: Any) -> np.dtype[Any]:
    """Return the dtype to read ``found`` with; refuse all but numbers and text."""
    from h5py import h5t

    kind = found.get_type()
    if isinstance(kind, h5t.TypeStringID):
        return np.dtype(h5t.string_dtype() if kind.is_variable_str() else f"S{kind.get_size()}")
    if isinstance(kind, (h5t.TypeIntegerID, h5t.TypeFloatID, h5t.TypeEnumID)):
        dtype: np.dtype[Any] = kind.dtype
        if dtype.itemsize <= 8 and h5t.py_create(dtype).equal(kind):
            return dtype
    names = {
        h5t.COMPOUND: "structures",
        h5t.REFERENCE: "references",
        h5t.OPAQUE: "opaque bytes",
        h5t.VLEN: "lists of any length",
        h5t.ENUM: "an enumeration",
        h5t.ARRAY: "arrays within an array",
    }
    raise RefusedError(
        f"holds {names.get(kind.get_class(), 'numbers of an unusual format')}, expected text, or "
        "integers or floats of at most 64 bits"
    )


def _value(array: AnyArray) -> Hdf5Value:
    """Make text of bytes, and lock what was read."""
    if array.dtype.kind in "SO":
        texts = np.empty(array.shape, object)
        for index in np.ndindex(array.shape):
            texts[index] = _text(bytes(array[index]))
        if texts.shape == ():
            return str(texts[()])
        array = texts
    array.setflags(write=False)
    return array


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        raise RefusedError(f"holds text that is not UTF-8: {raw[:40]!r}") from problem
