"""What a page says of errors: how large they are, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nef2hw.build.page.elements import bars, note, table

#: What is said of each source of error.
ATTRIBUTION_NOTE = (
    "Each row is a network in which one kind of number, at one place, is an integer and everything "
    "else is float. Errors are RMSE as part of the largest decoded value (without decoded values: "
    "spikes). Independent errors add in squares."
)
#: What the columns of spikes mean.
SPIKES_NOTE = (
    "Spikes are counted over the whole input: by how much the sum of all neurons differs, and by "
    "how much that of a neuron does on average."
)
#: Smaller ones would be shown as zero.
LEAST_ERROR = 5e-6
#: Sources that are shown at once; the others are behind a click.
MOST_SOURCES = 10

Effects = Sequence[tuple[str, Mapping[str, Any]]]


def describe_fidelity(report: Mapping[str, Any]) -> str:
    """A table of probes and one of ensembles."""
    fidelity = report["fidelity"]
    probes, ensembles = _probes(fidelity), _ensembles(report)
    on = f"On {fidelity.get('stimulus', '')}, {fidelity.get('steps', 0):,} steps."
    if fidelity.get("accuracy_float") is not None:
        on += (
            f" Right answers: {fidelity['accuracy_float']:.2%} in float, "
            f"{fidelity['accuracy_golden']:.2%} in fixed point."
        )
    parts = [note(on), table(probes) if probes else ""]
    return "".join(parts) + (note(SPIKES_NOTE) + table(ensembles) if ensembles else "")


def _probes(fidelity: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Numbers of decoded values, against float and against targets."""
    probes: dict[str, dict[str, Any]] = {
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
    return probes


def _ensembles(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Numbers of spikes, of firing rates, and of clipped currents."""
    fidelity = report["fidelity"]
    return {
        name: {
            "spikes, all": f"{error:+.3%}",
            "spikes of a neuron": f"{fidelity['spike_count_deviation'][name]:.3%}",
            **_rates(report, name),
        }
        for name, error in fidelity.get("spike_count_error", {}).items()
    }


def _rates(report: Mapping[str, Any], ensemble: str) -> dict[str, Any]:
    rates = report.get("rates", {}).get(ensemble)
    if not rates:
        return {}
    clipped = report.get("saturations", {}).get("currents", {})
    columns = ("neurons", "silent", "saturated", "mean_hz", "max_hz")
    return {
        **{column.replace("_hz", ", Hz"): rates[column] for column in columns},
        "clipped currents": clipped.get(ensemble, 0),
    }


def describe_attribution(report: Mapping[str, Any]) -> str:
    """All sources together, then what each does by itself, the largest first."""
    given = report.get("attribution")
    if not given:
        return ""
    totals = [
        ("all of them: what the chip computes", given["together"]),
        ("for comparison: other initial voltages", given["other_start"]),
    ]
    rows = [
        (f"{s['kind']} of {s['place']}", s) for s in given["sources"] if s["error"] >= LEAST_ERROR
    ]
    most = max([effect["error"] for _, effect in (*totals, *rows)]) or 1.0
    shown, others = rows[:MOST_SOURCES], rows[MOST_SOURCES:]
    folded = f"{len(others)} smaller ones"
    return (
        note(f"{_part(given)} {ATTRIBUTION_NOTE}".strip())
        + _bars([*totals, *shown], most)
        + (f"<details><summary>{escape(folded)}</summary>{_bars(others, most)}</details>\n")
        * bool(others)
    )


def _part(given: Mapping[str, Any]) -> str:
    """Say on how much of the input the sources were compared."""
    if "steps" not in given:
        return ""
    samples = f"{given['samples']} samples of " if given["samples"] > 1 else ""
    return f"On {samples}{given['steps']:,} steps of the input."


def _bars(effects: Effects, most: float) -> str:
    return bars((name, effect["error"] / most, _effect(effect)) for name, effect in effects)


def _effect(effect: Mapping[str, Any]) -> str:
    text = f"{effect['error']:.3%}"
    if effect["accuracy"] is not None:
        text += f", {effect['accuracy']:.1%} right"
    return text
