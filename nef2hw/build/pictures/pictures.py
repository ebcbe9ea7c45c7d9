"""All plots of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nef2hw.build.pictures.plots import (
    plot_decoded,
    plot_raster,
    plot_rates,
    plot_sweep,
    plot_tuning,
    plot_weights,
)
from nef2hw.build.pictures.tuning import tuning_curves
from nef2hw.build.trial import Trial
from nef2hw.compiler.unrounded import unround
from nef2hw.model.network import TrainedNetwork
from nef2hw.program.fixed_point import FloatArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.sim.sources import place_of_connection
from nef2hw.trace import Trace

#: Ensembles, probes and connections that are plotted at most; the first of the model.
MOST_PLOTS = 6
#: Weights of a connection that its distribution is made of at most.
MOST_WEIGHTS = 200_000


@dataclass(frozen=True)
class Picture:
    """A plot and what it is called."""

    title: str
    svg: str


def draw_pictures(
    trained: TrainedNetwork,
    trial: Trial,
    golden: Trace,
    network: QuantizedNetwork,
    report: Mapping[str, Any],
) -> list[Picture]:
    """Draw what a modeller looks for, of a network and its report."""
    return [
        *_decoded(trial, golden),
        *_rasters(trial, golden),
        *_tuning(trained, network, report["rates"]),
        *([Picture(_sweep_title(report), _sweep(report))] if report["sweep"] else []),
        *([Picture("Weights", _weights(trial, network))] if trial.folded.connections else []),
        *(
            Picture(f"Firing rates of {name}", plot_rates(name, rates))
            for name, rates in _first(report["rates"]).items()
        ),
    ]


def _first(named: Mapping[str, Any]) -> dict[str, Any]:
    return dict(list(named.items())[:MOST_PLOTS])


def _decoded(trial: Trial, golden: Trace) -> list[Picture]:
    decoded = {n: v for n, v in golden.probes.items() if n not in trial.spiking and v.shape[1]}
    return [
        Picture(
            f"Decoded values of {name}",
            plot_decoded(
                name,
                trial.reference.probes[name],
                values,
                trial.targets.get(name),
                trial.folded.dt_s,
            ),
        )
        for name, values in _first(decoded).items()
    ]


def _rasters(trial: Trial, golden: Trace) -> list[Picture]:
    return [
        Picture(
            f"Spikes of {name}",
            plot_raster(name, trial.reference.spikes[name], fired, trial.folded.dt_s),
        )
        for name, fired in _first(golden.spikes).items()
    ]


def _tuning(
    trained: TrainedNetwork, network: QuantizedNetwork, rates: Mapping[str, Any]
) -> list[Picture]:
    pictures = []
    for ensemble in trained.ensembles[:MOST_PLOTS]:
        population = network.population(ensemble.name)
        curves = tuning_curves(ensemble, population, network, rates[ensemble.name]["max_hz"])
        pictures.append(Picture(f"Tuning curves of {ensemble.name}", plot_tuning(curves)))
    return pictures


def _sweep_title(report: Mapping[str, Any]) -> str:
    labelled = report["fidelity"]["accuracy_float"] is not None
    return "Error and accuracy against bits" if labelled else "Error against bits"


def _sweep(report: Mapping[str, Any]) -> str:
    fidelity = report["fidelity"]
    sizes = {name: size for name, size in fidelity["decoded_range"].items() if size}
    return plot_sweep(
        report["sweep"],
        report["precision"]["weight_bits"],
        sizes,
        fidelity["accuracy_float"],
        report["attribution"]["other_start"]["error"],
    )


def _weights(trial: Trial, network: QuantizedNetwork) -> str:
    """Unrounded weights by connection, those of one with several synapses together."""
    exact = unround(trial.folded, network)
    found: dict[str, list[FloatArray]] = {}
    for population in network.populations:
        for compartment, unrounded in zip(
            population.compartments, exact[population.name].compartments, strict=True
        ):
            for projection, values in zip(compartment.projections, unrounded.weights, strict=True):
                found.setdefault(place_of_connection(projection.name), []).append(values.ravel())
    joined = {name: _thinned(np.concatenate(parts)) for name, parts in _first(found).items()}
    return plot_weights(joined, (1 << (network.formats.weight_bits - 1)) - 1)


def _thinned(values: FloatArray) -> FloatArray:
    return values[:: -(-values.size // MOST_WEIGHTS)] if values.size else values
