"""The report of a build as one page without outside parts, readable on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem;
       color: #1b1b1b; background: #fff; }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem }
div.wide { overflow-x: auto }
table { border-collapse: collapse; min-width: 50% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd;
         vertical-align: top; font-variant-numeric: tabular-nums }
th { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  body { color: #e6e6e6; background: #161616 } th, td { border-color: #444 }
}
"""

#: Sources of error that the summary names.
WORST_SOURCES = 3

_TITLES = {
    "summary": "Summary",
    "assumed": "Assumed",
    "resources": "Resources",
    "fidelity": "Fidelity: float against integers",
    "attribution": "Where the error comes from",
    "saturations": "Saturated values",
    "rates": "Firing rates, Hz",
    "ensembles": "Ensembles",
    "readouts": "Readouts",
    "connections": "Connections",
    "factored": "Factored connections",
    "memories": "Memories",
    "seconds": "Wall time, s",
    "tools": "Tools",
}


def render(report: Mapping[str, Any]) -> str:
    """Return the page for ``report``."""
    title = f"{report['model']['name']} on {report['board']['title']}"
    contents = {
        **report,
        "summary": summary(report),
        "assumed": _assumed(report),
        "attribution": _attribution(report),
        "rates": _rates(report),
    }
    sections = [_section(key, contents[key]) for key in _TITLES if contents.get(key)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{''.join(sections)}</body>\n</html>\n"
    )


def summary(report: Mapping[str, Any]) -> dict[str, str]:
    """The figures that matter most, as name and text."""
    clock = report["clock_mhz"]
    reached = "not placed" if clock["reached"] is None else f"{clock['reached']:.1f} MHz possible"
    found = {
        "board": f"{report['board']['title']} ({report['board']['device']})",
        "bitstream": report["bitstream"] or "none",
        "clock": f"{clock['asked']:g} MHz, {reached}",
        "lanes": str(report["lanes"]),
    }
    if missing := report.get("missing"):
        found["missing"] = missing
    cycles = report["cycles_per_step"]
    found["cycles per step"] = (
        f"{cycles['typical']} typically, {cycles['min']} when silent, {cycles['max']} at most"
    )
    if simulated := cycles["simulated"]:
        found["cycles simulated"] = (
            f"{simulated['min']} to {simulated['max']}, {simulated['typical']} on average over "
            f"{simulated['steps']} steps"
        )
    speed = report["speed"]
    found["steps per second"] = (
        f"{speed['steps_per_second']:,.0f} typically, "
        f"{speed['real_time_factor']:.3g} times real time"
    )
    found["synaptic operations"] = (
        f"{speed['synaptic_operations_per_step']:,.0f} in a typical step, "
        f"{speed['lane_utilization']:.0%} of what the lanes could add"
    )
    if precision := report.get("precision"):
        found["widths"] = _widths(precision)
    fidelity = report["fidelity"]
    if fidelity["accuracy_float"] is not None:
        found["accuracy"] = (
            f"{fidelity['accuracy_golden']:.2%} on the core, "
            f"{fidelity['accuracy_float']:.2%} in float"
        )
    for probe, rmse in fidelity["decoded_rmse"].items():
        size = fidelity["decoded_range"][probe]
        found[f"error of {probe}"] = f"RMSE {rmse:.3g} against float (values up to {size:.3g})"
    return found | _losses(report)


def _widths(precision: Mapping[str, Any]) -> str:
    """Bits of each kind of number, and the budget that chose them."""
    text = (
        f"weights {precision['weight_bits']}, inputs {precision['input_bits']}, "
        f"voltage {precision['voltage_bits']} bits after the point"
    )
    search = precision["search"]
    if not search:
        return text
    budget = ", ".join(f"{name}={limit:g}" for name, limit in search["budget"].items())
    return f"{text}; chosen to keep {budget}"


def _losses(report: Mapping[str, Any]) -> dict[str, str]:
    """Where the accuracy went, in a line each."""
    found = {}
    if attribution := report.get("attribution"):
        worst = [s for s in attribution["sources"][:WORST_SOURCES] if s["error"] > 0]
        found["error by source"] = ", ".join(
            [f"{s['kind']} of {s['place']} {s['error']:.2%}" for s in worst] or ["none"]
        )
        found["for comparison"] = (
            f"{attribution['together']['error']:.2%} by all sources together, "
            f"{attribution['other_start']['error']:.2%} by other initial voltages alone"
        )
    saturated = {
        f"{kind} of {name}": count
        for kind, counts in report.get("saturations", {}).items()
        for name, count in counts.items()
        if count
    }
    if saturated:
        found["saturated"] = ", ".join(f"{n:,} {place}" for place, n in saturated.items())
    for name, rates in report.get("rates", {}).items():
        found[f"neurons of {name}"] = (
            f"{rates['silent']} of {rates['neurons']} silent, {rates['saturated']} saturated, "
            f"{rates['mean_hz']:.3g} Hz on average"
        )
    return found


def _attribution(report: Mapping[str, Any]) -> dict[str, Any]:
    """What each source does by itself, and all of them."""
    given = report.get("attribution")
    if not given:
        return {}
    rows = {f"{s['kind']} of {s['place']}": s for s in given["sources"]}
    rows |= {"all of them": given["together"], "other initial voltages": given["other_start"]}
    return {name: _effect(row) for name, row in rows.items()}


def _effect(effect: Mapping[str, Any]) -> dict[str, str]:
    shown = {"error": f"{effect['error']:.3%}", "spikes": f"{effect['spikes']:.3%}"}
    if effect["accuracy"] is not None:
        shown["accuracy"] = f"{effect['accuracy']:.2%}"
    return shown | {f"RMSE of {name}": f"{v:.3g}" for name, v in effect["decoded_rmse"].items()}


def _rates(report: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers of firing rates without their histograms."""
    columns = ("neurons", "silent", "saturated", "mean_hz", "max_hz", "limit_hz")
    return {
        name: {column: rates[column] for column in columns}
        for name, rates in report.get("rates", {}).items()
    }


def _assumed(report: Mapping[str, Any]) -> dict[str, str]:
    """What the front end assumed, numbered."""
    notes = report["semantics"]["assumed"]
    return {f"{number}": note for number, note in enumerate(notes, 1)}


def _section(key: str, content: Mapping[str, Any]) -> str:
    return f'<h2>{_TITLES[key]}</h2>\n<div class="wide">{_table(content)}</div>\n'


def _table(content: Mapping[str, Any]) -> str:
    """Rows of a mapping; a mapping of mappings gets a head with the inner keys."""
    inner = [value for value in content.values() if isinstance(value, Mapping)]
    if len(inner) != len(content):
        return _rows([(name, _text(value)) for name, value in content.items()])
    columns = list(dict.fromkeys(key for value in inner for key in value))
    head = "".join(f"<th>{escape(column)}</th>" for column in ("", *columns))
    rows = [
        (
            name,
            *(
                _text(value.get(column, ""), " × " if column == "shape" else " … ")  # noqa: RUF001
                for column in columns
            ),
        )
        for name, value in content.items()
    ]
    return _rows(rows, f"<tr>{head}</tr>\n")


def _rows(rows: Sequence[Sequence[str]], head: str = "") -> str:
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
        for name, *cells in rows
    )
    return f"<table>\n{head}{body}</table>"


def _text(value: Any, between: str = " … ") -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(entry)}" for key, entry in value.items())
    if isinstance(value, list):
        return between.join(_text(entry) for entry in value)
    return str(value)
