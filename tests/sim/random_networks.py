"""Small random networks and core shapes, the same for the same seed."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.factor import slice_places
from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation, FoldedProbe, FoldedRelay
from nef2hw.compiler.neurons import current_unit
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.model.network import IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.model.synapses import Alpha, Lowpass
from tests.sim.networks import DT_S, RINGING, connection, spike_input, value_input

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
    for one in (
        *_from_inputs(inputs, [*ensembles, *readouts], rng),
        *_chain(ensembles, rng),
        *_among(ensembles, rng),
        *_into(readouts, ensembles, rng),
    ):
        key = (one.pre, one.post, one.filter, one.delay)
        connections.setdefault(key, one)
    order = rng.permutation(len(ensembles))
    network = FoldedNetwork(
        DT_S,
        tuple(inputs),
        (*(ensembles[k] for k in order), *readouts),
        tuple(connections.values()),
        (
            *(FoldedProbe(r.name.removeprefix("probes/"), "readout", r.name) for r in readouts),
            *(FoldedProbe(e.name, "spikes", e.name, 1 / DT_S) for e in ensembles),
        ),
    )
    rng = np.random.default_rng([seed, 2])
    return with_relays(network, ensembles, rng) if rng.random() < 0.5 else network


def with_relays(network, ensembles, rng):
    """Add relays of inputs and of what ensembles sent before, and some of what they send now."""
    later = [*ensembles[1:]]
    gangs = [_gang("gangs/0", [*network.inputs], ensembles, ensembles, rng)]
    if later and rng.random() < 0.6:
        gangs.append(_gang("gangs/1", ensembles[:1], [], later, rng))
    return replace(
        network,
        populations=(*network.populations, *(gang[0] for gang in gangs)),
        relays=tuple(relay for gang in gangs for relay in gang[1]),
        connections=(*network.connections, *(one for gang in gangs for one in gang[2])),
    )


def _gang(name, present, past, posts, rng):
    """A population with relays to some of ``posts``, from sources ``present`` and ``past``."""
    takers = [posts[k] for k in rng.permutation(len(posts))[: rng.integers(1, 4)]]
    sizes = [int(rng.choice((1, 2, 5, 16, 20))) for _ in takers]
    firsts, size = slice_places(sizes)
    gang = FoldedPopulation(name, np.zeros(size), None)
    # What belongs to no relay has no value, as the compiler has it.
    relayed = np.zeros((size, 1), dtype=bool)
    for first, count in zip(firsts, sizes, strict=True):
        relayed[first : first + count] = True
    relays = [
        FoldedRelay(f"{name}/{post.name}", name, first, count, float(rng.choice((0.3, 1.0, 4.0))))
        for post, first, count in zip(takers, firsts, sizes, strict=True)
    ]
    connections = {}
    for pre in (*present, *past):
        synapse, delay = _synapse(rng, pre not in past)
        if pre not in past and pre.name.startswith("e"):
            synapse, delay = None, 0
        one = _connect(pre, gang, synapse, delay, rng)
        one = replace(one, weights=one.weights * relayed)
        connections[pre.name, one.filter, delay] = one
    for post, relay in zip(takers, relays, strict=True):
        values = FoldedPopulation(relay.name, np.zeros(relay.size), None)
        connections[relay.name] = _connect(values, post, None, 0, rng)
    return gang, relays, connections.values()


def random_program(seed):
    """A random network for a core of random shape and precision."""
    rng = np.random.default_rng([seed, 1])
    precision = Precision(
        weight_bits=int(rng.choice((3, 8, 8, 13))),
        voltage_bits=[None, None, 10][rng.integers(3)],
        input_bits=int(rng.choice((1, 4, 10, 16))),
    )
    lanes, interval = int(rng.integers(1, 17)), int(rng.choice((1, 1, 2, 8)))
    together = int(rng.choice((1, 8, 1, 2, 4))) if interval == 1 else 1
    shape = CoreShape(
        lanes=-(-lanes // together) * together,
        neuron_lanes=together,
        neuron_interval=interval,
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
    kind = _neurons(rng)
    resting = rng.random(size) < 0.4
    remaining_s = None
    if isinstance(kind, LifNeurons):
        longest = kind.tau_ref_s + DT_S
        remaining_s = np.where(resting, rng.uniform(0, longest, size), 0.0)
    return FoldedPopulation(
        name,
        rng.uniform(0.5, 4.0, size) / current_unit(kind, DT_S) * unlike(kind),
        kind,
        voltage_init=np.where(resting, 0.0, rng.uniform(0, 0.999, size)),
        refractory_init_s=remaining_s,
    )


def _neurons(rng):
    """Leaky neurons mostly, of every kind now and then."""
    lowest = float(rng.choice((0.0, 0.0, -0.5, -2.0)))
    if rng.random() < 0.5:
        tau_ref_s = float(rng.choice((0.0, 0.0003, 0.001, 0.0012, 0.002, 0.0051)))
        return LifNeurons(float(rng.choice((0.004, 0.02, 0.1))), tau_ref_s, min_voltage=lowest)
    return (
        LifNeurons(0.01, 0.0015, min_voltage=lowest, discretization="euler"),
        LifNeurons(0.03, 0.0, min_voltage=lowest, reset="subtract"),
        IfNeurons(min_voltage=lowest),
        IfNeurons(min_voltage=lowest, reset="subtract"),
        RectifiedNeurons(),
        RectifiedNeurons(),
    )[rng.integers(6)]


def unlike(kind):
    """Factor that lets neurons without leak spike about as often as leaky ones."""
    return 1.0 if isinstance(kind, LifNeurons) else 0.2


def _weights(post, pre, synapse, rng):
    """Weights that move neurons without silencing them for good."""
    tau_s = getattr(synapse, "tau_s", 0.04 if synapse else 0.0)
    scale = rng.choice((0.3, 1.0, 3.0)) * (1 + tau_s / DT_S / 3)
    if post.neurons is not None:
        scale *= unlike(post.neurons) / current_unit(post.neurons, DT_S)
    weights = rng.normal(0, scale / np.sqrt(pre.size), (post.size, pre.size))
    return weights * (rng.random(weights.shape) < rng.choice((0.5, 1.0)))


def _connect(pre, post, synapse, delay, rng):
    weights = _weights(post, pre, synapse, rng)
    found = connection(pre.name, post.name, weights, synapse, delay)
    return replace(found, name=f"{found.name}-{delay}")


def _synapse(rng, may_be_immediate):
    """A synapse and a delay."""
    taus_s = (0.0, 0.002, 0.005, 0.03, 0.2)
    synapse = (None, *map(Lowpass, taus_s), Alpha(0.003), Alpha(0.04), RINGING)[rng.integers(9)]
    if not may_be_immediate:
        return synapse, 1
    return synapse, int(rng.random() < (0.2 if synapse is None else 0.6))


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
