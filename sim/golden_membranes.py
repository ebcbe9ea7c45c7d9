"""Neurons of the golden model, stepped in place.

The same arithmetic as `nef2hw.sim.golden.neuron_step`, which specifies it. What few
neurons need, because they are refractory or have fired, is done for those alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy import add, floor_divide, greater, left_shift, multiply, right_shift, subtract

from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import FRACTION_BITS, Formats, NeuronCodes
from nef2hw.sim.golden import NeuronState, decay_now
from nef2hw.sim.golden_sums import SentArray, constants

#: Advances a population with a current (n,); writes who fired, or how often, to the second array.
MembraneStep = Callable[[CodeArray, SentArray], None]

#: Steps left of the refractory time with which, as with more, nothing decays.
NO_DECAY = 3


def membrane_step(state: NeuronState, neurons: NeuronCodes, formats: Formats) -> MembraneStep:
    """Return what advances ``state`` in place, ``neurons.count`` telling what it writes."""
    if neurons.count:
        return counting_step(state, formats)
    if neurons.integrate or neurons.subtract:
        return leaving_step(state, neurons, formats)
    return leaky_step(state, neurons, formats)


def counting_step(state: NeuronState, formats: Formats) -> MembraneStep:
    """Neurons that spike once for each whole 1 in their voltage."""
    voltage = state.voltage
    whole, fraction, nothing = constants(formats.voltage_frac, (1 << formats.voltage_frac) - 1, 0)

    def step(current: CodeArray, counts: SentArray) -> None:
        np.maximum(current, nothing, out=counts)
        add(voltage, counts, voltage)
        right_shift(voltage, whole, counts)
        np.bitwise_and(voltage, fraction, voltage)

    return step


def leaky_step(state: NeuronState, neurons: NeuronCodes, formats: Formats) -> MembraneStep:
    """Leaky neurons that a spike returns to zero."""
    voltage, overshoot, refractory = state.voltage, state.overshoot, state.refractory
    follow = follower(state, neurons, formats)
    lowest, hold = constants(neurons.min_voltage_code, neurons.hold_steps)
    zero, one, top = constants(0, 1 << formats.voltage_frac, (1 << FRACTION_BITS) - 1)
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
            overshoot[fired] = excess
            refractory[fired] = hold
            voltage[fired] = zero
        np.maximum(voltage, lowest, out=voltage)

    return step


def leaving_step(state: NeuronState, neurons: NeuronCodes, formats: Formats) -> MembraneStep:
    """Neurons without leak, or those that a spike leaves something."""
    voltage, refractory = state.voltage, state.refractory
    follow = follower(state, neurons, formats)
    lowest, hold = constants(neurons.min_voltage_code, neurons.hold_steps)
    zero, one, highest = constants(0, 1 << formats.voltage_frac, formats.voltage.high)

    def step(current: CodeArray, fires: SentArray) -> None:
        follow(current)
        greater(voltage, one, fires)
        fired = fires.nonzero()[0]
        if fired.size:
            left = np.minimum(voltage[fired] - one, highest) if neurons.subtract else zero
            voltage[fired] = left
            refractory[fired] = hold
        np.maximum(voltage, lowest, out=voltage)

    return step


def follower(
    state: NeuronState, neurons: NeuronCodes, formats: Formats
) -> Callable[[CodeArray], None]:
    """Return what moves the voltages as the refractory time allows, and counts that down."""
    voltage, overshoot, refractory = state.voltage, state.overshoot, state.refractory
    moved = np.empty_like(voltage)
    decay = np.full_like(voltage, neurons.decay_code)
    (full_decay,) = constants(neurons.decay_code)
    decay_frac, half = constants(formats.decay_frac, (1 << formats.decay_frac) >> 1)
    partial = partial_decays(neurons, formats)
    # By steps left of the refractory time: where their decays begin, and the steps left after.
    most = max(neurons.hold_steps, int(refractory.max(initial=0)))
    row = np.minimum(np.arange(most + 1), NO_DECAY) << FRACTION_BITS
    after = np.maximum(np.arange(most + 1) - 1, 0)

    def follow(current: CodeArray) -> None:
        resting = refractory.nonzero()[0]
        if resting.size:
            left = refractory[resting]
            place = row[left]
            add(place, overshoot[resting], place)
            decay[resting] = partial[place]
            refractory[resting] = after[left]
        if neurons.integrate:
            add(voltage, current, voltage)
        else:
            subtract(current, voltage, moved)
            multiply(moved, decay, moved)
            add(moved, half, moved)
            right_shift(moved, decay_frac, moved)
            add(voltage, moved, voltage)
        if resting.size:
            decay[resting] = full_decay

    return follow


@lru_cache(maxsize=16)
def partial_decays(neurons: NeuronCodes, formats: Formats) -> CodeArray:
    """Decay by steps left of the refractory time, up to `NO_DECAY`, and by overshoot, in a row."""
    overshoot = np.arange(1 << FRACTION_BITS)
    rows = [np.full_like(overshoot, left) for left in range(NO_DECAY + 1)]
    return np.concatenate(
        [decay_now(NeuronState(row, overshoot, row), neurons, formats) for row in rows]
    )
