"""Between users' units and what the core receives and sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nef2hw.program.fixed_point import CodeArray, FloatArray
from nef2hw.program.memory import BeatArray, MemoryId, beats_to_words
from nef2hw.program.network import FRACTION_BITS, InputPort, Population, Probe, QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.program.words import (
    COUNT_BITS,
    RESULT_BITS,
    Fields,
    filter_fields,
    membrane_fields,
    unpack,
    width_of,
)


def encode_inputs(
    network: QuantizedNetwork, stimulus: Mapping[str, FloatArray]
) -> dict[str, CodeArray]:
    """Turn (steps, size) reals of every input into codes, saturated to the declared range."""
    codes = {}
    for port in network.inputs:
        rounded = _rounded(stimulus[port.name], port)
        codes[port.name] = np.clip(rounded, port.low_code, port.high_code).astype(np.int64)
    return codes


def count_saturated_inputs(
    network: QuantizedNetwork, stimulus: Mapping[str, FloatArray]
) -> dict[str, int]:
    """Count the values of every input that lie outside its declared range."""
    counts = {}
    for port in network.inputs:
        rounded = _rounded(stimulus[port.name], port)
        outside = (rounded < port.low_code) | (rounded > port.high_code)
        counts[port.name] = int(np.count_nonzero(outside))
    return counts


def _rounded(values: FloatArray, port: InputPort) -> FloatArray:
    """Turn values of an input into whole numbers of its steps, halves to even."""
    rounded: FloatArray = np.rint(values / port.step)
    return rounded


def probe_values(
    network: QuantizedNetwork,
    spikes: Mapping[str, CodeArray],
    readouts: Mapping[str, CodeArray],
    probes: Sequence[Probe] | None = None,
) -> dict[str, FloatArray]:
    """Turn spikes and readout codes, (..., n) each, into the probes' values in model units.

    Parameters
    ----------
    probes
        By default all of the network.
    """
    values: dict[str, FloatArray] = {}
    for probe in network.probes if probes is None else probes:
        if probe.spiking:
            values[probe.name] = spikes[probe.population].astype(np.float64) * probe.scale
        else:
            frac = network.population(probe.population).output_frac
            values[probe.name] = np.ldexp(
                readouts[probe.population].astype(np.float64), -frac.astype(np.int32)
            )
    return values


def decode_results(
    program: Program, words: BeatArray
) -> tuple[dict[str, CodeArray], dict[str, FloatArray]]:
    """Split the result words of one step, less the cycle count, into spikes and probes.

    Returns
    -------
    spikes : (n,) zeros and ones, or counts, by population
    probes : (size,) in model units by probe
    """
    results = population_results(program, words)
    spikes = {p.name: results[p.name] for p in program.network.populations if p.neurons is not None}
    return spikes, probe_values(program.network, spikes, results)


def population_results(program: Program, words: BeatArray) -> dict[str, CodeArray]:
    """Split the result words of one step, less the cycle count, by population.

    Returns
    -------
    dict of (n,) int64
        Zeros and ones, or counts, of neurons; codes of readouts.
    """
    results: dict[str, CodeArray] = {}
    place = 0
    for population in program.network.populations:
        count = result_words(population, program.config.neuron_lanes)
        part = np.ascontiguousarray(words[place : place + count], dtype="<u4")
        place += count
        if population.relayed:
            continue
        if population.neurons is None:
            codes = part.view("<i4")
        elif population.neurons.count:
            codes = part.view(np.uint8)
        else:
            codes = np.unpackbits(part.view(np.uint8), bitorder="little")
        results[population.name] = codes[: population.size].astype(np.int64)
    return results


def result_words(population: Population, neuron_lanes: int) -> int:
    """Number of result words that a population sends in a step: whole rows of neurons.

    Values that are relayed stay in the core.
    """
    if population.relayed:
        return 0
    neurons = -(-population.size // neuron_lanes) * neuron_lanes
    if population.neurons is None:
        return neurons
    return -(-neurons * (COUNT_BITS if population.neurons.count else 1) // RESULT_BITS)


def decode_states(program: Program, dumps: Mapping[MemoryId, BeatArray]) -> dict[str, CodeArray]:
    """Name the states in dumps of the state memories, (depth, beats) each.

    Returns
    -------
    dict of (n,) int64
        ``<population>/voltage``, ``/overshoot``, ``/refractory`` and
        ``<population>/<compartment>/filter``.
    """
    config = program.config
    fields = {
        MemoryId.FILTER: filter_fields(config),
        MemoryId.MEMBRANE: membrane_fields(config),
        MemoryId.OVERSHOOT: {"overshoot": FRACTION_BITS},
    }
    found = {
        memory: _unpack_rows(beats_to_words(dumps[memory]), layout, config.neuron_lanes)
        for memory, layout in fields.items()
    }
    states: dict[str, CodeArray] = {}
    row, slot_row = 0, 0
    for population in sorted(program.network.populations, key=lambda p: p.neurons is None):
        if population.neurons is None:
            break
        rows = -(-population.size // config.neuron_lanes)
        for memory in (MemoryId.MEMBRANE, MemoryId.OVERSHOOT):
            for name, codes in found[memory].items():
                mine = codes[row : row + rows].ravel()[: population.size]
                states[f"{population.name}/{name}"] = mine
        voltage = f"{population.name}/voltage"
        states[voltage] = _signed(states[voltage], config.formats.voltage_bits)
        row += rows
    filtered = _signed(found[MemoryId.FILTER]["state"], config.formats.filter_bits)
    for population in program.network.populations:
        rows = -(-population.size // config.neuron_lanes)
        for k in range(max(1, len(population.compartments))):
            mine = filtered[slot_row : slot_row + rows].ravel()[: population.size]
            slot_row += rows
            if population.compartments:
                states[f"{population.name}/{k}/filter"] = mine
    return states


def _unpack_rows(words: Sequence[int], fields: Fields, lanes: int) -> dict[str, CodeArray]:
    """Split rows of ``lanes`` words with ``fields`` each, the first one lowest: (rows, lanes)."""
    width = width_of(fields)
    parts = [unpack(fields, word >> (width * k)) for word in words for k in range(lanes)]
    return {
        name: np.array([part[name] for part in parts], dtype=np.int64).reshape(-1, lanes)
        for name in fields
    }


def _signed(codes: CodeArray, bits: int) -> CodeArray:
    half = np.int64(1) << (bits - 1)
    signed: CodeArray = (codes ^ half) - half
    return signed
