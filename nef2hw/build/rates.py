"""How fast neurons fire: which are silent, and which can fire no faster."""

from __future__ import annotations

from typing import Any

import numpy as np

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation
from nef2hw.model.network import LifNeurons, RectifiedNeurons
from nef2hw.program.fixed_point import FloatArray
from nef2hw.program.network import Formats, QuantizedNetwork
from nef2hw.trace import Trace

BINS = 20
#: A neuron is saturated from this part of its highest possible rate.
SATURATED = 0.9


def describe_rates(
    folded: FoldedNetwork, network: QuantizedNetwork, reference: Trace, golden: Trace
) -> dict[str, Any]:
    """Return histograms of firing rates by ensemble, in float and in integers.

    ``edges_hz`` are those of the bins, ``float`` and ``golden`` the neurons in each; the counts of
    neurons that never fired, or at 90 % of the highest possible rate ``limit_hz`` and more, are
    those of the integers.
    """
    given = {population.name: population for population in folded.populations}
    return {
        name: _rates(
            _rate_hz(reference, name, folded.dt_s),
            _rate_hz(golden, name, folded.dt_s),
            limit_hz(given[name], network.formats, folded.dt_s),
        )
        for name in golden.spikes
    }


def limit_hz(population: FoldedPopulation, formats: Formats, dt_s: float) -> float:
    """Highest rate that the neurons of a population can have."""
    kind = population.neurons
    if isinstance(kind, RectifiedNeurons):
        return float(formats.current.decode(formats.current.high)) / dt_s
    return 1.0 / max(dt_s, kind.tau_ref_s if isinstance(kind, LifNeurons) else 0.0)


def _rate_hz(trace: Trace, ensemble: str, dt_s: float) -> FloatArray:
    rates: FloatArray = trace.spikes[ensemble].sum(axis=0, dtype=np.float64) / (trace.steps * dt_s)
    return rates


def _rates(reference: FloatArray, golden: FloatArray, limit: float) -> dict[str, Any]:
    top = float(max(reference.max(initial=0.0), golden.max(initial=0.0))) or limit
    edges = np.linspace(0.0, top, BINS + 1)
    return {
        "neurons": len(golden),
        "mean_hz": float(golden.mean()),
        "max_hz": float(golden.max(initial=0.0)),
        "limit_hz": limit,
        "silent": int(np.count_nonzero(golden == 0)),
        "saturated": int(np.count_nonzero(golden >= SATURATED * limit)),
        "silent_float": int(np.count_nonzero(reference == 0)),
        "edges_hz": edges.tolist(),
        "float": np.histogram(reference, edges)[0].tolist(),
        "golden": np.histogram(golden, edges)[0].tolist(),
    }
