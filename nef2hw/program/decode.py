"""Between users' units and what the core receives and sends."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nef2hw.program.fixed_point import CodeArray, FloatArray
from nef2hw.program.memory import BeatArray, MemoryId, beats_to_words
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.program.words import COUNT_BITS, RESULT_BITS, filter_fields, membrane_fields, unpack


def encode_inputs(
    network: QuantizedNetwork, stimulus: Mapping[str, FloatArray]
) -> dict[str, CodeArray]:
    """Turn (steps, size) reals of every input into codes, saturated to the declared range."""
    codes = {}
    for port in network.inputs:
        rounded = np.rint(stimulus[port.name] / port.step)
        codes[port.name] = np.clip(rounded, port.low_code, port.high_code).astype(np.int64)
    return codes


def count_saturated_inputs(
    network: QuantizedNetwork, stimulus: Mapping[str, FloatArray]
) -> dict[str, int]:
    """Count the values of every input that lie outside its declared range."""
    counts = {}
    for port in network.inputs:
        rounded = np.rint(stimulus[port.name] / port.step)
        outside = (rounded < port.low_code) | (rounded > port.high_code)
        counts[port.name] = int(np.count_nonzero(outside))
    return counts


def probe_values(
    network: QuantizedNetwork,
    spikes: Mapping[str, CodeArray],
    readouts: Mapping[str, CodeArray],
) -> dict[str, FloatArray]:
    """Turn spikes and readout codes, (..., n) each, into the probes' values in model units."""
    values: dict[str, FloatArray] = {}
    for probe in network.probes:
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
    spikes: dict[str, CodeArray] = {}
    readouts: dict[str, CodeArray] = {}
    place = 0
    for population in program.network.populations:
        count = result_words(population)
        part = np.ascontiguousarray(words[place : place + count], dtype="<u4")
        place += count
        if population.neurons is None:
            readouts[population.name] = part.view("<i4").astype(np.int64)
        elif population.neurons.count:
            spikes[population.name] = part.view(np.uint8)[: population.size].astype(np.int64)
        else:
            bits = np.unpackbits(part.view(np.uint8), bitorder="little")
            spikes[population.name] = bits[: population.size].astype(np.int64)
    return spikes, probe_values(program.network, spikes, readouts)


def result_words(population: Population) -> int:
    """Number of result words that a population sends in a step."""
    if population.neurons is None:
        return population.size
    return -(-population.size * (COUNT_BITS if population.neurons.count else 1) // RESULT_BITS)


def decode_states(program: Program, dumps: Mapping[MemoryId, BeatArray]) -> dict[str, CodeArray]:
    """Name the states in dumps of the state memories, (depth, beats) each.

    Returns
    -------
    dict of (n,) int64
        ``<population>/voltage``, ``/overshoot``, ``/refractory`` and
        ``<population>/<compartment>/filter``.
    """
    formats = program.config.formats
    membrane = beats_to_words(dumps[MemoryId.MEMBRANE])
    overshoot = beats_to_words(dumps[MemoryId.OVERSHOOT])
    slots = beats_to_words(dumps[MemoryId.FILTER])
    fields, slot_fields = membrane_fields(program.config), filter_fields(program.config)
    states: dict[str, CodeArray] = {}
    neuron, slot = 0, 0
    for population in sorted(program.network.populations, key=lambda p: p.neurons is None):
        if population.neurons is None:
            break
        words = [unpack(fields, w) for w in membrane[neuron : neuron + population.size]]
        voltage = np.array([w["voltage"] for w in words], dtype=np.int64)
        states[f"{population.name}/voltage"] = _signed(voltage, formats.voltage_bits)
        states[f"{population.name}/refractory"] = np.array([w["refractory"] for w in words])
        codes = overshoot[neuron : neuron + population.size]
        states[f"{population.name}/overshoot"] = np.array(codes, dtype=np.int64)
        neuron += population.size
    for population in program.network.populations:
        for k in range(max(1, len(population.compartments))):
            codes = [unpack(slot_fields, w)["state"] for w in slots[slot : slot + population.size]]
            slot += population.size
            if population.compartments:
                name = f"{population.name}/{k}/filter"
                states[name] = _signed(np.array(codes, dtype=np.int64), formats.filter_bits)
    return states


def _signed(codes: CodeArray, bits: int) -> CodeArray:
    half = np.int64(1) << (bits - 1)
    signed: CodeArray = (codes ^ half) - half
    return signed
