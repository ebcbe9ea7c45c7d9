"""The report of a build as one page without outside parts, readable on a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from nef2hw.build.page.drawing import draw_network
from nef2hw.build.page.elements import bars, note, table
from nef2hw.build.page.errors import describe_attribution, describe_fidelity
from nef2hw.build.page.style import STYLE
from nef2hw.build.pictures.pictures import MOST_PLOTS, Picture
from nef2hw.build.pictures.plots import SHOWN_NEURONS, SHOWN_STEPS, SHOWN_VALUE_STEPS
from nef2hw.build.resources import TITLES
from nef2hw.build.summary import summary

ESTIMATED = "Estimated: nothing was placed."
#: How the terms of a step make its cycles.
TERMS_NOTE = (
    "Inputs that reach neurons in the same step come first. In each level, relayed values come "
    "before neurons are updated while spikes are delivered; of these two the longer counts. Some "
    "cycles are spent between."
)
#: What is said of plots.
PICTURES_NOTE = (
    f"Decoded values of the first {SHOWN_VALUE_STEPS:,} steps, spikes of the first "
    f"{SHOWN_STEPS} and of at most {SHOWN_NEURONS} neurons; the first {MOST_PLOTS} ensembles, "
    "probes and connections. Spikes of float and integers drift apart, as those of two runs "
    "with different initial voltages do; rates and decoded values should not."
)
NO_PICTURES = (
    "Plots of tuning curves, spikes, decoded values and weights are drawn where matplotlib is "
    "installed: pip install 'nef2hw[plot]'."
)


def render(report: Mapping[str, Any], pictures: Sequence[Picture] | None = None) -> str:
    """Return the page for ``report``; ``pictures`` is None where nothing could be plotted."""
    title = f"{report['model']['name']} on {report['board']['title']}"
    sections = [
        *(_section(name, part(report)) for name, part in _FIRST.items()),
        _section("Plots", _pictures(pictures)),
        *(_details(name, report.get(key)) for key, name in _FORMATS.items()),
        _details("Widths of the core", _widths(report)),
        *(_details(name, report.get(key)) for key, name in _DETAILS.items()),
        _details("Assumed", _assumed(report)),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{''.join(sections)}</body>\n</html>\n"
    )


def _section(title: str, content: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{content}\n" if content else ""


def _details(title: str, content: Mapping[str, Any] | None) -> str:
    """A section that is closed at first."""
    if not content:
        return ""
    return f"<details><summary>{escape(title)}</summary>\n{table(content)}</details>\n"


def _summary(report: Mapping[str, Any]) -> str:
    return table(summary(report))


def _network(report: Mapping[str, Any]) -> str:
    semantics = report["semantics"]
    known = {"inputs", "ensembles", "connections", "probes"} <= semantics.keys()
    return f'<div class="wide">{draw_network(semantics)}</div>' if known else ""


def _resources(report: Mapping[str, Any]) -> str:
    resources = report["resources"]
    estimated = any(usage.get("estimated") for usage in resources.values())
    drawn = bars(
        (TITLES.get(name, name.replace("_", " ")), _share(usage), _usage(usage))
        for name, usage in resources.items()
    )
    return (note(ESTIMATED) if estimated else "") + drawn


def _share(usage: Mapping[str, Any]) -> float:
    return usage["used"] / usage["present"] if usage["present"] else float(usage["used"] > 0)


def _usage(usage: Mapping[str, Any]) -> str:
    text = f"{usage['used']:,} of {usage['present']:,}"
    return f"{text} ({_share(usage):.0%})" if usage["present"] else text


def _cycles(report: Mapping[str, Any]) -> str:
    """Cycles of a silent, a typical and the busiest step, and their terms."""
    cycles = report["cycles_per_step"]
    most = max(1, cycles["max"])
    titles = {"min": "silent step", "typical": "typical step", "max": "busiest step"}
    found = bars((t, cycles[key] / most, f"{cycles[key]:,} cycles") for key, t in titles.items())
    terms = cycles.get("terms") or {}
    if not terms:
        return found
    return found + note(TERMS_NOTE) + table({titles[key]: _terms(terms[key]) for key in terms})


def _terms(step: Mapping[str, Any]) -> dict[str, str]:
    """The terms of a step: inputs, and a column for each level."""
    columns = {"inputs": f"{step['inputs']:,.0f}"}
    for number, level in enumerate(step["levels"]):
        terms = [f"{name} {cycles:,.0f}" for name, cycles in level.items() if cycles]
        columns[f"level {number}"] = ", ".join(terms)
    return columns


def _widths(report: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", " "): bits for name, bits in report.get("formats", {}).items()}


def _assumed(report: Mapping[str, Any]) -> dict[str, str]:
    """What the front end assumed, numbered."""
    notes = report["semantics"]["assumed"]
    return {f"{number}": note for number, note in enumerate(notes, 1)}


def _pictures(pictures: Sequence[Picture] | None) -> str:
    if pictures is None:
        return note(NO_PICTURES)
    drawn = [
        f"<figure><figcaption>{escape(picture.title)}</figcaption>{picture.svg}</figure>\n"
        for picture in pictures
    ]
    return f'{note(PICTURES_NOTE)}<div class="pictures">\n{"".join(drawn)}</div>' if drawn else ""


_FIRST: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "Summary": _summary,
    "Network": _network,
    "Resources": _resources,
    "Cycles per step": _cycles,
    "Fidelity: float against integers": describe_fidelity,
    "Where the error comes from": describe_attribution,
}

_FORMATS = {
    "ensembles": "Formats of ensembles",
    "readouts": "Formats of readouts",
    "connections": "Formats of connections",
}

_DETAILS = {
    "factored": "Factored connections",
    "memories": "Memories",
    "seconds": "Wall time, s",
    "tools": "Tools",
}
