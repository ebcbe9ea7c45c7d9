"""What a conversion assumed, alike things in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

from nef2hw.frontends.notes import listing

#: Most letters of a name that are shown.
MOST_LETTERS = 80


@dataclass(frozen=True)
class Notebook:
    """Collects remarks; those with the same head become one note with a list."""

    remarks: dict[str, list[str]] = field(default_factory=dict)

    def add(self, head: str, item: str = "") -> None:
        """Note ``head``, or that it holds of ``item`` too."""
        items = self.remarks.setdefault(head, [])
        if item and item not in items:
            items.append(item)

    def texts(self) -> tuple[str, ...]:
        """Return the notes in the order of their first remarks."""
        return tuple(
            note for head, items in self.remarks.items() for note in listing(head, items) or (head,)
        )


def quoted(name: str) -> str:
    """Write a name from a file so that nothing in it can harm a terminal, at most this long."""
    return repr(name if len(name) <= MOST_LETTERS else f"{name[:MOST_LETTERS]}...")
