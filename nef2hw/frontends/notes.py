"""What the user is told, in sentences of one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nef2hw.model.network import FloatArray
from nef2hw.model.notes import MAX_LENGTH

#: Longest item that is written out, so that at least one always fits.
_LONG = MAX_LENGTH // 2


def listing(head: str, items: Iterable[str]) -> tuple[str, ...]:
    """Return one note, ``head: item, item and 3 more``, as long as a note may be; none if empty."""
    found = [item if len(item) <= _LONG else f"{item[:_LONG]}..." for item in items]
    if not found:
        return ()
    shown = len(found)
    while len(note := _listed(head, found, shown)) > MAX_LENGTH:
        shown -= 1
    return (note,)


def _listed(head: str, items: Sequence[str], shown: int) -> str:
    more = f" and {len(items) - shown} more" if shown < len(items) else ""
    return f"{head}: {', '.join(items[:shown])}{more}"


def values_text(values: FloatArray) -> str:
    """Write the values of a constant: once if all are the same."""
    if (values == values[0]).all():
        return f"{values[0]:g}"
    shown = ", ".join(f"{value:g}" for value in values[:4])
    return f"({shown}{', ...' if len(values) > 4 else ''})"


def one_line(text: object) -> str:
    """Write what a user or Nengo calls something without line breaks."""
    return " ".join(str(text).split())
