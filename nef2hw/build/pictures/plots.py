"""What is plotted of a network, a function for each plot; all return an element of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.build.pictures.figure import (
    FLOAT,
    GOLDEN,
    INK,
    TARGET,
    WRONG,
    new_figure,
    themed,
    to_svg,
)
from nef2hw.build.pictures.tuning import TuningCurves
from nef2hw.program.fixed_point import FloatArray

SpikeArray = npt.NDArray[np.uint8]

#: Steps that are shown of spikes, and of decoded values.
SHOWN_STEPS, SHOWN_VALUE_STEPS = 300, 1000
#: Rows of a raster, and lines of a plot of values, at most.
SHOWN_NEURONS, SHOWN_VALUES = 40, 4
#: Bins between the ends of the range of weights, and beyond each of them.
BINS, BINS_BEYOND = 50, 3
#: Ends of a logarithmic axis between which there is room for more labels than powers of ten.
CLOSE = 1000
#: A logarithmic axis shows smaller ones, and zero, as this.
LEAST_ERROR = 1e-7


@themed
def plot_tuning(curves: TuningCurves) -> str:
    """Firing rates of float neurons as lines, those of the integers as dots."""
    figure, axes = new_figure()
    axis = axes[0, 0]
    for k, rates in enumerate(curves.float_hz.T):
        axis.plot(
            curves.at, rates, color=FLOAT, lw=1.6, alpha=0.7, label="float" if k == 0 else None
        )
    for k, rates in enumerate(curves.golden_hz.T):
        label = "fixed point" if k == 0 else None
        axis.plot(curves.at, rates, ".", ms=3.4, color=GOLDEN, label=label)
    axis.set(xlabel=curves.label, ylabel="rate, Hz", ylim=(0, None))
    figure.legend(loc="outside upper center", ncols=2)
    return to_svg(figure, f"tuning {curves.ensemble}")


@themed
def plot_raster(name: str, reference: SpikeArray, golden: SpikeArray, dt_s: float) -> str:
    """Spikes of float and golden model, (steps, n) each; where they differ, in colour."""
    steps = min(len(golden), SHOWN_STEPS)
    active = np.flatnonzero(reference[:steps].any(axis=0) | golden[:steps].any(axis=0))
    chosen = active[_evenly(len(active), SHOWN_NEURONS)]
    wanted, got = reference[:steps, chosen] > 0, golden[:steps, chosen] > 0
    figure, axes = new_figure(height=3.2)
    axis = axes[0, 0]
    kinds = (
        ("both", wanted & got, INK),
        ("float only", wanted & ~got, FLOAT),
        ("fixed only", got & ~wanted, WRONG),
    )
    for label, fired, colour in kinds:
        step, neuron = np.nonzero(fired)
        x, y = _ticks(step * dt_s, neuron)
        axis.plot(x, y, color=colour, lw=1.1, label=f"{label} ({len(step)})")
    axis.set(xlabel="time, s", ylabel="neuron", xlim=(0, steps * dt_s))
    axis.set_yticks(range(0, len(chosen), 10), [str(chosen[k]) for k in range(0, len(chosen), 10)])
    axis.grid(False)
    figure.legend(loc="outside upper center", ncols=3, handlelength=1)
    return to_svg(figure, f"raster {name}")


def _ticks(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Return one line with gaps that has a short upright stroke at each point."""
    gap = np.full(len(x), np.nan)
    along = np.stack([x, x, gap], axis=1).ravel()
    across = np.stack([y - 0.4, y + 0.4, gap], axis=1).ravel()
    return along, across


@themed
def plot_decoded(
    probe: str,
    reference: FloatArray,
    golden: FloatArray,
    target: FloatArray | None,
    dt_s: float,
) -> str:
    """Values of a probe, (steps, size) each; those that vary most if there are many."""
    steps = min(len(golden), SHOWN_VALUE_STEPS)
    time = np.arange(steps) * dt_s
    spread = np.ptp(reference[:steps], axis=0)
    chosen = np.sort(np.argsort(-spread, kind="stable")[:SHOWN_VALUES])
    figure, axes = new_figure(len(chosen), height=max(2.9, 0.6 + 1.0 * len(chosen)), sharex=True)
    for axis, k in zip(axes[:, 0], chosen, strict=True):
        if target is not None:
            axis.plot(time, target[:steps, k], color=TARGET, lw=1.1, ls="--", label="target")
        axis.plot(time, reference[:steps, k], color=FLOAT, lw=2.2, alpha=0.6, label="float")
        axis.plot(time, golden[:steps, k], color=GOLDEN, lw=1, label="fixed point")
        axis.set_ylabel(f"{probe}[{k}]" if reference.shape[1] > 1 else probe)
    axes[-1, 0].set_xlabel("time, s")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return to_svg(figure, f"decoded {probe}")


