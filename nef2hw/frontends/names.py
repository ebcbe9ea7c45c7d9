"""Names that a model file may hold, from labels that may be anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nef2hw.model.schema import MAX_NAME

_OTHERS = re.compile(r"[^A-Za-z0-9_-]+")


def unique_names(labels: Iterable[str], fallback: str) -> tuple[str, ...]:
    """Turn labels into different names, alike where they can be.

    Parameters
    ----------
    labels : what the user called the objects; any text, repeated or empty
    fallback : name of an object whose label leaves nothing
    """
    taken: dict[str, None] = {}
    for label in labels:
        stem = _OTHERS.sub("_", label).strip("_")[:MAX_NAME] or fallback
        name, count = stem, 1
        while name in taken:
            count += 1
            suffix = f"_{count}"
            name = stem[: MAX_NAME - len(suffix)] + suffix
        taken[name] = None
    return tuple(taken)
