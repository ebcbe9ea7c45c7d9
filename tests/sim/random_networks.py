"""Small random networks and core shapes, the same for the same seed."""

from itertools import pairwise

import numpy as np

from nef2hw.compiler.assemble import CoreShape, assemble
from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
)
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import LifNeurons
from tests.sim.networks import DT_S, lowpass, spike_input, value_input

#: Sizes about the words of planes, of results and of lanes.
INPUT_SIZES = (1, 2, 5, 16, 17, 35)
POPULATION_SIZES = (1, 1, 2, 7, 16, 20, 33)
RANGES = ((-1.0, 1.0), (-2.0, 0.5), (0.0, 1.0), (0.25, 3.0), (0.0, 0.0))


def random_network(seed):
    """Up to 3 inputs, 4 ensembles and 2 readouts, joined at random."""
    rng = np.random.default_rng(seed)
    inputs = [_input(f"in{k}", rng) for k in range(rng.integers(1, 4))]
    ensembles = [_ensemble(f"e{k}", rng) for k in range(rng.integers(1, 5))]
    count = rng.integers(0, 3)
    sizes = rng.choice((1, 3, 17), count)
    readouts = [
        FoldedPopulation(f"probes/r{k}", rng.normal(size=n), None) for k, n in enumerate(sizes)
    ]
    connections = {}
    for connection in (
        *_from_inputs(inputs, [*ensembles, *readouts], rng),
        *_chain(ensembles, rng),
        *_among(ensembles, rng),
        *_into(readouts, ensembles, rng),
    ):
        key = (connection.pre, connection.post, connection.filter, connection.delay)
        connections.setdefault(key, connection)
    order = rng.permutation(len(ensembles))
    return FoldedNetwork(
        DT_S,
        tuple(inputs),
        (*(ensembles[k] for k in order), *readouts),
        tuple(connections.values()),
        (
            *(FoldedProbe(r.name.removeprefix("probes/"), "readout", r.name) for r in readouts),
            *(FoldedProbe(e.name, "spikes", e.name, 1 / DT_S) for e in ensembles),
        ),
    )


def random_program(seed):
    """A random network for a core of random shape and precision."""
    rng = np.random.default_rng([seed, 1])
    precision = Precision(
        weight_bits=int(rng.choice((3, 8, 8, 13))),
        voltage_bits=[None, None, 10][rng.integers(3)],
        input_bits=int(rng.choice((1, 4, 10, 16))),
    )
    shape = CoreShape(
        lanes=int(rng.integers(1, 17)),
        neuron_interval=int(rng.choice((1, 1, 2, 8))),
        weight_memory=str(rng.choice(("block", "huge"))),
        distributed_words=int(rng.choice((0, 16))),
    )
    return assemble(quantize(random_network(seed), precision), shape)


def _input(name, rng):
    size = int(rng.choice(INPUT_SIZES))
    if rng.random() < 0.4:
        return spike_input(name, size)
    return value_input(name, size, *RANGES[rng.integers(len(RANGES))])


def _ensemble(name, rng):
    size = int(rng.choice(POPULATION_SIZES))
    tau_ref_s = float(rng.choice((0.0, 0.0003, 0.001, 0.0012, 0.002, 0.0051)))
    tau_rc_s = float(rng.choice((0.004, 0.02, 0.1)))
    lif = LifNeurons(tau_rc_s, tau_ref_s, min_voltage=float(rng.choice((0.0, 0.0, -0.5, -2.0))))
    resting = rng.random(size) < 0.4
    return FoldedPopulation(
        name,
        rng.uniform(0.5, 4.0, size),
        lif,
        voltage_init=np.where(resting, 0.0, rng.uniform(0, 0.999, size)),
        refractory_init_s=np.where(resting, rng.uniform(0, tau_ref_s + DT_S, size), 0.0),
    )


def _weights(post, pre, tau_s, rng):
    """Weights that move neurons without silencing them for good."""
    scale = rng.choice((0.3, 1.0, 3.0)) * (1.0 if not tau_s else 1 + tau_s / DT_S / 3)
    weights = rng.normal(0, scale / np.sqrt(pre.size), (post.size, pre.size))
    return weights * (rng.random(weights.shape) < rng.choice((0.5, 1.0)))


def _connect(pre, post, tau_s, delay, rng):
    name = f"{pre.name}-{post.name}-{tau_s}-{delay}"
    weights = _weights(post, pre, tau_s, rng)
    return FoldedConnection(name, pre.name, post.name, weights, lowpass(tau_s), delay)


def _synapse(rng, may_be_immediate):
    """A time constant and a delay."""
    tau_s = [None, 0.0, 0.002, 0.005, 0.03, 0.2][rng.integers(6)]
    if not may_be_immediate:
        return tau_s or 0.0, 1
    return tau_s, int(tau_s is not None and (tau_s == 0 or rng.random() < 0.6))


def _from_inputs(inputs, populations, rng):
    """Every input goes somewhere, nowhere, or twice into one population."""
    for given in inputs:
        for _ in range(rng.integers(0, 4)):
            post = populations[rng.integers(len(populations))]
            yield _connect(given, post, *_synapse(rng, True), rng)
    if rng.random() < 0.5:
        for given in inputs:
            yield _connect(given, populations[0], *_synapse(rng, True), rng)


def _chain(ensembles, rng):
    """Now and then every ensemble drives the next within the step."""
    if rng.random() < 0.5:
        for pre, post in pairwise(ensembles):
            yield _connect(pre, post, None, 0, rng)


def _among(ensembles, rng):
    """Recurrence is delayed; forward connections may be immediate."""
    for _ in range(rng.integers(0, 2 * len(ensembles) + 1)):
        pre, post = rng.integers(len(ensembles), size=2)
        yield _connect(ensembles[pre], ensembles[post], *_synapse(rng, bool(pre < post)), rng)


def _into(readouts, ensembles, rng):
    for readout in readouts:
        for _ in range(rng.integers(0, 4)):
            pre = ensembles[rng.integers(len(ensembles))]
            yield _connect(pre, readout, *_synapse(rng, True), rng)
