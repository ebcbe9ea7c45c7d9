"""Frozen dataclasses as JSON text and named arrays, and back."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ProgramError

Arrays = dict[str, npt.NDArray[Any]]


def to_record(value: Any, place: str, arrays: Arrays) -> Any:
    """Turn ``value`` into what JSON can hold; its arrays go into ``arrays`` by place."""
    if dataclasses.is_dataclass(value):
        return {
            f.name: to_record(getattr(value, f.name), f"{place}/{f.name}", arrays)
            for f in dataclasses.fields(value)
        }
    if isinstance(value, tuple):
        return [to_record(item, f"{place}/{k}", arrays) for k, item in enumerate(value)]
    if isinstance(value, np.ndarray):
        arrays[place] = value
        return None
    return value


def from_record(kind: Any, record: Any, place: str, arrays: Mapping[str, Any]) -> Any:
    """Rebuild a value of type ``kind``.

    Raises
    ------
    ProgramError
        If anything is missing or of another type.
    """
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(kind, record, place, arrays)
    if origin is tuple:
        return _tuple(kind, record, place, arrays)
    if origin is np.ndarray:
        return _array(kind, place, arrays)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, record, place, arrays)
    return _scalar(kind, record, place)


def _optional(kind: Any, record: Any, place: str, arrays: Mapping[str, Any]) -> Any:
    inner = next(a for a in typing.get_args(kind) if a is not types.NoneType)
    if record is None and place not in arrays:
        return None
    return from_record(inner, record, place, arrays)


def _tuple(kind: Any, record: Any, place: str, arrays: Mapping[str, Any]) -> Any:
    inner = typing.get_args(kind)
    if not isinstance(record, list):
        raise ProgramError(f"{place} is {type(record).__name__}, expected a list")
    kinds = [inner[0]] * len(record) if inner[-1] is Ellipsis else list(inner)
    if len(kinds) != len(record):
        raise ProgramError(f"{place} has {len(record)} entries, expected {len(kinds)}")
    return tuple(
        from_record(k, item, f"{place}/{n}", arrays)
        for n, (k, item) in enumerate(zip(kinds, record, strict=True))
    )


def _array(kind: Any, place: str, arrays: Mapping[str, Any]) -> npt.NDArray[Any]:
    dtype = np.dtype(typing.get_args(typing.get_args(kind)[1])[0])
    if place not in arrays:
        raise ProgramError(f"{place} is missing")
    array = np.asarray(arrays[place])
    if array.dtype != dtype:
        raise ProgramError(f"{place} has dtype {array.dtype}, expected {dtype}")
    return array


def _dataclass(kind: Any, record: Any, place: str, arrays: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    names = [f.name for f in dataclasses.fields(kind)]
    if not isinstance(record, dict) or set(record) != set(names):
        raise ProgramError(f"{place} does not hold the fields of a {kind.__name__}")
    return kind(**{n: from_record(hints[n], record[n], f"{place}/{n}", arrays) for n in names})


def _scalar(kind: Any, record: Any, place: str) -> Any:
    if typing.get_origin(kind) is typing.Literal:
        if record in typing.get_args(kind):
            return record
    elif kind is float and isinstance(record, (int, float)) and not isinstance(record, bool):
        try:
            return float(record)
        except OverflowError as problem:
            raise ProgramError(f"{place} is larger than any float") from problem
    elif type(record) is kind:
        return record
    raise ProgramError(f"{place} is {record!r}, which is not a {getattr(kind, '__name__', kind)}")
