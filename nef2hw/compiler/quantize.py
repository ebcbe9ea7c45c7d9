"""From a folded network in reals to a network in integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import numpy as np

from nef2hw.compiler.compartments import (
    Draft,
    Scaled,
    ValueSource,
    choose_leak_format,
    draft,
    group,
    scale,
)
from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation
from nef2hw.compiler.formats import (
    MAX_SUM_BITS,
    SumDraft,
    SumFormats,
    check_within,
    choose_sum_formats,
    coarsest_useful,
    given_sum_formats,
    shift_codes,
    sum_bound,
)
from nef2hw.compiler.inputs import quantize_input
from nef2hw.compiler.levels import levels
from nef2hw.compiler.lif import LifFormats
from nef2hw.compiler.neurons import (
    NeuronFormats,
    choose_neuron_formats,
    current_unit,
    encode_neurons,
    encode_state,
)
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.relays import RelayCodes, refined, relay_codes, relay_frac, relay_planes
from nef2hw.errors import FormatError, ModelError, all_of
from nef2hw.model.network import RectifiedNeurons
from nef2hw.program.fixed_point import CodeArray, FixedPoint, FloatArray, signed_bits
from nef2hw.program.network import (
    Compartment,
    Coupling,
    Formats,
    InputPort,
    Population,
    Probe,
    QuantizedNetwork,
    Relay,
)

#: A core whose neurons count has room for at least so many spikes of one in a step.
LEAST_COUNTED = 2
#: Bits of a readout's value, sign included.
READOUT_BITS = 28


@dataclass(frozen=True)
class _Context:
    """What every population of one network is quantized against."""

    network: FoldedNetwork
    precision: Precision
    inputs: Mapping[str, InputPort]
    tops: Mapping[str, CodeArray]  #: largest magnitude of the code of every source, (n,)
    leaks: FixedPoint
    neurons: NeuronFormats
    relays: Mapping[str, RelayCodes] = field(default_factory=dict)


def quantize(
    network: FoldedNetwork, precision: Precision | None = None, core: Formats | None = None
) -> QuantizedNetwork:
    """Choose formats and turn weights, biases and constants into codes.

    Parameters
    ----------
    core
        Formats of a core that is there already; with them only the bits of inputs are taken from
        ``precision``.

    Raises
    ------
    FormatError
        If a number would need a wider format than the core has.
    ModelError
        If the network has no ensemble or no input.
    """
    context = _prepare(network, precision or Precision(), core)
    sums, most_spikes = _draft_sums(context)
    drafted = list(sums.values())
    formats = given_sum_formats(drafted, core) if core else choose_sum_formats(drafted)
    level = levels(network)
    populations = [
        _population(p, sums[p.name], level[p.name], formats, context) for p in network.populations
    ]
    populations.sort(key=lambda p: (p.level, p.neurons is None))
    own = replace(
        _formats(context, formats, populations, most_spikes),
        relay_planes=relay_planes({name: sums[name] for name in network.gangs}),
    )
    if core:
        check_within(asdict(own), core)
    return QuantizedNetwork(
        dt_s=network.dt_s,
        formats=core or own,
        inputs=tuple(context.inputs.values()),
        populations=tuple(populations),
        probes=tuple(
            Probe(p.name, p.population, p.kind == "spikes", p.scale) for p in network.probes
        ),
        relays=tuple(Relay(r.name, r.population, r.first, r.size) for r in network.relays),
    )


def _prepare(network: FoldedNetwork, precision: Precision, core: Formats | None) -> _Context:
    kinds = tuple(p.neurons for p in network.populations if p.neurons is not None)
    if not kinds:
        raise ModelError("the model has no ensemble, found only inputs and probes; add one")
    if not network.inputs:
        raise ModelError(
            "the model has no input, and a run takes its length from one; add an input of size 1, "
            "it need not be connected to anything"
        )
    inputs = {i.name: quantize_input(i, precision.input_bits) for i in network.inputs}
    leaks = choose_leak_format(network.connections)
    if core is not None:
        precision = replace(precision, weight_bits=core.weight_bits, voltage_bits=core.voltage_frac)
    neurons = choose_neuron_formats(kinds, network.dt_s, precision.voltage_bits)
    if core is not None:
        leaks, neurons = _given_points(leaks, neurons, core)
    return _Context(
        network=network,
        precision=precision,
        inputs=inputs,
        tops=_tops(network, inputs, neurons.most_spikes),
        leaks=leaks,
        neurons=neurons,
    )


def _given_points(
    leaks: FixedPoint, neurons: NeuronFormats, core: Formats
) -> tuple[FixedPoint, NeuronFormats]:
    """Take the binary points of a core, if they hold the constants.

    Raises
    ------
    FormatError
        A synapse or a membrane is too fast for them.
    """
    finest = {
        "leak_frac": leaks.frac,
        "decay_frac": neurons.lif.decay_frac,
        "ratio_frac": neurons.lif.ratio_frac,
    }
    for name, frac in finest.items():
        if frac < getattr(core, name):
            raise FormatError(
                f"a synapse or membrane is too fast for the core: its {name} is "
                f"{getattr(core, name)}, the network's constants leave {frac} bits; leave --core "
                "out, so that a core is made for the network"
            )
    lif = LifFormats(core.decay_frac, core.ratio_frac, neurons.lif.offset_bits)
    return replace(leaks, frac=core.leak_frac), replace(neurons, lif=lif)


def _tops(
    network: FoldedNetwork, inputs: Mapping[str, InputPort], most_spikes: int
) -> dict[str, CodeArray]:
    tops = {
        name: np.maximum(np.abs(port.low_code), np.abs(port.high_code))
        for name, port in inputs.items()
    }
    for population in network.populations:
        most = most_spikes if isinstance(population.neurons, RectifiedNeurons) else 1
        tops[population.name] = np.full(population.size, most)
    return tops


def _draft_sums(context: _Context) -> tuple[dict[str, SumDraft], int]:
    """Draft all sums; return them and the most spikes of any neuron in one step.

    What a counting neuron can send depends on what it can get, so its bound gets tighter as
    those of its sources do. Where neurons drive each other in a circle the largest current is
    the bound.
    """
    populations = context.network.populations
    counting = [p.name for p in populations if isinstance(p.neurons, RectifiedNeurons)]
    tops = dict(context.tops)
    for _ in range(1 + len(counting)):
        sums = _draft_all(replace(context, tops=tops))
        tighter = {n: np.minimum(tops[n], _most_spikes(sums[n], context)) for n in counting}
        if all(np.array_equal(tighter[n], tops[n]) for n in counting):
            break
        tops |= tighter
    return sums, max([LEAST_COUNTED * bool(counting), 1, *(int(tops[n].max()) for n in counting)])


def _draft_all(context: _Context) -> dict[str, SumDraft]:
    """Draft the gangs first: what can arrive there bounds what those who take it get."""
    network = context.network
    sums: dict[str, SumDraft] = {}
    gangs = [p for p in network.populations if p.name in network.gangs]
    others = [p for p in network.populations if p.name not in network.gangs]
    for populations in (gangs, others):
        relays = relay_codes(network, sums) if sums else {}
        tops = {**context.tops, **{name: codes.top for name, codes in relays.items()}}
        known = replace(context, tops=tops, relays=relays)
        drafts = all_of(partial(_draft_sum, p, known) for p in populations)
        sums |= {p.name: s for p, s in zip(populations, drafts, strict=True)}
    return sums


def _most_spikes(drafted: SumDraft, context: _Context) -> CodeArray:
    """Whole thresholds in the largest current, and one for what the voltage held."""
    whole = np.ldexp(sum_bound(drafted), -context.neurons.voltage.frac)
    return np.floor(np.minimum(whole, context.neurons.most_spikes)).astype(np.int64) + 1


def _draft_sum(population: FoldedPopulation, context: _Context) -> SumDraft:
    unit = current_unit(population.neurons, context.network.dt_s)
    values: dict[str, ValueSource] = {**context.inputs, **context.relays}
    scaled = all_of(
        partial(scale, replace(c, weights=c.weights * unit), values, context.leaks)
        for c in context.network.connections
        if c.post == population.name
    )
    output_frac = _output_frac(population, scaled, context)
    finest = coarsest_useful(output_frac)
    groups: tuple[Sequence[Scaled], ...] = group(scaled)
    if population.name in context.network.gangs:
        whole_bits = READOUT_BITS - 2 - output_frac
        output_frac = relay_frac(population.name, whole_bits, context.network, context.precision)
        groups = refined(groups, context.tops, context.precision.weight_bits, finest)
    bits = context.precision.weight_bits
    return SumDraft(
        compartments=tuple(stage for g in groups for stage in draft(g, context.tops, bits, finest)),
        bias_code=_bias_code(population.bias * unit, output_frac),
        output_frac=output_frac,
    )


def _bias_code(bias: FloatArray, output_frac: CodeArray) -> CodeArray:
    """Round; what is too large for any sum of currents stays so, without overflow."""
    codes = np.rint(np.ldexp(bias, output_frac.astype(np.int32)))
    limit = 2.0**MAX_SUM_BITS
    return np.clip(codes, -limit, limit).astype(np.int64)


def _output_frac(
    population: FoldedPopulation, scaled: Sequence[Scaled], context: _Context
) -> CodeArray:
    """Binary point of each neuron's sum: the voltage's, or the finest that a readout can have."""
    if population.neurons is not None:
        return np.full(population.size, context.neurons.voltage.frac)
    total = np.abs(population.bias)
    for connection in scaled:
        gain = sum(stage.gain * 2.0**-stage.lift for stage in connection.stages)
        total = total + np.abs(connection.weights) @ context.tops[connection.pre] * gain
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
        _compartment(d, k, shift_codes(d, drafts.output_frac, formats))
        for k, d in enumerate(drafts.compartments)
    )
    common = Population(population.name, level, drafts.bias_code, drafts.output_frac, compartments)
    if population.neurons is None:
        return replace(common, relayed=population.name in context.network.gangs)
    dt_s = context.network.dt_s
    state = encode_state(population, population.neurons, dt_s, context.neurons)
    return Population(
        population.name,
        level,
        drafts.bias_code,
        drafts.output_frac,
        compartments,
        neurons=encode_neurons(population.neurons, dt_s, context.neurons),
        voltage_init_code=state.voltage,
        overshoot_init_code=state.overshoot,
        refractory_init_code=state.refractory,
    )


def _compartment(given: Draft, index: int, shift_code: CodeArray) -> Compartment:
    stage, coupling = given.stage, None
    if stage.coupling is not None:
        assert given.partner is not None
        partner = index + given.partner
        coupling = Coupling(partner, stage.coupling.code, stage.coupling.negative)
    return Compartment(
        stage.leak_code, given.delay, given.held, shift_code, given.projections, coupling
    )


def _formats(
    context: _Context, sums: SumFormats, populations: list[Population], most_spikes: int
) -> Formats:
    spiking = [p for p in populations if p.neurons is not None]
    counters = [p.neurons.hold_steps for p in spiking if p.neurons is not None]
    counters += [
        int(p.refractory_init_code.max()) for p in spiking if p.refractory_init_code is not None
    ]
    neurons = context.neurons
    current_bits = min(
        neurons.voltage.frac + neurons.current_whole_bits, max(sums.sum_bits, neurons.voltage.bits)
    )
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
        current_bits=current_bits,
        voltage_bits=neurons.voltage.bits,
        voltage_frac=neurons.voltage.frac,
        decay_frac=neurons.lif.decay_frac,
        ratio_frac=neurons.lif.ratio_frac,
        offset_bits=neurons.lif.offset_bits,
        refractory_bits=max(2, max(counters).bit_length()),
        count_bits=most_spikes.bit_length(),
    )
