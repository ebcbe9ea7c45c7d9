"""Leaky integrate-and-fire neurons alone, in integers and in float, on the same currents."""

import numpy as np

from nef2hw.compiler.folded import FoldedConnection, FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.compiler.neurons import choose_neuron_formats, encode_neurons, encode_state
from nef2hw.program.network import Formats
from nef2hw.sim.golden import NeuronState, neuron_step
from nef2hw.sim.reference import simulate_reference
from tests.sim.networks import value_input

DT_S = 0.001


def lif_formats(lif, frac, dt_s=DT_S):
    """Return the formats of ``lif``, those of synapses as small as can be."""
    chosen = choose_neuron_formats((lif,), dt_s, frac)
    formats = Formats(
        weight_bits=2,
        accumulator_bits=2,
        filter_bits=2,
        guard_bits=0,
        leak_frac=16,
        align_bits=0,
        shift_bits=1,
        sum_bits=40,
        bias_bits=2,
        current_bits=frac + 8,
        voltage_bits=chosen.voltage.bits,
        voltage_frac=frac,
        decay_frac=chosen.lif.decay_frac,
        ratio_frac=chosen.lif.ratio_frac,
        offset_bits=chosen.lif.offset_bits,
        refractory_bits=8,
        count_bits=8,
    )
    return chosen, formats


def integer_spikes(lif, currents, frac, dt_s=DT_S, voltage_init=None, refractory_init_s=None):
    """Run ``neuron_step`` on (steps, n) real currents; return spikes, voltage codes."""
    chosen, formats = lif_formats(lif, frac, dt_s)
    population = FoldedPopulation("a", currents[0], lif, voltage_init, refractory_init_s)
    start = encode_state(population, lif, dt_s, chosen)
    state = NeuronState(start.voltage, start.overshoot, start.refractory)
    codes = encode_neurons(lif, dt_s, chosen)
    spikes, voltages = [], []
    for row in formats.current.encode(currents):
        state, fired = neuron_step(state, row, codes, formats)
        spikes.append(fired)
        voltages.append(state.voltage)
    return np.array(spikes), np.array(voltages)


def float_spikes(lif, currents, dt_s=DT_S, voltage_init=None, refractory_init_s=None):
    """Run the float reference, Nengo's formula, on (steps, n) currents."""
    size = currents.shape[1]
    network = FoldedNetwork(
        dt_s,
        (value_input("j", size, -200.0, 200.0),),
        (FoldedPopulation("a", np.zeros(size), lif, voltage_init, refractory_init_s),),
        (FoldedConnection("j-a", "j", "a", np.eye(size), None, 0),),
        (FoldedProbe("spikes", "spikes", "a", 1.0),),
    )
    return simulate_reference(network, {"j": currents}).spikes["a"].astype(np.int64)
