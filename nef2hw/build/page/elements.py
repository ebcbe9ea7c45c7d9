"""Tables and bars of a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any


def table(content: Mapping[str, Any]) -> str:
    """Rows of a mapping; a mapping of mappings gets a head with the inner keys."""
    inner = [value for value in content.values() if isinstance(value, Mapping)]
    if len(inner) != len(content):
        return _rows([(name, text_of(value)) for name, value in content.items()], kind="pairs")
    columns = list(dict.fromkeys(key for value in inner for key in value))
    titles = [column.replace("_", " ") for column in columns]
    head = "".join(f"<th>{escape(title)}</th>" for title in ("", *titles))
    rows = [
        (name, *(_cell(column, value.get(column, "")) for column in columns))
        for name, value in content.items()
    ]
    return _rows(rows, f"<tr>{head}</tr>\n")


def _cell(column: str, value: Any) -> str:
    """A shape as a product; two limits as a range, unless they are the same."""
    if column == "shape":
        return text_of(value, " × ")  # noqa: RUF001
    if isinstance(value, (list, tuple)) and len(value) == 2 and value[0] == value[1]:
        return text_of(value[0])
    return text_of(value)


def _rows(rows: Sequence[Sequence[str]], head: str = "", kind: str = "columns") -> str:
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
        for name, *cells in rows
    )
    return f'<div class="wide"><table class="{kind}">\n{head}{body}</table></div>'


def text_of(value: Any, between: str = " … ") -> str:
    """A value as people read it."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {text_of(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return between.join(text_of(entry) for entry in value)
    return str(value)


def bars(rows: Iterable[tuple[str, float, str]]) -> str:
    """Bars of a name, a share of the whole width, and a text; more than 1 is too much."""
    lines = [
        f'<div><b>{escape(name)}</b><span class="bar"><i{" class=over" if share > 1 else ""} '
        f'style="width:{100 * min(1.0, max(0.0, share)):.1f}%"></i></span>'
        f"<span>{escape(text)}</span></div>\n"
        for name, share, text in rows
    ]
    return f'<div class="bars">\n{"".join(lines)}</div>'


def note(text: str) -> str:
    """A paragraph that explains."""
    return f'<p class="note">{escape(text)}</p>\n'
