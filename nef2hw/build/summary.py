"""The figures of a build that matter most, as name and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Sources of error, places that saturated, and ensembles that are named.
WORST_SOURCES, WORST_PLACES, SHOWN_ENSEMBLES = 3, 3, 6


def summary(report: Mapping[str, Any]) -> dict[str, str]:
    """The figures that matter most, as name and text."""
    return _core(report) | _speed(report) | _numbers(report) | _losses(report)


def _core(report: Mapping[str, Any]) -> dict[str, str]:
    """What was made, and what stands in its way."""
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
    if path := report.get("critical_path"):
        found["slowest path"] = (
            f"{path['from_part']} -> {path['to_part']}, "
            f"{path['logic_ns'] + path['routing_ns']:.1f} ns, "
            f"{path['routing_ns']:.1f} of them routing"
        )
    return found


def _speed(report: Mapping[str, Any]) -> dict[str, str]:
    """How long a step takes, and what it does."""
    cycles, speed = report["cycles_per_step"], report["speed"]
    found = {
        "cycles per step": (
            f"{cycles['typical']} typically, {cycles['min']} when silent, {cycles['max']} at most"
        )
    }
    if simulated := cycles["simulated"]:
        found["cycles simulated"] = (
            f"{simulated['min']} to {simulated['max']}, {simulated['typical']} on average over "
            f"{simulated['steps']} steps"
        )
    found["steps per second"] = (
        f"{speed['steps_per_second']:,.0f} typically, "
        f"{speed['real_time_factor']:.3g} times real time"
    )
    found["synaptic operations"] = (
        f"{speed['synaptic_operations_per_step']:,.0f} in a typical step, "
        f"{speed['lane_utilization']:.0%} of what the lanes could add"
    )
    return found


def _numbers(report: Mapping[str, Any]) -> dict[str, str]:
    """How wide numbers are, and how well they do."""
    found = {}
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
    return found


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
    if saturated := _saturated(report.get("saturations", {})):
        found["saturated"] = saturated
    return found | _rates(report.get("rates", {}))


def _saturated(saturations: Mapping[str, Mapping[str, int]]) -> str:
    """Where values were cut off most often."""
    counts = {
        f"{kind} of {name}": count
        for kind, places in saturations.items()
        for name, count in places.items()
        if count
    }
    worst = sorted(counts, key=lambda place: -counts[place])
    named = [f"{counts[place]:,} {place}" for place in worst[:WORST_PLACES]]
    rest = worst[WORST_PLACES:]
    if rest:
        named.append(f"{sum(counts[place] for place in rest):,} in {len(rest)} other places")
    return ", ".join(named)


def _rates(rates: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """How ensembles fire; of many, those of which most neurons are silent or saturated."""

    def idle(name: str) -> float:
        of = rates[name]
        return float((of["silent"] + of["saturated"]) / of["neurons"])

    shown = sorted(rates, key=idle, reverse=True)[:SHOWN_ENSEMBLES]
    found = {
        f"neurons of {name}": (
            f"{of['silent']} of {of['neurons']} silent, {of['saturated']} saturated, "
            f"{of['mean_hz']:.3g} Hz on average"
        )
        for name, of in rates.items()
        if name in shown
    }
    others = [of for name, of in rates.items() if name not in shown]
    if others:
        silent, neurons = (sum(of[key] for of in others) for key in ("silent", "neurons"))
        found[f"neurons of {len(others)} others"] = f"{silent} of {neurons} silent"
    return found
