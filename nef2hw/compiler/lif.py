"""Integer constants and initial state of leaky integrate-and-fire neurons.

With the overshoot fraction ``x = (V - 1)/(J - 1)`` kept from the last spike,
the decay that remains k steps later is affine in x::

    kappa_k = clip(1 - C_k (1 - x), 0, kappa),  C_k = exp((tau_ref - k dt)/tau_rc)
            = clip(C_k x - (C_k - 1), 0, kappa)

Only k = m and m + 1, with m = floor(tau_ref/dt), can be partial, so that two
ratios C and two offsets C - 1 describe any refractory time exactly.
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
    """Binary points and widths that all spiking populations share."""

    decay_frac: int
    ratio_frac: int
    offset_bits: int
    voltage: FixedPoint


@dataclass(frozen=True)
class LifState:
    """Initial state codes, (n,) each."""

    voltage: CodeArray
    overshoot: CodeArray
    refractory: CodeArray


def decay(lif: LifNeurons, dt_s: float) -> float:
    """Fraction ``1 - exp(-dt/tau_rc)`` by which V nears J in a whole step."""
    return float(-np.expm1(-dt_s / lif.tau_rc_s))


def whole_steps(lif: LifNeurons, dt_s: float) -> int:
    """Whole steps m in the refractory time."""
    return int(np.floor(lif.tau_ref_s / dt_s + WHOLE_STEP))


def ratios(lif: LifNeurons, dt_s: float) -> tuple[float, float]:
    """``C_m`` and ``C_(m+1)``."""
    steps = whole_steps(lif, dt_s)
    first = float(np.exp(max(0.0, lif.tau_ref_s - steps * dt_s) / lif.tau_rc_s))
    return first, first * float(np.exp(-dt_s / lif.tau_rc_s))


def choose_lif_formats(lifs: tuple[LifNeurons, ...], dt_s: float, voltage_frac: int) -> LifFormats:
    """Choose the finest binary points that hold the constants of all ``lifs``.

    Raises
    ------
    ModelError
        If a membrane time constant is so short that a step leaves nothing of the voltage.
    """
    decay_frac = finest_frac(FRACTION_BITS, max(decay(lif, dt_s) for lif in lifs))
    if decay_frac < FRACTION_BITS:
        shortest = min(lif.tau_rc_s for lif in lifs)
        raise ModelError(
            f"tau_rc = {shortest:g} s is too short for dt = {dt_s:g} s: the voltage forgets "
            f"everything in one step; tau_rc must be at least dt/10, {dt_s / 10:g} s"
        )
    largest = max(ratios(lif, dt_s)[0] for lif in lifs)
    offset = max(abs(ratio - 1) for lif in lifs for ratio in ratios(lif, dt_s))
    below = max(max(0.0, -lif.min_voltage) for lif in lifs)
    whole_bits = max(2, int(np.floor(below)).bit_length() + 1)
    return LifFormats(
        decay_frac=decay_frac,
        ratio_frac=finest_frac(FRACTION_BITS, largest),
        offset_bits=signed_bits(np.ldexp(offset, decay_frac)),
        voltage=FixedPoint(voltage_frac + whole_bits, voltage_frac),
    )


def encode_lif(lif: LifNeurons, dt_s: float, formats: LifFormats) -> NeuronCodes:
    """Turn the real constants of one population into codes."""
    fraction = FixedPoint(FRACTION_BITS, formats.decay_frac, signed=False)
    ratio = FixedPoint(FRACTION_BITS, formats.ratio_frac, signed=False)
    offset = FixedPoint(formats.offset_bits, formats.decay_frac)
    first, second = ratios(lif, dt_s)
    return NeuronCodes(
        decay_code=int(fraction.encode(decay(lif, dt_s))),
        ratio_code=(int(ratio.encode(first)), int(ratio.encode(second))),
        offset_code=(int(offset.encode(first - 1)), int(offset.encode(second - 1))),
        hold_steps=whole_steps(lif, dt_s) + 1,
        min_voltage_code=int(formats.voltage.encode(lif.min_voltage)),
    )


def encode_lif_state(
    population: FoldedPopulation, lif: LifNeurons, dt_s: float, formats: LifFormats
) -> LifState:
    """Turn initial voltages and refractory times into codes.

    A refractory time R before the first step is that of a neuron which spiked
    k steps before, at time t within that step: ``R = tau_ref + t - (k - 1) dt``.
    Its counter is ``m + 2 - k``, its overshoot ``1 - exp((t - dt)/tau_rc)``.

    Raises
    ------
    ModelError
        If a refractory time is longer than can be counted.
    """
    size = population.size
    voltage = _or_zeros(population.voltage_init, size)
    remaining = _or_zeros(population.refractory_init_s, size)
    refractory = remaining > dt_s * (1 + WHOLE_STEP)
    ahead = np.ceil((remaining - lif.tau_ref_s) / dt_s - WHOLE_STEP) - 1
    within = remaining - lif.tau_ref_s - ahead * dt_s
    counter = np.where(refractory, whole_steps(lif, dt_s) + 1 + ahead, 0)
    overshoot = np.where(refractory, -np.expm1((within - dt_s) / lif.tau_rc_s), 0)
    longest = max(float(counter.max(initial=0)), whole_steps(lif, dt_s))
    if longest > MAX_REFRACTORY_STEPS:
        raise ModelError(
            f"ensembles/{population.name}: a refractory time of {longest:.0f} steps is too long; "
            f"at most {MAX_REFRACTORY_STEPS} are counted; shorten tau_ref or refractory_init"
        )
    fraction = FixedPoint(FRACTION_BITS, formats.decay_frac, signed=False)
    return LifState(
        voltage=formats.voltage.encode(voltage),
        overshoot=fraction.encode(overshoot),
        refractory=counter.astype(np.int64),
    )


def _or_zeros(values: FloatArray | None, size: int) -> FloatArray:
    return np.zeros(size) if values is None else values
