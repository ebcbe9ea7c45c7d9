"""Damage from a seed: bytes of any file, and arrays of an archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.hostile.bad import Payload

Change = Callable[[bytes], bytes]


def truncations(parts: tuple[float, ...]) -> dict[str, Change]:
    """Return changes that leave a part of a file."""
    return {f"cut at {part:g}": lambda data, p=part: data[: int(p * len(data))] for part in parts}


def damages(seed: int, count: int) -> dict[str, Change]:
    """Return random changes of bytes; a file may survive some of them."""
    kinds = (_flip, _zero, _drop, _repeat, _insert)
    return {
        f"{kind.__name__[1:]} {seed + k}": lambda data, kind=kind, k=k: bytes(
            kind(np.random.default_rng(seed + k), bytearray(data))
        )
        for k in range(count)
        for kind in [kinds[k % len(kinds)]]
    }


def _flip(rng: np.random.Generator, data: bytearray) -> bytearray:
    for place in rng.integers(len(data), size=max(8, len(data) // 200)):
        data[place] ^= 1 << rng.integers(8)
    return data


def _zero(rng: np.random.Generator, data: bytearray) -> bytearray:
    first = int(rng.integers(len(data)))
    size = min(len(data) - first, 1 + len(data) // 20)
    data[first : first + size] = bytes(size)
    return data


def _drop(rng: np.random.Generator, data: bytearray) -> bytearray:
    first = int(rng.integers(len(data)))
    del data[first : first + 1 + len(data) // 50]
    return data


def _repeat(rng: np.random.Generator, data: bytearray) -> bytearray:
    first = int(rng.integers(len(data)))
    return data[:first] + data[first // 2 : first] + data[first:]


def _insert(rng: np.random.Generator, data: bytearray) -> bytearray:
    first = int(rng.integers(len(data)))
    return data[:first] + rng.bytes(33) + data[first:]


def poisons(value: Any) -> dict[str, Any]:
    """Return what can never stand in the place of the array ``value``."""
    array = np.asarray(value)
    is_text = array.dtype.kind == "U"
    found: dict[str, Any] = {
        "pickle": np.array([Payload()], dtype=object),
        "complex": np.full(array.shape, 1j),
        "dates": np.zeros(array.shape, "M8[s]"),
        "bytes": np.full(array.shape, b"x"),
        "struct": np.zeros(array.shape, [("a", "f8"), ("b", "i4")]),
        "void": np.zeros(array.shape, "V7"),
        "deep": np.zeros((1,) * 8 + array.shape),
        "other": np.zeros(array.shape) if is_text else np.full(array.shape, "x"),
    }
    if array.dtype.kind == "f":
        found |= {"nan": np.full(array.shape, np.nan), "inf": np.full(array.shape, -np.inf)}
        found["too large"] = np.full(array.shape, np.longdouble("1e4000"))
    return found


def poisoned(arrays: Mapping[str, Any], seed: int, count: int) -> dict[str, dict[str, Any]]:
    """Return ``count`` copies of ``arrays``, each with one array that cannot be right."""
    rng = np.random.default_rng(seed)
    every = [(key, name, bad) for key in arrays for name, bad in poisons(arrays[key]).items()]
    chosen = sorted(rng.choice(len(every), size=min(count, len(every)), replace=False))
    picked = [every[place] for place in chosen]
    return {f"{key} {name}": {**arrays, key: bad} for key, name, bad in picked}
