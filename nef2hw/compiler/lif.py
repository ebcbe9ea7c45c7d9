"""Integer constants and initial state of leaky integrate-and-fire neurons.

With the overshoot fraction ``x = (V - 1)/(J - 1)`` kept from the last spike,
the decay that remains k steps later is affine in x::

    kappa_k = clip(1 - C_k (1 - x), 0, kappa),  C_k = exp((tau_ref - k dt)/tau_rc)
            = clip(C_k x - (C_k - 1), 0, kappa)

Only k = m and m + 1, with m = floor(tau_ref/dt), can be partial, so that two
ratios C and two offsets C - 1 describe any refractory time exactly. With Euler's
discretization every exponential is replaced by its first order, and the line is
``clip(x - (tau_ref - k dt)/tau_rc, 0, kappa)``, ``kappa = dt/tau_rc``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.folded import FoldedPopulation
from nef2hw.errors import ModelError
from nef2hw.model.network import LifNeurons
from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray, finest_frac, signed_bits
from nef2hw.program.network import FRACTION_BITS, NeuronCodes

#: A refractory time within this fraction of a step of a whole number of steps counts as whole.
WHOLE_STEP = 1e-9

#: Longest refractory time in steps.
MAX_REFRACTORY_STEPS = 1 << 16


@dataclass(frozen=True)
class LifFormats:
    """Binary points and widths of the constants that all leaky populations share."""

    decay_frac: int = FRACTION_BITS
    ratio_frac: int = FRACTION_BITS - 1
    offset_bits: int = 2


def decay(lif: LifNeurons, dt_s: float) -> float:
    """Fraction by which V nears J in a whole step."""
    if lif.discretization == "euler":
        return dt_s / lif.tau_rc_s
    return float(-np.expm1(-dt_s / lif.tau_rc_s))


def whole_steps(lif: LifNeurons, dt_s: float) -> int:
    """Whole steps m in the refractory time."""
    return int(np.floor(lif.tau_ref_s / dt_s + WHOLE_STEP))


def ratios(lif: LifNeurons, dt_s: float) -> tuple[float, float]:
    """Slopes of the line in x for k = m and m + 1."""
    if lif.discretization == "euler":
        return 1.0, 1.0
    first = float(np.exp(_part_of_step(lif, dt_s) / lif.tau_rc_s))
    return first, first * float(np.exp(-dt_s / lif.tau_rc_s))


def offsets(lif: LifNeurons, dt_s: float) -> tuple[float, float]:
    """What the line is below ``slope x``, for k = m and m + 1."""
    if lif.discretization == "euler":
        first = _part_of_step(lif, dt_s) / lif.tau_rc_s
        return first, first - dt_s / lif.tau_rc_s
    one, other = ratios(lif, dt_s)
    return one - 1, other - 1


def _part_of_step(lif: LifNeurons, dt_s: float) -> float:
    """What the refractory time is longer than whole steps, in seconds."""
    return max(0.0, lif.tau_ref_s - whole_steps(lif, dt_s) * dt_s)


def choose_lif_formats(lifs: tuple[LifNeurons, ...], dt_s: float) -> LifFormats:
    """Choose the finest binary points that hold the constants of all ``lifs``.

    Raises
    ------
    ModelError
        If a membrane time constant is so short that a step leaves nothing of the voltage.
    """
    if not lifs:
        return LifFormats()
    decay_frac = finest_frac(FRACTION_BITS, max(decay(lif, dt_s) for lif in lifs))
    if decay_frac < FRACTION_BITS:
        shortest = min(lif.tau_rc_s for lif in lifs)
        raise ModelError(
            f"tau_rc = {shortest:g} s is too short for dt = {dt_s:g} s: the voltage forgets "
            f"everything in one step; tau_rc must be at least dt/10, {dt_s / 10:g} s"
        )
    largest = max(ratios(lif, dt_s)[0] for lif in lifs)
    offset = max(abs(offset) for lif in lifs for offset in offsets(lif, dt_s))
    return LifFormats(
        decay_frac=decay_frac,
        ratio_frac=finest_frac(FRACTION_BITS, largest),
        offset_bits=signed_bits(np.ldexp(offset, decay_frac)),
    )


def encode_lif(
    lif: LifNeurons, dt_s: float, formats: LifFormats, voltage: FixedPoint
) -> NeuronCodes:
    """Turn the real constants of one population into codes."""
    fraction = FixedPoint(FRACTION_BITS, formats.decay_frac, signed=False)
    ratio = FixedPoint(FRACTION_BITS, formats.ratio_frac, signed=False)
    offset = FixedPoint(formats.offset_bits, formats.decay_frac)
    slopes, below = ratios(lif, dt_s), offsets(lif, dt_s)
    subtract = lif.reset == "subtract"
    return NeuronCodes(
        decay_code=int(fraction.encode(decay(lif, dt_s))),
        ratio_code=(int(ratio.encode(slopes[0])), int(ratio.encode(slopes[1]))),
        offset_code=(int(offset.encode(below[0])), int(offset.encode(below[1]))),
        hold_steps=0 if subtract else whole_steps(lif, dt_s) + 1,
        min_voltage_code=int(voltage.encode(lif.min_voltage)),
        subtract=subtract,
    )


def encode_refractory(
    population: FoldedPopulation, lif: LifNeurons, dt_s: float, formats: LifFormats
) -> tuple[CodeArray, CodeArray]:
    """Turn initial refractory times into overshoot fractions and counters, (n,) each.

    A refractory time R before the first step is that of a neuron which spiked
    k steps before, at time t within that step: ``R = tau_ref + t - (k - 1) dt``.
    Its counter is ``m + 2 - k``, its overshoot ``1 - exp((t - dt)/tau_rc)``.

    Raises
    ------
    ModelError
        If a refractory time is longer than can be counted.
    """
    overshoot, counter = refractory_state(population, lif, dt_s)
    longest = max(float(counter.max(initial=0)), whole_steps(lif, dt_s))
    if longest > MAX_REFRACTORY_STEPS:
        raise ModelError(
            f"ensembles/{population.name}: a refractory time of {longest:.0f} steps is too long; "
            f"at most {MAX_REFRACTORY_STEPS} are counted; shorten tau_ref or refractory_init"
        )
    fraction = FixedPoint(FRACTION_BITS, formats.decay_frac, signed=False)
    return fraction.encode(overshoot), counter.astype(np.int64)


def refractory_state(
    population: FoldedPopulation, lif: LifNeurons, dt_s: float
) -> tuple[FloatArray, FloatArray]:
    """Return the initial overshoot fractions and counters before they are encoded, (n,) each."""
    given = population.refractory_init_s
    remaining = np.zeros(population.size) if given is None else given
    refractory = remaining > dt_s * (1 + WHOLE_STEP)
    ahead = np.ceil((remaining - lif.tau_ref_s) / dt_s - WHOLE_STEP) - 1
    within = remaining - lif.tau_ref_s - ahead * dt_s
    counter = np.where(refractory, whole_steps(lif, dt_s) + 1 + ahead, 0)
    overshoot = np.where(refractory, _overshoot(within, lif, dt_s), 0.0)
    return overshoot, counter


def _overshoot(within_s: FloatArray, lif: LifNeurons, dt_s: float) -> FloatArray:
    """Overshoot fraction of a spike at this time within its step."""
    ratio = (within_s - dt_s) / lif.tau_rc_s
    fraction: FloatArray = -ratio if lif.discretization == "euler" else -np.expm1(ratio)
    return fraction
