"""What the codes of a network were rounded from, in the units of the codes.

Scales, binary points and shifts are those of the integer network, so that any
code may stand for its unrounded value and the other way round: what rounding one
kind of number costs can be measured by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.compartments import REMAINDER
from nef2hw.compiler.folded import FoldedConnection, FoldedNetwork, FoldedPopulation
from nef2hw.compiler.lif import decay, offsets, ratios, refractory_state
from nef2hw.compiler.neurons import current_unit
from nef2hw.compiler.stages import ExactStage, exact_stages, filter_stages
from nef2hw.model.network import LifNeurons
from nef2hw.program.fixed_point import FixedPoint, FloatArray
from nef2hw.program.network import (
    FRACTION_BITS,
    Compartment,
    Formats,
    Population,
    Projection,
    QuantizedNetwork,
)


@dataclass(frozen=True, eq=False)
class UnroundedCompartment:
    """Constants of a filter, and weights."""

    leak: float  #: in units of the leak code; 0 for an unfiltered compartment
    coupling: float  #: of the partner's state, signed, in the same units
    gain: float  #: of what arrives, beside weights that are scaled for the rounded filter
    weights: tuple[FloatArray, ...]  #: (n_pre, n_post) of each projection


@dataclass(frozen=True)
class UnroundedNeurons:
    """Constants of a spiking population, in units of their codes."""

    decay: float = 0.0
    ratio: tuple[float, float] = (0.0, 0.0)
    offset: tuple[float, float] = (0.0, 0.0)
    min_voltage: float = 0.0


@dataclass(frozen=True, eq=False)
class UnroundedPopulation:
    """Biases, connections and neurons of a population."""

    bias: FloatArray  #: (n,)
    compartments: tuple[UnroundedCompartment, ...]
    neurons: UnroundedNeurons | None
    voltage_init: FloatArray  #: (n,)
    overshoot_init: FloatArray  #: (n,)


def unround(folded: FoldedNetwork, network: QuantizedNetwork) -> dict[str, UnroundedPopulation]:
    """Return the unrounded values of every population of ``network``, made from ``folded``."""
    steps = _source_steps(network)
    given = {population.name: population for population in folded.populations}
    return {
        population.name: _population(given[population.name], population, folded, network, steps)
        for population in network.populations
    }


def _source_steps(network: QuantizedNetwork) -> dict[str, FloatArray]:
    """Real value of a unit of every source of values."""
    steps = {port.name: port.step for port in network.inputs}
    for relay in network.relays:
        frac = network.population(relay.population).output_frac
        part = frac[relay.first : relay.first + relay.size]
        steps[relay.name] = np.ldexp(1.0, -part.astype(np.int32))
    return steps


def _population(
    given: FoldedPopulation,
    population: Population,
    folded: FoldedNetwork,
    network: QuantizedNetwork,
    steps: Mapping[str, FloatArray],
) -> UnroundedPopulation:
    unit = current_unit(given.neurons, network.dt_s)
    frac = population.output_frac.astype(np.int32)
    neurons, voltage, overshoot = _neurons(given, network)
    return UnroundedPopulation(
        bias=np.ldexp(given.bias * unit, frac),
        compartments=tuple(
            _compartment(index, population, unit, folded, network.formats, steps)
            for index in range(len(population.compartments))
        ),
        neurons=neurons,
        voltage_init=voltage,
        overshoot_init=overshoot,
    )


def _neurons(
    given: FoldedPopulation, network: QuantizedNetwork
) -> tuple[UnroundedNeurons | None, FloatArray, FloatArray]:
    """Return constants, initial voltages and initial overshoot fractions."""
    nothing = np.zeros(given.size)
    formats, kind, dt_s = network.formats, given.neurons, network.dt_s
    one = 2.0**formats.voltage_frac
    voltage = nothing if given.voltage_init is None else given.voltage_init * one
    if kind is None:
        return None, nothing, nothing
    lowest = getattr(kind, "min_voltage", 0.0) * one
    if not isinstance(kind, LifNeurons):
        return UnroundedNeurons(min_voltage=lowest), voltage, nothing
    in_decay = 2.0**formats.decay_frac
    slopes, below = ratios(kind, dt_s), offsets(kind, dt_s)
    neurons = UnroundedNeurons(
        decay=decay(kind, dt_s) * in_decay,
        ratio=(slopes[0] * 2.0**formats.ratio_frac, slopes[1] * 2.0**formats.ratio_frac),
        offset=(below[0] * in_decay, below[1] * in_decay),
        min_voltage=lowest,
    )
    return neurons, voltage, refractory_state(given, kind, dt_s)[0] * in_decay


def _compartment(
    index: int,
    population: Population,
    unit: float,
    folded: FoldedNetwork,
    formats: Formats,
    steps: Mapping[str, FloatArray],
) -> UnroundedCompartment:
    compartment, first = population.compartments[index], _first_stage(index, population)
    made_of = [_connection(p, first, population.name, folded) for p in first.projections]
    leaks = FixedPoint(FRACTION_BITS, formats.leak_frac, signed=False)
    rounded = filter_stages(made_of[0].filter, leaks)
    stage, gain = ExactStage(0.0), 1.0
    if made_of[0].filter is not None:
        exact = exact_stages(made_of[0].filter)
        stage = exact.stages[0 if compartment is first else 1]
        gain = exact.factor / rounded.factor if rounded.factor else 1.0
    exponent = _exponent(compartment, population, rounded.stages[0].lift, formats)
    return UnroundedCompartment(
        leak=stage.leak * 2.0**formats.leak_frac,
        coupling=stage.coupling * 2.0**formats.leak_frac,
        gain=gain,
        weights=tuple(
            _weights(p, connection, unit * rounded.factor, exponent, steps)
            for p, connection in zip(compartment.projections, made_of, strict=False)
        ),
    )


def _first_stage(index: int, population: Population) -> Compartment:
    """The compartment that takes the weights of the filter that this one is part of."""
    compartment = population.compartments[index]
    if compartment.projections or compartment.coupling is None:
        return compartment
    return population.compartments[compartment.coupling.partner]


def _connection(
    projection: Projection, compartment: Compartment, post: str, folded: FoldedNetwork
) -> FoldedConnection:
    """Find what a projection was made of; a synapse may leave a part of its input unfiltered."""
    name = projection.name.removesuffix(REMAINDER)
    return next(
        c
        for c in folded.connections
        if (c.name, c.pre, c.post) == (name, projection.pre, post)
        and (c.filter is None) == (compartment.leak_code is None)
        and c.delay == compartment.delay
    )


def _exponent(
    compartment: Compartment, population: Population, lift: int, formats: Formats
) -> FloatArray:
    """Scale of the weights, (n,): a code stands for ``code * 2**-exponent``."""
    guard = 0 if compartment.held else formats.guard_bits
    left = formats.align_bits - compartment.shift_code
    exponent: FloatArray = (population.output_frac - lift - guard - left).astype(np.float64)
    return exponent


def _weights(
    projection: Projection,
    connection: FoldedConnection,
    factor: float,
    exponent: FloatArray,
    steps: Mapping[str, FloatArray],
) -> FloatArray:
    if projection.name.endswith(REMAINDER):
        return np.zeros(projection.weight_code.shape)
    step = steps.get(projection.pre, np.ones(connection.weights.shape[1]))
    weights = connection.weights * step * factor
    unrounded: FloatArray = (weights * np.exp2(exponent)[:, np.newaxis]).T
    return unrounded
