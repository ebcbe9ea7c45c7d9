"""Integer constants and initial state of every kind of neuron."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.folded import FoldedPopulation
from nef2hw.compiler.lif import (
    LifFormats,
    choose_lif_formats,
    decay,
    encode_lif,
    encode_refractory,
)
from nef2hw.model.network import IfNeurons, LifNeurons, Neurons, RectifiedNeurons
from nef2hw.program.fixed_point import CodeArray, FixedPoint
from nef2hw.program.network import NeuronCodes

#: Whole bits of the current J: NEF ensembles reach some hundred near intercept 1.
CURRENT_WHOLE_BITS = 8
#: The same where all neurons count: a current of 1 is a spike in every step.
COUNTED_WHOLE_BITS = 6
#: The voltage resolves its slowest decay to this many bits.
DECAY_RESOLUTION_BITS = 12
#: Least and most fractional bits of the voltage.
VOLTAGE_FRACS = (16, 22)


@dataclass(frozen=True)
class NeuronFormats:
    """Binary points and widths that all spiking populations share."""

    voltage: FixedPoint
    current_whole_bits: int
    lif: LifFormats

    @property
    def most_spikes(self) -> int:
        """Most spikes of a counting neuron in one step: V below 1 and the largest current."""
        return 1 << (self.current_whole_bits - 1)


@dataclass(frozen=True)
class NeuronState:
    """Initial state codes, (n,) each."""

    voltage: CodeArray
    overshoot: CodeArray
    refractory: CodeArray


def choose_neuron_formats(
    kinds: tuple[Neurons, ...], dt_s: float, voltage_bits: int | None
) -> NeuronFormats:
    """Choose the formats for all kinds of neurons of a network.

    Parameters
    ----------
    kinds : at least one
    dt_s : time step
    voltage_bits : fractional bits of the voltage, None chooses them

    Raises
    ------
    ModelError
        If a membrane forgets everything within a step.
    """
    lifs = tuple(kind for kind in kinds if isinstance(kind, LifNeurons))
    frac = voltage_bits or _voltage_frac(lifs, dt_s)
    counted = all(isinstance(kind, RectifiedNeurons) for kind in kinds)
    current = COUNTED_WHOLE_BITS if counted else CURRENT_WHOLE_BITS
    whole = current if any(map(subtracts, kinds)) else min(current, _whole_bits(kinds))
    return NeuronFormats(FixedPoint(frac + whole, frac), current, choose_lif_formats(lifs, dt_s))


def _voltage_frac(lifs: Iterable[LifNeurons], dt_s: float) -> int:
    slowest = min((decay(lif, dt_s) for lif in lifs), default=1.0)
    return int(np.clip(DECAY_RESOLUTION_BITS + round(-np.log2(slowest)), *VOLTAGE_FRACS))


def _whole_bits(kinds: Iterable[Neurons]) -> int:
    """Bits for the threshold and the lowest voltage."""
    lowest = [kind.min_voltage for kind in kinds if not isinstance(kind, RectifiedNeurons)]
    below = max((max(0.0, -low) for low in lowest), default=0.0)
    return max(2, int(np.floor(below)).bit_length() + 1)


def subtracts(kind: Neurons | None) -> bool:
    """Whether a spike leaves what exceeds the threshold."""
    return isinstance(kind, (LifNeurons, IfNeurons)) and kind.reset == "subtract"


def current_unit(kind: Neurons | None, dt_s: float) -> float:
    """Factor from J to what the core adds up: without leak, the current of a whole step."""
    return dt_s if isinstance(kind, (IfNeurons, RectifiedNeurons)) else 1.0


def encode_neurons(kind: Neurons, dt_s: float, formats: NeuronFormats) -> NeuronCodes:
    """Turn the real constants of one population into codes."""
    if isinstance(kind, LifNeurons):
        return encode_lif(kind, dt_s, formats.lif, formats.voltage)
    lowest = kind.min_voltage if isinstance(kind, IfNeurons) else 0.0
    return NeuronCodes(
        decay_code=0,
        ratio_code=(0, 0),
        offset_code=(0, 0),
        hold_steps=0,
        min_voltage_code=int(formats.voltage.encode(lowest)),
        integrate=True,
        count=isinstance(kind, RectifiedNeurons),
        subtract=subtracts(kind),
    )


def encode_state(
    population: FoldedPopulation, kind: Neurons, dt_s: float, formats: NeuronFormats
) -> NeuronState:
    """Turn initial voltages and refractory times into codes.

    Raises
    ------
    ModelError
        If a refractory time is longer than can be counted.
    """
    given = population.voltage_init
    code = formats.voltage.encode(np.zeros(population.size) if given is None else given)
    if isinstance(kind, LifNeurons):
        return NeuronState(code, *encode_refractory(population, kind, dt_s, formats.lif))
    nothing = np.zeros(population.size, dtype=np.int64)
    if isinstance(kind, RectifiedNeurons):
        code = np.minimum(code, (1 << formats.voltage.frac) - 1)
    return NeuronState(code, nothing, nothing)
