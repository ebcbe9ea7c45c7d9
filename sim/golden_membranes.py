"""Neurons of the golden model, stepped in place.

The same arithmetic as `nef2hw.sim.golden.neuron_step`, which specifies it. The refractory time and
the fraction of a step that is left of it are one number, which counts down and finds the decay in
a table; what only neurons that fire need is done for those alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy import add, floor_divide, greater, left_shift, multiply, right_shift, subtract

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import FRACTION_BITS, Formats, NeuronCodes
from nef2hw.sim.golden import NeuronState, decay_now
from nef2hw.sim.golden_sums import SentArray, constants

#: Advances a population with a current (n,); writes who fired, or how often, to the second array.
MembraneStep = Callable[[CodeArray, SentArray], None]

#: One step of the refractory time, in units of `Membrane.due`.
ONE_STEP = 1 << FRACTION_BITS
#: Steps left of the refractory time with which decays are partial; with more, nothing decays.
PARTIAL_STEPS = (1, 2)


@dataclass
class Membrane:
    """State of a population, (n,) each.

    ``due`` is the place in `partial_decays`: where a neuron fired, the overshoot above the steps
    of its refractory time; from there it counts down by `ONE_STEP` in every step, without an end.
    """

    voltage: CodeArray
    due: CodeArray

    @classmethod
    def of(cls, state: NeuronState) -> Membrane:
        """Return a copy of a state."""
        return cls(state.voltage.copy(), due_at(state.refractory, state.overshoot))

    @property
    def overshoot(self) -> CodeArray:
        """Overshoot of each neuron's last spike."""
        left_over: CodeArray = (self.due - 1) & (ONE_STEP - 1)
        return left_over

    @property
    def refractory(self) -> CodeArray:
        """Steps left of each neuron's refractory time."""
        left: CodeArray = np.maximum(((self.due - 1) >> FRACTION_BITS) + 1, 0)
        return left


def due_at(refractory: CodeArray, overshoot: CodeArray) -> CodeArray:
    """Place of some steps left and of an overshoot in `partial_decays`."""
    place: CodeArray = ((refractory - 1) << FRACTION_BITS) + overshoot + 1
    return place


def membrane_step(state: Membrane, neurons: NeuronCodes, formats: Formats) -> MembraneStep:
    """Return what advances ``state`` in place, ``neurons.count`` telling what it writes."""
    if neurons.count:
        return counting_step(state, formats)
    if neurons.integrate or neurons.subtract:
        return leaving_step(state, neurons, formats)
    return leaky_step(state, neurons, formats)


def counting_step(state: Membrane, formats: Formats) -> MembraneStep:
    """Neurons that spike once for each whole 1 in their voltage."""
    voltage = state.voltage
    whole, fraction, nothing = constants(formats.voltage_frac, (1 << formats.voltage_frac) - 1, 0)

    def step(current: CodeArray, counts: SentArray) -> None:
        np.maximum(current, nothing, out=counts)
        add(voltage, counts, voltage)
        right_shift(voltage, whole, counts)
        np.bitwise_and(voltage, fraction, voltage)

    return step


def leaky_step(state: Membrane, neurons: NeuronCodes, formats: Formats) -> MembraneStep:
    """Leaky neurons that a spike returns to zero."""
    voltage, due = state.voltage, state.due
    follow = follower(state, neurons, formats)
    lowest, hold = constants(neurons.min_voltage_code, (neurons.hold_steps - 1) * ONE_STEP + 1)
    zero, one, top = constants(0, 1 << formats.voltage_frac, ONE_STEP - 1)
    (decay_frac,) = constants(formats.decay_frac)

    def step(current: CodeArray, fires: SentArray) -> None:
        follow(current)
        greater(voltage, one, fires)
        fired = fires.nonzero()[0]
        if fired.size:
            # Whoever passes the threshold from below has a current above it: no drive is zero.
            excess = voltage[fired]
            drive = current[fired]
            subtract(excess, one, excess)
            subtract(drive, one, drive)
            left_shift(excess, decay_frac, excess)
            floor_divide(excess, drive, excess)
            np.minimum(excess, top, out=excess)
            add(excess, hold, excess)
            due[fired] = excess
            voltage[fired] = zero
        np.maximum(voltage, lowest, out=voltage)

    return step


def leaving_step(state: Membrane, neurons: NeuronCodes, formats: Formats) -> MembraneStep:
    """Neurons without leak, or those that a spike leaves something; they keep no overshoot."""
    voltage, due = state.voltage, state.due
    follow = follower(state, neurons, formats)
    begun = due_at(np.full_like(due, neurons.hold_steps), state.overshoot)
    lowest, zero, one = constants(neurons.min_voltage_code, 0, 1 << formats.voltage_frac)
    (highest,) = constants(formats.voltage.high)

    def step(current: CodeArray, fires: SentArray) -> None:
        follow(current)
        greater(voltage, one, fires)
        fired = fires.nonzero()[0]
        if fired.size:
            left = np.minimum(voltage[fired] - one, highest) if neurons.subtract else zero
            voltage[fired] = left
            due[fired] = begun[fired]
        np.maximum(voltage, lowest, out=voltage)

    return step


def follower(
    state: Membrane, neurons: NeuronCodes, formats: Formats
) -> Callable[[CodeArray], None]:
    """Return what moves the voltages as the refractory time allows, and counts that down."""
    voltage, due = state.voltage, state.due
    moved, decay = np.empty_like(voltage), np.empty_like(voltage)
    partial = partial_decays(neurons, formats)
    decay_frac, half = constants(formats.decay_frac, (1 << formats.decay_frac) >> 1)
    (one_step,) = constants(ONE_STEP)

    def follow(current: CodeArray) -> None:
        if neurons.integrate:
            add(voltage, current, voltage)
        else:
            partial.take(due, out=decay, mode="clip")
            subtract(current, voltage, moved)
            multiply(moved, decay, moved)
            add(moved, half, moved)
            right_shift(moved, decay_frac, moved)
            add(voltage, moved, voltage)
        subtract(due, one_step, due)

    return follow


@lru_cache(maxsize=16)
def partial_decays(neurons: NeuronCodes, formats: Formats) -> CodeArray:
    """Decay by `Membrane.due`; the first one is of all places before, the last of all after."""
    overshoot = np.arange(ONE_STEP)
    partial = [
        decay_now(NeuronState(left, overshoot, left), neurons, formats)
        for left in (np.full_like(overshoot, steps) for steps in PARTIAL_STEPS)
    ]
    return np.concatenate([[neurons.decay_code], *partial, [0]])
