"""From a folded network in reals to a network in integers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nef2hw.compiler.compartments import Scaled, draft, group, leak_format, scale
from nef2hw.compiler.fold import FoldedNetwork, FoldedPopulation
from nef2hw.compiler.formats import (
    MAX_SUM_BITS,
    SumDraft,
    SumFormats,
    choose_sum_formats,
    coarsest_useful,
    shift_codes,
)
from nef2hw.compiler.inputs import quantize_input
from nef2hw.compiler.levels import levels
from nef2hw.compiler.lif import (
    LifFormats,
    choose_lif_formats,
    decay,
    encode_lif,
    encode_lif_state,
)
from nef2hw.compiler.precision import Precision
from nef2hw.errors import ModelError
from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray, signed_bits
from nef2hw.program.network import (
    Compartment,
    Formats,
    InputPort,
    Population,
    Probe,
    QuantizedNetwork,
)

#: Whole bits of the current J: NEF ensembles reach some hundred near intercept 1.
CURRENT_WHOLE_BITS = 8
#: Bits of a readout's value, sign included.
READOUT_BITS = 28
#: The voltage resolves its slowest decay to this many bits.
DECAY_RESOLUTION_BITS = 12


@dataclass(frozen=True)
class _Context:
    """What every population of one network is quantized against."""

    network: FoldedNetwork
    precision: Precision
    inputs: Mapping[str, InputPort]
    leaks: FixedPoint
    voltage_frac: int
    lif: LifFormats


def quantize(network: FoldedNetwork, precision: Precision | None = None) -> QuantizedNetwork:
    """Choose formats and turn weights, biases and constants into codes.

    Raises
    ------
    FormatError
        If a number would need a wider format than the core has.
    ModelError
        If the network has no ensemble or no input.
    """
    context = _prepare(network, precision or Precision())
    sums = {p.name: _draft_sum(p, context) for p in network.populations}
    formats = choose_sum_formats(list(sums.values()), context.leaks)
    level = levels(network)
    populations = [
        _population(p, sums[p.name], level[p.name], formats, context) for p in network.populations
    ]
    populations.sort(key=lambda p: (p.level, p.neurons is None))
    return QuantizedNetwork(
        dt_s=network.dt_s,
        formats=_formats(context, formats, populations),
        inputs=tuple(context.inputs.values()),
        populations=tuple(populations),
        probes=tuple(
            Probe(p.name, p.population, p.kind == "spikes", p.scale) for p in network.probes
        ),
    )


def _prepare(network: FoldedNetwork, precision: Precision) -> _Context:
    lifs = tuple(p.neurons for p in network.populations if p.neurons is not None)
    if not lifs:
        raise ModelError("the model has no ensemble, found only inputs and probes; add one")
    if not network.inputs:
        raise ModelError(
            "the model has no input, and a run takes its length from one; add an input of size 1, "
            "it need not be connected to anything"
        )
    slowest = min(decay(lif, network.dt_s) for lif in lifs)
    resolved = DECAY_RESOLUTION_BITS + round(-np.log2(slowest))
    voltage_frac = precision.voltage_bits or int(np.clip(resolved, 16, 22))
    return _Context(
        network=network,
        precision=precision,
        inputs={i.name: quantize_input(i, precision.input_bits) for i in network.inputs},
        leaks=leak_format(network.connections),
        voltage_frac=voltage_frac,
        lif=choose_lif_formats(lifs, network.dt_s, voltage_frac),
    )


def _draft_sum(population: FoldedPopulation, context: _Context) -> SumDraft:
    dt_s = context.network.dt_s
    scaled = [
        scale(c, context.inputs, dt_s, context.leaks)
        for c in context.network.connections
        if c.post == population.name
    ]
    output_frac = _output_frac(population, scaled, context)
    finest = coarsest_useful(output_frac)
    bits = context.precision.weight_bits
    return SumDraft(
        compartments=tuple(draft(g, context.inputs, bits, finest) for g in group(scaled)),
        bias_code=_bias_code(population.bias, output_frac),
        output_frac=output_frac,
    )


def _bias_code(bias: FloatArray, output_frac: CodeArray) -> CodeArray:
    """Round; what is too large for any sum of currents stays so, without overflow."""
    codes = np.rint(np.ldexp(bias, output_frac.astype(np.int32)))
    limit = 2.0**MAX_SUM_BITS
    return np.clip(codes, -limit, limit).astype(np.int64)


def _output_frac(
    population: FoldedPopulation, scaled: list[Scaled], context: _Context
) -> CodeArray:
    """Binary point of each neuron's sum: the voltage's, or the finest that a readout can have."""
    if population.neurons is not None:
        return np.full(population.size, context.voltage_frac)
    total = np.abs(population.bias)
    for connection in scaled:
        port = context.inputs.get(connection.pre)
        top = 1 if port is None else np.maximum(np.abs(port.low_code), np.abs(port.high_code))
        rest = 1 if connection.leak_code is None else context.leaks.decode(connection.leak_code)
        total = total + (np.abs(connection.weights) * top).sum(axis=1) / rest
    _, whole_bits = np.frexp(total * 1.05 + np.finfo(float).tiny)
    fitted: CodeArray = (READOUT_BITS - 2 - np.maximum(whole_bits, -16)).astype(np.int64)
    return fitted


def _population(
    population: FoldedPopulation,
    drafts: SumDraft,
    level: int,
    formats: SumFormats,
    context: _Context,
) -> Population:
    compartments = tuple(
        Compartment(
            d.leak_code, d.delay, d.held, shift_codes(d, drafts.output_frac, formats), d.projections
        )
        for d in drafts.compartments
    )
    common = Population(population.name, level, drafts.bias_code, drafts.output_frac, compartments)
    if population.neurons is None:
        return common
    dt_s = context.network.dt_s
    state = encode_lif_state(population, population.neurons, dt_s, context.lif)
    return Population(
        population.name,
        level,
        drafts.bias_code,
        drafts.output_frac,
        compartments,
        neurons=encode_lif(population.neurons, dt_s, context.lif),
        voltage_init_code=state.voltage,
        overshoot_init_code=state.overshoot,
        refractory_init_code=state.refractory,
    )


def _formats(context: _Context, sums: SumFormats, populations: list[Population]) -> Formats:
    spiking = [p for p in populations if p.neurons is not None]
    counters = [p.neurons.hold_steps for p in spiking if p.neurons is not None]
    counters += [
        int(p.refractory_init_code.max()) for p in spiking if p.refractory_init_code is not None
    ]
    bias = max(float(np.abs(p.bias_code).max(initial=1)) for p in populations)
    return Formats(
        weight_bits=context.precision.weight_bits,
        accumulator_bits=sums.accumulator_bits,
        filter_bits=sums.filter_bits,
        guard_bits=sums.guard_bits,
        leak_frac=context.leaks.frac,
        align_bits=sums.align_bits,
        shift_bits=sums.shift_bits,
        sum_bits=sums.sum_bits,
        bias_bits=signed_bits(bias),
        current_bits=min(
            context.voltage_frac + CURRENT_WHOLE_BITS, max(sums.sum_bits, context.lif.voltage.bits)
        ),
        voltage_bits=context.lif.voltage.bits,
        voltage_frac=context.voltage_frac,
        decay_frac=context.lif.decay_frac,
        ratio_frac=context.lif.ratio_frac,
        offset_bits=context.lif.offset_bits,
        refractory_bits=max(2, max(counters).bit_length()),
    )
