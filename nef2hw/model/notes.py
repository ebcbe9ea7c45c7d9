"""Notes: what a front end has to tell the user of a model, carried in its file."""

from __future__ import annotations

import unicodedata

from nef2hw.errors import ModelError
from nef2hw.model.fields import Fields

MAX_NOTES = 64
MAX_LENGTH = 500

#: Unicode's controls, format controls, lone surrogates, and separators of lines and paragraphs.
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def read_notes(fields: Fields) -> tuple[str, ...]:
    """Read the texts of ``notes``; they will be printed, so that nothing else may be in them."""
    notes = fields.texts("notes")
    if len(notes) > MAX_NOTES:
        raise ModelError(f"notes has {len(notes)} texts, expected at most {MAX_NOTES}")
    for k, note in enumerate(notes):
        if len(note) > MAX_LENGTH:
            raise ModelError(
                f"notes holds a text of {len(note)} characters at index {k}, expected at most "
                f"{MAX_LENGTH}"
            )
        for letter in note:
            if unicodedata.category(letter) in _UNPRINTABLE:
                raise ModelError(
                    f"notes holds the control character {letter!a} at index {k}, expected "
                    "plain text of one line"
                )
    return notes
