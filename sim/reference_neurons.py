"""Neurons of the float reference: the state of a population, and its step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nef2hw.compiler.folded import FoldedPopulation
from nef2hw.model.network import (
    Discretization,
    FloatArray,
    IfNeurons,
    LifNeurons,
    Neurons,
    RectifiedNeurons,
    Reset,
)

BoolArray = npt.NDArray[np.bool_]


class NeuronState(Protocol):
    """Voltages of a population between two steps."""

    def step(self, current: FloatArray) -> FloatArray:
        """Advance one step with ``current`` (n,) and return how often each neuron fires."""


def start(population: FoldedPopulation, neurons: Neurons, dt_s: float) -> NeuronState:
    """Return the state of ``population`` before the first step."""
    voltage = _copy(population.voltage_init, population.size)
    if isinstance(neurons, RectifiedNeurons):
        return Rectified(voltage, dt_s)
    if isinstance(neurons, IfNeurons):
        return Integrating(neurons, voltage, dt_s)
    if neurons.reset == "subtract":
        return LeakySubtracting(neurons, voltage, dt_s)
    refractory_s = _copy(population.refractory_init_s, population.size)
    return LeakyRefractory(neurons, voltage, refractory_s, dt_s)


def _copy(initial: FloatArray | None, size: int) -> FloatArray:
    return np.zeros(size) if initial is None else initial.copy()


@dataclass(frozen=True)
class Leak:
    """How a membrane nears its current; lengths of time are in units of tau_rc."""

    fraction: Callable[[FloatArray], FloatArray]  #: of the way to J that V goes in a time
    beyond: Callable[[FloatArray], FloatArray]  #: time since the spike, of ``(V - 1)/(J - 1)``


LEAKS: dict[Discretization, Leak] = {
    "exact": Leak(lambda time: -np.expm1(-time), lambda overshoot: -np.log1p(-overshoot)),
    "euler": Leak(lambda time: time, lambda overshoot: overshoot),
}


class LeakyRefractory:
    """LIF neurons as Nengo steps them, the same operations in the same order."""

    def __init__(
        self, lif: LifNeurons, voltage: FloatArray, refractory_s: FloatArray, dt_s: float
    ) -> None:
        self._lif = lif
        self._leak = LEAKS[lif.discretization]
        self._voltage = voltage
        self._refractory_s = refractory_s
        self._dt_s = dt_s

    def step(self, current: FloatArray) -> FloatArray:
        """Move in what the refractory time leaves of the step, and time each spike within it."""
        lif, dt_s, voltage = self._lif, self._dt_s, self._voltage
        self._refractory_s -= dt_s
        free_s = np.clip(dt_s - self._refractory_s, 0, dt_s)
        voltage += (current - voltage) * self._leak.fraction(free_s / lif.tau_rc_s)
        spiked = voltage > 1
        overshoot = (voltage[spiked] - 1) / (current[spiked] - 1)
        np.maximum(voltage, lif.min_voltage, out=voltage)
        voltage[spiked] = 0
        within_s = dt_s - lif.tau_rc_s * self._leak.beyond(overshoot)
        self._refractory_s[spiked] = lif.tau_ref_s + within_s
        return spiked.astype(np.float64)


class LeakySubtracting:
    """LIF neurons that a spike takes 1 from, without refractory time."""

    def __init__(self, lif: LifNeurons, voltage: FloatArray, dt_s: float) -> None:
        self._lif = lif
        self._voltage = voltage
        self._fraction = LEAKS[lif.discretization].fraction(np.array(dt_s / lif.tau_rc_s))

    def step(self, current: FloatArray) -> FloatArray:
        """Leak for a whole step, whatever happened before."""
        self._voltage += (current - self._voltage) * self._fraction
        return fire(self._voltage, self._lif.min_voltage, "subtract")


class Integrating:
    """Neurons without a leak."""

    def __init__(self, neurons: IfNeurons, voltage: FloatArray, dt_s: float) -> None:
        self._neurons = neurons
        self._voltage = voltage
        self._dt_s = dt_s

    def step(self, current: FloatArray) -> FloatArray:
        """Add the current to the voltage."""
        self._voltage += current * self._dt_s
        return fire(self._voltage, self._neurons.min_voltage, self._neurons.reset)


class Rectified:
    """SpikingRectifiedLinear neurons as Nengo steps them: several spikes a step are possible."""

    def __init__(self, voltage: FloatArray, dt_s: float) -> None:
        self._voltage = voltage
        self._dt_s = dt_s

    def step(self, current: FloatArray) -> FloatArray:
        """Add what is positive of the current; whole voltages leave as spikes."""
        self._voltage += np.maximum(current, 0) * self._dt_s
        counts: FloatArray = np.floor(self._voltage)
        self._voltage -= counts
        return counts


def fire(voltage: FloatArray, min_voltage: float, reset: Reset) -> FloatArray:
    """Let voltages above 1 fire; reset them and lift the others to ``min_voltage``, in place."""
    spiked = voltage > 1
    np.maximum(voltage, min_voltage, out=voltage)
    voltage[spiked] = voltage[spiked] - 1 if reset == "subtract" else 0
    return spiked.astype(np.float64)
