"""Cases for a block with streams: words in, words expected out, and the names of their fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Shape, ShapeLike
from amaranth.lib import data

LIMB_BITS = 32


@dataclass(frozen=True)
class Field:
    """Place of a named number in a payload."""

    name: str
    offset: int
    width: int
    signed: bool

    def pack(self, value: int) -> int:
        """Bits of ``value`` in place.

        Raises
        ------
        ValueError
            If the value does not fit the field.
        """
        value = int(value)
        if not -(1 << self.width >> 1) <= value < 1 << self.width:
            raise ValueError(f"{self.name} is {value}, which does not fit {self.width} bits")
        return (value & ((1 << self.width) - 1)) << self.offset

    def unpack(self, word: int) -> int:
        """Value of this field in ``word``."""
        value = word >> self.offset & ((1 << self.width) - 1)
        return value - (1 << self.width) if self.signed and value >> (self.width - 1) else value


@dataclass(frozen=True)
class StreamCases:
    """The words of one stream."""

    words: tuple[int, ...]
    fields: tuple[Field, ...]

    def describe(self, word: int) -> str:
        """Fields of ``word`` with their values."""
        return ", ".join(f"{field.name}={field.unpack(word)}" for field in self.fields)


def payload_fields(shape: ShapeLike) -> tuple[Field, ...]:
    """Fields of a payload; one called ``value`` when it has no layout; nested ones are dotted."""
    if not _is_layout(shape):
        cast = Shape.cast(shape)
        return (Field("value", 0, cast.width, cast.signed),)
    return tuple(
        Field(
            f"{name}.{inner.name}" if _is_layout(field.shape) else str(name),
            field.offset + inner.offset,
            inner.width,
            inner.signed,
        )
        for name, field in data.Layout.cast(shape)
        for inner in payload_fields(field.shape)
    )


def _is_layout(shape: ShapeLike) -> bool:
    return isinstance(shape, data.Layout) or (
        isinstance(shape, type) and issubclass(shape, (data.Struct, data.Union))
    )


def stream_cases(shape: ShapeLike, values: Mapping[str, npt.ArrayLike]) -> StreamCases:
    """Pack one array of values per field into the words of a stream.

    Fields that are not mentioned are zero.
    """
    fields = payload_fields(shape)
    columns = {name: np.asarray(column).ravel().tolist() for name, column in values.items()}
    unknown = set(columns) - {field.name for field in fields}
    if unknown:
        raise KeyError(f"no such fields: {sorted(unknown)}")
    count = len(next(iter(columns.values())))
    used = [(field, columns[field.name]) for field in fields if field.name in columns]
    words = tuple(sum(field.pack(column[k]) for field, column in used) for k in range(count))
    return StreamCases(words, fields)


def save_cases(
    path: Path,
    inputs: Mapping[str, StreamCases],
    outputs: Mapping[str, StreamCases],
    *,
    stall: float = 0.0,
    seed: int = 0,
) -> None:
    """Write cases as an ``.npz`` file for the bench."""
    arrays: dict[str, Any] = {"stall": np.float64(stall), "seed": np.int64(seed)}
    for side, streams in (("in", inputs), ("out", outputs)):
        for name, cases in streams.items():
            arrays[f"{side}/{name}/words"] = _to_limbs(cases.words)
            arrays[f"{side}/{name}/fields"] = np.str_(
                json.dumps([[f.name, f.offset, f.width, f.signed] for f in cases.fields])
            )
    np.savez(path, **arrays)


def load_cases(
    path: Path,
) -> tuple[dict[str, StreamCases], dict[str, StreamCases], float, int]:
    """Read what :func:`save_cases` wrote: inputs, outputs, stall, seed."""
    with np.load(path, allow_pickle=False) as file:
        sides: dict[str, dict[str, StreamCases]] = {"in": {}, "out": {}}
        for key in file.files:
            if key.endswith("/words"):
                side, name, _ = key.split("/")
                fields = json.loads(str(file[f"{side}/{name}/fields"]))
                sides[side][name] = StreamCases(
                    _from_limbs(file[key]), tuple(Field(*field) for field in fields)
                )
        return sides["in"], sides["out"], float(file["stall"]), int(file["seed"])


def _to_limbs(words: Sequence[int]) -> npt.NDArray[np.uint32]:
    size = max([1, *(-(-word.bit_length() // LIMB_BITS) for word in words)])
    raw = b"".join(word.to_bytes(4 * size, "little") for word in words)
    return np.frombuffer(raw, dtype="<u4").reshape(-1, size)


def _from_limbs(limbs: npt.NDArray[np.uint32]) -> tuple[int, ...]:
    return tuple(int.from_bytes(row.astype("<u4").tobytes(), "little") for row in limbs)
