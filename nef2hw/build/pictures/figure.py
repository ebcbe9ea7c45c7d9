"""Figures as SVG within a page: its colour of text, its font, light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from typing import Any, ParamSpec

Arguments = ParamSpec("Arguments")

#: Stands for the page's colour of text, and is replaced by it.
INK = "#123456"
FLOAT, GOLDEN, WRONG, TARGET = "#4a90d9", "#e0782f", "#d6409f", "#2fa36b"
#: Of probes beside each other.
SERIES = ("#8a63d2", "#1f9e9e", "#b8901a", "#c2557a", "#6b8e23", "#7f7f7f")

#: Inches; at this width the text of a figure is as large as that of a phone's page.
WIDTH, HEIGHT = 4.6, 2.9

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.0,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.15,
    "grid.color": INK,
    "lines.linewidth": 1.3,
    # None of the colours that mean float or fixed point.
    "axes.prop_cycle": f"cycler('color', {list(SERIES)})",
    "figure.constrained_layout.use": True,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "legend.labelcolor"), INK),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"),
}


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def themed(plot: Callable[Arguments, str]) -> Callable[Arguments, str]:
    """Let a function that plots do so in the colours of the page."""

    @wraps(plot)
    def in_theme(*args: Arguments.args, **options: Arguments.kwargs) -> str:
        from matplotlib import rc_context

        with rc_context(_SETTINGS):
            return plot(*args, **options)

    return in_theme


def new_figure(rows: int = 1, columns: int = 1, height: float = HEIGHT, **options: Any) -> Any:
    """Return a figure of matplotlib and its axes, an array (rows, columns)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def to_svg(figure: Any, label: str) -> str:
    """Return ``figure`` as an element of a page.

    Nothing in it refers to anything outside, and two figures of a page share no identifier.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    written = io.StringIO()
    with rc_context({"svg.hashsalt": label}):
        no_metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        # Saving through the figure would draw it twice.
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(written, metadata=no_metadata)
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :].replace(INK, "currentColor")
    svg = re.sub(r'(<g|<text) id="[^"]*"', r"\1", svg)
    svg = re.sub(r" xmlns(:xlink)?=\"[^\"]*\"", "", svg)
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", svg)
    svg = re.sub(r"font-family: [^;\"]*;?", "", svg)
    size = re.compile(r'<svg width="[^"]*" height="[^"]*"|<svg height="[^"]*" version')
    return size.sub('<svg role="img"', svg, count=1)
