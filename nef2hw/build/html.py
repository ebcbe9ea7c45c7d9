"""The report of a build as one page without outside parts, readable on a phone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from nef2hw.build.page.drawing import draw_network
from nef2hw.build.page.elements import bars, table
from nef2hw.build.page.style import STYLE
from nef2hw.build.pictures.pictures import Picture
from nef2hw.build.summary import summary

#: What is said of each source of error.
ATTRIBUTION_NOTE = (
    "Each row is a network in which one kind of number, at one place, is an integer and everything "
    "else is float. Errors are RMSE as part of the largest decoded value (without decoded values: "
    "spikes). Independent errors add in squares."
)
#: Smaller ones would be shown as zero.
LEAST_ERROR = 5e-6
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
    return bars(
        (
            name.replace("_", " "),
            usage["used"] / usage["present"] if usage["present"] else float(usage["used"] > 0),
            f"{usage['used']:,} of {usage['present']:,}"
            + (", estimated" if usage.get("estimated") else ""),
        )
        for name, usage in report["resources"].items()
    )


def _cycles(report: Mapping[str, Any]) -> str:
    """Cycles of a silent, a typical and the busiest step, beside each other."""
    cycles = report["cycles_per_step"]
    most = max(1, cycles["max"])
    titles = {"min": "silent step", "typical": "typical step", "max": "busiest step"}
    found = bars((t, cycles[key] / most, f"{cycles[key]:,} cycles") for key, t in titles.items())
    terms = cycles.get("terms") or {}
    return found + (table({titles[key]: entry for key, entry in terms.items()}) if terms else "")


def _fidelity(report: Mapping[str, Any]) -> str:
    """A table of probes and one of ensembles."""
    fidelity = report["fidelity"]
    probes: dict[str, Any] = {
        name: {
            "RMSE against float": rmse,
            "largest value": fidelity["decoded_range"][name],
            "relative": f"{rmse / (fidelity['decoded_range'][name] or 1):.2%}",
        }
        for name, rmse in fidelity["decoded_rmse"].items()
    }
    for name, rmse in fidelity.get("target_rmse_float", {}).items():
        probes[name] |= {
            "RMSE to target, float": rmse,
            "RMSE to target, fixed": fidelity["target_rmse_golden"][name],
        }
    spikes = fidelity.get("spike_count_error", {})
    ensembles = {
        name: {
            "spikes, all": f"{error:+.3%}",
            "spikes of a neuron": f"{fidelity['spike_count_deviation'][name]:.3%}",
            **_rates(report, name),
        }
        for name, error in spikes.items()
    }
    on = f'<p class="note">On {escape(str(fidelity.get("stimulus", "")))}.</p>'
    return on + "".join(table(part) for part in (probes, ensembles) if part)


def _rates(report: Mapping[str, Any], ensemble: str) -> dict[str, Any]:
    """Numbers of firing rates, and of clipped currents."""
    rates = report.get("rates", {}).get(ensemble)
    if not rates:
        return {}
    clipped = report.get("saturations", {}).get("currents", {})
    columns = ("neurons", "silent", "saturated", "mean_hz", "max_hz")
    return {
        **{column.replace("_hz", ", Hz"): rates[column] for column in columns},
        "clipped currents": clipped.get(ensemble, 0),
    }


def _attribution(report: Mapping[str, Any]) -> str:
    """What each source does by itself, and all of them."""
    given = report.get("attribution")
    if not given:
        return ""
    rows = [
        (f"{s['kind']} of {s['place']}", s) for s in given["sources"] if s["error"] >= LEAST_ERROR
    ]
    rows += [
        ("all of them: what the chip computes", given["together"]),
        ("for comparison: other initial voltages", given["other_start"]),
    ]
    most = max([effect["error"] for _, effect in rows]) or 1.0
    drawn = bars((name, effect["error"] / most, _effect(effect)) for name, effect in rows)
    return f'<p class="note">{ATTRIBUTION_NOTE}</p>{drawn}'


def _effect(effect: Mapping[str, Any]) -> str:
    text = f"{effect['error']:.3%}"
    if effect["accuracy"] is not None:
        text += f", {effect['accuracy']:.1%} right"
    return text


def _assumed(report: Mapping[str, Any]) -> dict[str, str]:
    """What the front end assumed, numbered."""
    notes = report["semantics"]["assumed"]
    return {f"{number}": note for number, note in enumerate(notes, 1)}


def _pictures(pictures: Sequence[Picture] | None) -> str:
    if pictures is None:
        return f'<p class="note">{escape(NO_PICTURES)}</p>'
    drawn = [
        f"<figure><figcaption>{escape(picture.title)}</figcaption>{picture.svg}</figure>\n"
        for picture in pictures
    ]
    return f'<div class="pictures">\n{"".join(drawn)}</div>' if drawn else ""


_FIRST: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "Summary": _summary,
    "Network": _network,
    "Resources": _resources,
    "Cycles per step": _cycles,
    "Fidelity: float against integers": _fidelity,
    "Where the error comes from": _attribution,
}

_DETAILS = {
    "ensembles": "Formats of ensembles",
    "readouts": "Formats of readouts",
    "connections": "Formats of connections",
    "formats": "Widths of the core",
    "factored": "Factored connections",
    "memories": "Memories",
    "seconds": "Wall time, s",
    "tools": "Tools",
}
