"""Typed, checked access to the arrays of a model by key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.model.network import FloatArray, IndexArray, locked

AnyArray = npt.NDArray[Any]
Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True)
class Range:
    """The numbers from ``low`` to ``high``, without ``low`` if ``above``, ``high`` if ``below``."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False
    unit: str = ""

    def __contains__(self, value: float) -> bool:
        high_enough = value > self.low if self.above else value >= self.low
        return high_enough and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        low = f"{'above' if self.above else 'at least'} {self.low:g}"
        high = f"{'below' if self.below else 'at most'} {self.high:g}"
        parts = [low] * (self.low > -math.inf) + [high] * (self.high < math.inf)
        return " and ".join(parts) + self.unit


ANY = Range()

#: Largest number of a model or input: products of some of them are numbers, too.
LARGEST = 1e60


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'bias'?"``, or nothing when no known word is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def shape_text(shape: tuple[int | str, ...]) -> str:
    """Write a shape as NumPy does, with letters for lengths that are free."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


@dataclass(frozen=True)
class Fields:
    """The arrays whose keys start with ``prefix``; every method takes the rest of the key.

    Each raises ModelError with the key, the value found and the value expected.
    """

    arrays: Mapping[str, AnyArray]
    prefix: str = ""

    def key(self, field: str) -> str:
        """Return the whole key of ``field``."""
        return self.prefix + field

    def has(self, field: str) -> bool:
        """Tell whether the array is there."""
        return self.key(field) in self.arrays

    def lengths(self, field: str, letters: tuple[str, ...]) -> tuple[int | str, ...]:
        """Return an array's shape, letters where it has none of so many axes."""
        array = self.arrays.get(self.key(field), np.zeros(0))
        return array.shape if array.size and array.ndim == len(letters) else letters

    def need(self, field: str, why: str) -> None:
        """Refuse a model without this array; ``why`` says what is expected."""
        if not self.has(field):
            raise ModelError(f"{self.key(field)} is missing, expected {why}")

    def text(self, field: str, expected: str) -> str:
        """Read a text of shape ()."""
        self.need(field, expected)
        array = self.arrays[self.key(field)]
        if array.dtype.kind != "U" or array.shape != ():
            raise ModelError(
                f"{self.key(field)} has dtype {array.dtype} and shape {array.shape}, "
                f"expected a text of shape ()"
            )
        return str(array[()])

    def texts(self, field: str) -> tuple[str, ...]:
        """Read texts of shape (k,); none when absent."""
        if not self.has(field):
            return ()
        array = self.arrays[self.key(field)]
        if array.dtype.kind != "U" or array.ndim != 1:
            raise ModelError(
                f"{self.key(field)} has dtype {array.dtype} and shape {array.shape}, "
                f"expected texts of shape (k,)"
            )
        return tuple(map(str, array))

    def refuse(self, names: Iterable[str], why: str) -> None:
        """Refuse a model that holds any of these arrays; ``why`` says why none belongs here."""
        for field in names:
            if self.has(field):
                raise ModelError(f"{self.key(field)} is given, expected it absent: {why}")

    def choice(self, field: str, options: tuple[Choice, ...]) -> Choice:
        """Read one of ``options``, by default the first."""
        expected = " or ".join(map(repr, options))
        found = self.text(field, expected) if self.has(field) else options[0]
        for option in options:
            if option == found:
                return option
        raise ModelError(
            f"{self.key(field)} is {found!r}, expected {expected}{suggestion(found, options)}"
        )

    def number(self, field: str, default: float | None = None, valid: Range = ANY) -> float:
        """Read a finite number of shape (), within ``valid``."""
        if default is None or self.has(field):
            self.need(field, f"a number {valid}".rstrip())
            value, absent = float(self._numbers(field, ())), ""
        else:
            value, absent = default, "absent, which stands for "
        if value not in valid:
            raise ModelError(f"{self.key(field)} is {absent}{value:g}, expected {valid}")
        return value

    def integer(self, field: str, valid: Range) -> int:
        """Read an integer of shape (), within ``valid``."""
        self.need(field, f"an integer {valid}")
        value = int(self._integers(field, ()))
        if value not in valid:
            raise ModelError(f"{self.key(field)} is {value}, expected {valid}")
        return value

    def indices(self, field: str, size: int, of: str) -> IndexArray | None:
        """Read indices into ``size`` things, shape (k,); None when absent."""
        if not self.has(field):
            return None
        found = self._integers(field, ("k",))
        wrong = found[(found < 0) | (found >= size)]
        if found.size == 0 or wrong.size:
            what = f"the index {wrong[0]}" if wrong.size else "no index"
            raise ModelError(
                f"{self.key(field)} holds {what}, expected indices from 0 to "
                f"{size - 1} ({of} has {size})"
            )
        return found

    def floats(
        self, field: str, shape: tuple[int | str, ...], valid: Range = ANY
    ) -> FloatArray | None:
        """Read finite numbers of ``shape``, letters standing for any length; None when absent."""
        if not self.has(field):
            return None
        array = self._numbers(field, shape)
        for value in array.flat if valid is not ANY else ():
            if value not in valid:
                raise ModelError(f"{self.key(field)} holds {value:g}, expected {valid}")
        return array

    def needed_floats(
        self, field: str, shape: tuple[int | str, ...], valid: Range = ANY
    ) -> FloatArray:
        """Read finite numbers of ``shape``, which must be there."""
        self.need(field, f"an array of shape {shape_text(shape)}")
        found = self.floats(field, shape, valid)
        assert found is not None
        return found

    def _numbers(self, field: str, shape: tuple[int | str, ...]) -> FloatArray:
        array = self.arrays[self.key(field)]
        self._check(field, shape, "iuf", "numbers")
        with np.errstate(over="ignore"):
            value: FloatArray = locked(array)
        if not np.isfinite(value).all():
            bad = value[~np.isfinite(value)].flat[0]
            raise ModelError(f"{self.key(field)} holds {bad}, expected finite numbers")
        if value.size and float(np.abs(value).max()) > LARGEST:
            raise ModelError(
                f"{self.key(field)} holds {value.flat[np.abs(value).argmax()]:g}, expected at most "
                f"{LARGEST:g} in magnitude"
            )
        return value

    def _integers(self, field: str, shape: tuple[int | str, ...]) -> IndexArray:
        array = self.arrays[self.key(field)]
        self._check(field, shape, "iu", "integers")
        if array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise ModelError(f"{self.key(field)} holds {array.max()}, expected 64-bit integers")
        value: IndexArray = locked(array, np.int64)
        return value

    def _check(self, field: str, shape: tuple[int | str, ...], kinds: str, what: str) -> None:
        array = self.arrays[self.key(field)]
        if array.dtype.kind not in kinds:
            raise ModelError(f"{self.key(field)} has dtype {array.dtype}, expected {what}")
        fits = len(array.shape) == len(shape) and all(
            length > 0 if isinstance(wanted, str) else length == wanted
            for length, wanted in zip(array.shape, shape, strict=True)
        )
        if not fits:
            raise ModelError(
                f"{self.key(field)} has shape {array.shape}, expected {shape_text(shape)}"
            )
