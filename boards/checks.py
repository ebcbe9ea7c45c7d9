"""What every field of a board has to be, for boards that others define."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any

from nef2hw.boards.spec import FAMILY_NAMES, BoardSpec, Capacity, Pinout, SerialPins

#: Names serve as names of folders, parts and pins go into scripts of the tools.
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}")

#: Whether a value is sound, and what follows the value in the message where it is not.
Rule = tuple[Callable[[Any], bool], str]


def board_problem(board: BoardSpec) -> str | None:
    """Say what is wrong with the first field that is, such as "has clock_hz 0; ..."."""
    for name, (is_sound, expected) in RULES.items():
        value = getattr(board, name)
        if not is_sound(value):
            return f"has {name} {value!r:.100}; {expected}"
    return None


def is_word(value: Any) -> bool:
    """Whether ``value`` is a name without signs that files or scripts give a meaning."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_part(value: Any) -> bool:
    return isinstance(value, str) and is_word(value.replace("/", "."))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _is_family(value: Any) -> bool:
    return value in FAMILY_NAMES


def _is_positive(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and value > 0


def _is_clock(value: Any) -> bool:
    return value is None or _is_positive(value)


def _is_rate(value: Any) -> bool:
    return type(value) is int and value > 0


def _are_texts(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(map(_is_text, value))


def _are_words(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(map(is_word, value))


def _are_attributes(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        is_word(key) and (isinstance(each, int) or is_word(each)) for key, each in value.items()
    )


def _is_capacity(value: Any) -> bool:
    return isinstance(value, Capacity) and all(
        isinstance(count, int) and count >= 0 for count in astuple(value)
    )


def _is_platform(value: Any) -> bool:
    if isinstance(value, Pinout):
        sound = isinstance(value.part, Mapping) and all(map(is_word, value.part.values()))
        return sound and is_word(value.clock) and _are_attributes(value.attributes)
    return isinstance(value, str) and re.fullmatch(r"[\w.]+:\w+", value) is not None


def _is_uart(value: Any) -> bool:
    if isinstance(value, SerialPins):
        return is_word(value.rx) and is_word(value.tx) and _are_attributes(value.attributes)
    is_pair = isinstance(value, tuple) and len(value) == 2
    return is_pair and is_word(value[0]) and type(value[1]) is int


_NAME = "expected letters, digits, '_', '-', '.' and '+', at most 64, no sign first"

RULES: Mapping[str, Rule] = {
    "name": (is_word, _NAME),
    "title": (_is_text, "expected a text without control characters"),
    "family": (_is_family, f"known are {', '.join(FAMILY_NAMES)}"),
    "platform": (_is_platform, "expected 'module:Class' or a Pinout of texts"),
    "device": (_is_part, f"{_NAME}, or '/'"),
    "clock_hz": (_is_positive, "it must be positive and finite"),
    "capacity": (_is_capacity, "expected a Capacity of whole numbers from 0"),
    "programmer": (_are_texts, "expected a tuple, as ('openFPGALoader', '-b', 'name')"),
    "uart": (_is_uart, "expected a resource, as ('uart', 0), or SerialPins of names of pins"),
    "serial": (_is_text, "expected a text without control characters"),
    "baud": (_is_rate, "it must be positive, a whole number"),
    "core_hz": (_is_clock, "it must be positive and finite, or None"),
    "clock": (lambda value: value is None or is_word(value), _NAME),
    "aliases": (_are_words, "expected a tuple of names"),
    "notes": (_are_texts, "expected a tuple of texts without control characters"),
}
