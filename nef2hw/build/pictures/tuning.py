"""Tuning curves: the rate of a neuron against what its ensemble represents, or its current."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nef2hw.compiler.folded import FoldedPopulation
from nef2hw.compiler.neurons import current_unit
from nef2hw.model.network import Ensemble, LifNeurons, Neurons
from nef2hw.program.fixed_point import FloatArray
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.sim.golden import NeuronState, neuron_step
from nef2hw.sim.reference_neurons import start

POINTS = 41
SHOWN_NEURONS = 12
#: Simulated time; a rate is resolved to its inverse.
DURATION_S, MOST_STEPS = 0.5, 1000
#: A curve of neurons without leak goes up to this rate at least, some spikes in that time.
LEAST_HZ = 20.0


@dataclass(frozen=True, eq=False)
class TuningCurves:
    """Rates of some neurons of an ensemble."""

    ensemble: str
    label: str  #: of what the rates are against
    at: FloatArray  #: (points,)
    float_hz: FloatArray  #: (points, neurons)
    golden_hz: FloatArray  #: (points, neurons)


def tuning_curves(
    ensemble: Ensemble, population: Population, network: QuantizedNetwork, max_hz: float
) -> TuningCurves:
    """Simulate some neurons of ``ensemble`` with constant currents, in float and in integers.

    Parameters
    ----------
    max_hz : rate up to which the curve goes, of neurons that represent nothing
    """
    at, currents, label = _currents(ensemble, max_hz)
    steps = int(min(MOST_STEPS, max(1, round(DURATION_S / network.dt_s))))
    seconds = steps * network.dt_s
    flat = currents.ravel()
    wanted = _float_counts(ensemble.neurons, flat, network.dt_s, steps)
    got = _golden_counts(ensemble.neurons, population, network, flat, steps)
    return TuningCurves(
        ensemble.name,
        label,
        at,
        wanted.reshape(currents.shape) / seconds,
        got.reshape(currents.shape) / seconds,
    )


def _currents(ensemble: Ensemble, max_hz: float) -> tuple[FloatArray, FloatArray, str]:
    """Return where the curves are taken, and the currents there, (points, neurons)."""
    if ensemble.encoders is None:
        at = np.linspace(0.0, _current_of(1.25 * max_hz, ensemble.neurons), POINTS)
        return at, at[:, np.newaxis], "current"
    at = np.linspace(-ensemble.radius, ensemble.radius, POINTS)
    count = min(SHOWN_NEURONS, ensemble.n_neurons)
    chosen = np.linspace(0, ensemble.n_neurons - 1, count).round().astype(np.intp)
    if ensemble.encoders.shape[1] == 1:
        along, label = ensemble.encoders[chosen, 0], "represented value"
    else:
        along = np.linalg.norm(ensemble.encoders[chosen], axis=1)
        label = "represented value, along the encoder"
    slopes = ensemble.gain[chosen] * along / ensemble.radius
    return at, at[:, np.newaxis] * slopes + ensemble.bias[chosen], label


def _current_of(rate_hz: float, neurons: Neurons) -> float:
    """Return the constant current at which neurons fire at about this rate or `LEAST_HZ`.

    The currents of leaky neurons are at least 2, twice their threshold.
    """
    if not isinstance(neurons, LifNeurons):
        return max(LEAST_HZ, rate_hz)
    interval_s = max(1.0 / max(rate_hz, 1e-9), neurons.tau_ref_s + 0.05 * neurons.tau_rc_s)
    return max(2.0, float(-1.0 / np.expm1((neurons.tau_ref_s - interval_s) / neurons.tau_rc_s)))


def _float_counts(neurons: Neurons, currents: FloatArray, dt_s: float, steps: int) -> FloatArray:
    state = start(FoldedPopulation("tuning", currents, neurons), neurons, dt_s)
    total = np.zeros_like(currents)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(steps):
            total += state.step(currents)
    return total


def _golden_counts(
    kind: Neurons,
    population: Population,
    network: QuantizedNetwork,
    currents: FloatArray,
    steps: int,
) -> FloatArray:
    assert population.neurons is not None
    unit = current_unit(kind, network.dt_s)
    codes = network.formats.current.encode(currents * unit)
    nothing = np.zeros(codes.shape, dtype=np.int64)
    state = NeuronState(nothing, nothing, nothing)
    total = np.zeros(currents.shape)
    for _ in range(steps):
        state, fired = neuron_step(replace(state), codes, population.neurons, network.formats)
        total += fired
    return total