@themed
def plot_weights(weights: Mapping[str, FloatArray], most: int) -> str:
    """Distribution of the weights of each connection, in units of their codes, up to ``most``.

    What rounds to the largest code is within the range.
    """
    figure, axes = new_figure(len(weights), height=max(2.6, 0.8 + 1.15 * len(weights)), sharex=True)
    end = (most + 0.5) / most
    beyond = 1 + 2 * BINS_BEYOND / BINS
    edges = end * np.linspace(-beyond, beyond, BINS + 2 * BINS_BEYOND + 1)
    for axis, (name, values) in zip(axes[:, 0], weights.items(), strict=True):
        used = values[values != 0]
        lost = float(np.mean(np.abs(used) < 0.5)) if used.size else 0.0
        axis.hist(used / most, edges, color=FLOAT, alpha=0.8)
        axis.axvline(-end, color=WRONG, lw=1.2, label="ends of the range")
        axis.axvline(end, color=WRONG, lw=1.2)
        axis.axvspan(-0.5 / most, 0.5 / most, color=GOLDEN, alpha=0.6, lw=0.8, label="rounds to 0")
        axis.set_title(f"{name}: {lost:.1%} round to 0", loc="left")
        axis.set_yticks([])
    axes[-1, 0].set_xlabel("weight, as part of the largest of its width")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return to_svg(figure, "weights")


@themed
def plot_sweep(
    points: Sequence[Mapping[str, Any]],
    chosen: int,
    sizes: Mapping[str, float],
    float_accuracy: float | None,
    other_start: float,
) -> str:
    """Error, and accuracy where there are labels, against the width of weights."""
    bits = [point["bits"] for point in points]
    with_accuracy = float_accuracy is not None
    figure, axes = new_figure(1 + with_accuracy, height=2.9 + 1.4 * with_accuracy, sharex=True)
    axis = axes[0, 0]
    errors = {
        name: [max(LEAST_ERROR, p["decoded_rmse"][name] / size) for p in points]
        for name, size in sizes.items()
    }
    for name, values in (
        errors or {"spikes": [max(LEAST_ERROR, p["spikes"]) for p in points]}
    ).items():
        axis.semilogy(bits, values, ".-", label=name)
    axis.axhline(other_start, color=INK, lw=1, ls=":", label="other initial voltages")
    axis.set_ylabel("error, relative")
    axis.yaxis.set_major_formatter(_percent)
    low, high = axis.get_ylim()
    between = "25" if high < CLOSE * low else ""
    axis.yaxis.set_minor_formatter(
        lambda share, _: _percent(share) if _leads(share, between) else ""
    )
    if with_accuracy:
        axes[1, 0].plot(
            bits,
            [float_accuracy - p["loss"] for p in points],
            ".-",
            color=GOLDEN,
            label="fixed point",
        )
        axes[1, 0].axhline(float_accuracy, color=FLOAT, lw=1, label="float")
        axes[1, 0].set_ylabel("accuracy")
        axes[1, 0].yaxis.set_major_formatter(_percent)
    for one in axes[:, 0]:
        one.axvline(chosen, color=TARGET, lw=1, label=f"chosen, {chosen}")
        one.legend(loc="best")
    axes[-1, 0].set(xlabel="bits of a weight", xticks=bits)
    return to_svg(figure, "sweep")


@themed
def plot_rates(name: str, rates: Mapping[str, Any]) -> str:
    """How many neurons fire at which rate."""
    figure, axes = new_figure()
    axis, edges = axes[0, 0], rates["edges_hz"]
    axis.stairs(rates["float"], edges, fill=True, color=FLOAT, alpha=0.35, label="float")
    axis.stairs(rates["golden"], edges, color=GOLDEN, lw=1.6, label="fixed point")
    axis.set(xlabel="rate, Hz", ylabel="neurons", xlim=(0, edges[-1]))
    axis.yaxis.get_major_locator().set_params(integer=True)
    axis.set_title(
        f"{rates['silent']} silent, {rates['saturated']} saturated of {rates['neurons']}",
        loc="left",
    )
    axis.legend(loc="upper right")
    return to_svg(figure, f"rates {name}")


def _percent(share: float, _: int = 0) -> str:
    """Label a tick."""
    return f"{100 * share:.4g}%"


def _leads(value: float, digits: str) -> bool:
    """Whether the first digit of ``value`` is one of ``digits``."""
    return f"{value:.0e}"[0] in digits


def _evenly(count: int, most: int) -> npt.NDArray[np.intp]:
    """Return at most ``most`` indices of ``count``, evenly spread."""
    return np.unique(np.linspace(0, max(0, count - 1), min(count, most)).round().astype(np.intp))
