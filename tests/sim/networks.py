"""Small folded networks that between them use everything a core can do."""

import numpy as np

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
    FoldedRelay,
)
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.model.network import IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass

DT_S = 0.001

SIZES_OF_GANGS = {"gangs/0": 35, "gangs/1": 5}


def value_input(name, size, low=-1.0, high=1.0):
    return FoldedInput(name, size, "value", np.full(size, low), np.full(size, high))


def spike_input(name, size):
    return FoldedInput(name, size, "spike", np.zeros(size), np.ones(size))


def neurons(name, size, rng, tau_ref_s=0.002, tau_rc_s=0.02, min_voltage=0.0):
    return FoldedPopulation(
        name,
        rng.uniform(0.5, 3.0, size),
        LifNeurons(tau_rc_s, tau_ref_s, min_voltage=min_voltage),
        voltage_init=rng.uniform(0, 0.99, size),
        refractory_init_s=np.where(rng.random(size) < 0.3, rng.uniform(0, tau_ref_s, size), 0.0),
    )


def connection(pre, post, weights, synapse=None, delay=None):
    """A connection through a synapse: a time constant, a synapse, or None."""
    if delay is None:
        delay = 0 if synapse is None else 1
    name = f"{pre}-{post}-{getattr(synapse, 'tau_s', synapse)}"
    return FoldedConnection(name, pre, post, weights, filter_of(synapse), delay)


def filter_of(synapse):
    """Return the discrete filter of a synapse, a lowpass's time constant, or None."""
    return discretize(Lowpass(synapse) if isinstance(synapse, float) else synapse, DT_S)[0]


#: Rings at 20 Hz, with a decay time of 40 ms.
RINGING = LinearFilter(((0.967640, -0.122235), (0.122235, 0.967640)), (0.0, 1.0), (-0.128, 0.01))


def layered(seed=0, sizes=(5, 40, 33, 7)):
    """A value input, two layers joined without a filter, a filtered readout."""
    rng = np.random.default_rng(seed)
    n_in, n_a, n_b, n_out = sizes
    return FoldedNetwork(
        DT_S,
        (value_input("x", n_in),),
        (
            neurons("a", n_a, rng, tau_ref_s=0.0025),
            neurons("b", n_b, rng, tau_ref_s=0.0003),
            FoldedPopulation("probes/out", rng.normal(size=n_out), None),
        ),
        (
            connection("x", "a", rng.normal(0, 2, (n_a, n_in)), None),
            connection("a", "b", rng.normal(0, 0.6, (n_b, n_a)), None),
            connection("b", "probes/out", rng.normal(0, 1, (n_out, n_b)), 0.01),
        ),
        (
            FoldedProbe("out", "readout", "probes/out"),
            FoldedProbe("b_spikes", "spikes", "b", 1000.0),
        ),
    )


def recurrent(seed=1):
    """Value and spike inputs, recurrence, several compartments, a filter without delay."""
    rng = np.random.default_rng(seed)
    return FoldedNetwork(
        DT_S,
        (value_input("x", 3, -2.0, 1.0), spike_input("s", 37), value_input("y", 20, 0.0, 1.0)),
        (
            neurons("a", 21, rng),
            neurons("b", 50, rng, tau_ref_s=0.001, tau_rc_s=0.05, min_voltage=-1.0),
            FoldedPopulation("probes/sum", np.zeros(2), None),
            FoldedPopulation("probes/raw", np.zeros(1), None),
        ),
        (
            connection("x", "a", rng.normal(0, 1, (21, 3)), 0.005),
            connection("s", "a", rng.normal(0, 40, (21, 37)), 0.02),
            connection("y", "b", rng.normal(0, 1, (50, 20)), None),
            connection("a", "b", rng.normal(0, 8, (50, 21)), 0.005),
            connection("b", "b", rng.normal(0, 6, (50, 50)), 0.1),
            connection("b", "a", rng.normal(0, 0.2, (21, 50)), 0.0),
            connection("s", "b", rng.normal(0, 0.2, (50, 37)), 0.003, delay=0),
            connection("b", "probes/sum", rng.normal(0, 1, (2, 50)), 0.01),
            connection("a", "probes/sum", rng.normal(0, 1, (2, 21)), 0.02),
            connection("a", "probes/raw", rng.normal(0, 1, (1, 21)), None),
        ),
        (
            FoldedProbe("sum", "readout", "probes/sum"),
            FoldedProbe("raw", "readout", "probes/raw"),
        ),
    )


def second_order(seed=3):
    """Alpha and ringing synapses of values, spikes and recurrence, with and without delay."""
    rng = np.random.default_rng(seed)
    return FoldedNetwork(
        DT_S,
        (value_input("x", 3), spike_input("s", 12)),
        (
            neurons("a", 19, rng),
            neurons("b", 13, rng, tau_ref_s=0.0007),
            FoldedPopulation("probes/alpha", np.zeros(3), None),
            FoldedPopulation("probes/ringing", np.ones(2), None),
        ),
        (
            connection("x", "a", rng.normal(0, 1, (19, 3)), Alpha(0.004)),
            connection("s", "a", rng.normal(0, 90, (19, 12)), RINGING),
            connection("a", "b", rng.normal(0, 12, (13, 19)), Alpha(0.01), delay=0),
            connection("s", "b", rng.normal(0, 50, (13, 12)), 0.005),
            connection("b", "b", rng.normal(0, 9, (13, 13)), Alpha(0.05)),
            connection("b", "probes/alpha", rng.normal(0, 1, (3, 13)), Alpha(0.02)),
            connection("a", "probes/ringing", rng.normal(0, 1, (2, 19)), RINGING, delay=0),
        ),
        (
            FoldedProbe("alpha", "readout", "probes/alpha"),
            FoldedProbe("ringing", "readout", "probes/ringing"),
        ),
    )


def leakless(seed=4):
    """Counting neurons, integrators and leaky ones that subtract, in one core."""
    rng = np.random.default_rng(seed)
    per_step = 1 / DT_S
    return FoldedNetwork(
        DT_S,
        (value_input("x", 4, -2.0, 2.0), spike_input("s", 9)),
        (
            FoldedPopulation(
                "counting", rng.uniform(-0.5, 2, 37) * per_step, RectifiedNeurons(), rng.random(37)
            ),
            FoldedPopulation("resetting", rng.normal(0, 0.4, 6) * per_step, IfNeurons()),
            FoldedPopulation(
                "keeping", rng.uniform(-0.2, 1.5, 5) * per_step, IfNeurons(1.0, -3.0, "subtract")
            ),
            FoldedPopulation(
                "leaking",
                rng.uniform(0, 30, 7),
                LifNeurons(0.02, 0.0, min_voltage=-0.5, discretization="euler", reset="subtract"),
            ),
            neurons("plain", 11, rng),
            FoldedPopulation("probes/counts", np.zeros(2), None),
        ),
        (
            connection("x", "counting", rng.normal(0, 1, (37, 4)) * per_step),
            connection("counting", "counting", rng.normal(0, 0.05, (37, 37)) * per_step, 0.01),
            connection("counting", "resetting", rng.normal(0, 0.2, (6, 37)) * per_step),
            connection("s", "keeping", rng.normal(0, 0.7, (5, 9)) * per_step),
            connection("counting", "leaking", rng.normal(0, 3, (7, 37)), 0.005),
            connection("leaking", "plain", rng.normal(0, 3, (11, 7)), 0.0),
            connection("counting", "probes/counts", rng.normal(0, 1, (2, 37)), 0.02),
        ),
        (
            FoldedProbe("counts", "readout", "probes/counts"),
            FoldedProbe("spikes", "spikes", "counting", 1000.0),
        ),
    )


def relaying(seed=6):
    """Relays of one value to many, in two levels, with spikes, values, recurrence, others beside.

    The first gang has a wide relay, which begins a word, and small ones that begin within one.
    """
    rng = np.random.default_rng(seed)

    def into(pre, gang, size, parts, synapse, delay=None, scale=0.1):
        weights = np.zeros((SIZES_OF_GANGS[gang], size))
        for first, count in parts:
            weights[first : first + count] = rng.normal(0, scale, (count, size))
        return connection(pre, gang, weights, synapse, delay)

    def out_of(name, post, size, count):
        return connection(f"relays/{name}", post, rng.normal(0, 0.7, (size, count)), None)

    return FoldedNetwork(
        DT_S,
        (value_input("x", 3), spike_input("s", 9)),
        (
            neurons("a", 21, rng),
            neurons("b", 7, rng, tau_ref_s=0.001),
            neurons("c", 12, rng),
            *(FoldedPopulation(name, np.zeros(n), None) for name, n in SIZES_OF_GANGS.items()),
            FoldedPopulation("probes/out", np.zeros(2), None),
        ),
        (
            into("x", "gangs/0", 3, [(32, 2), (34, 1)], None, scale=1.0),
            into("s", "gangs/0", 9, [(0, 17)], 0.01, scale=20.0),
            into("a", "gangs/0", 21, [(0, 17), (34, 1)], 0.02, scale=8.0),
            into("c", "gangs/0", 12, [(32, 2)], 0.0),
            into("b", "gangs/1", 7, [(0, 5)], None, scale=0.7),
            out_of("a", "a", 21, 2),
            out_of("b", "b", 7, 17),
            out_of("c", "c", 12, 1),
            out_of("c too", "c", 12, 5),
            connection("x", "c", rng.normal(0, 1, (12, 3)), None),
            connection("b", "probes/out", rng.normal(0, 1, (2, 7)), 0.02),
        ),
        (FoldedProbe("out", "readout", "probes/out"),),
        (
            FoldedRelay("relays/b", "gangs/0", 0, 17, 2.0),
            FoldedRelay("relays/a", "gangs/0", 32, 2, 1.0),
            FoldedRelay("relays/c", "gangs/0", 34, 1, 0.25),
            FoldedRelay("relays/c too", "gangs/1", 0, 5, 1.0),
        ),
    )


def crowded(seed=5):
    """More inputs than there are flags for changed ones."""
    rng = np.random.default_rng(seed)
    values = [value_input(f"x{k}", 1 + k % 3) for k in range(17)]
    spikes = [spike_input(f"s{k}", 3) for k in range(3)]
    return FoldedNetwork(
        DT_S,
        (*values[:9], *spikes, *values[9:]),
        (neurons("a", 7, rng), FoldedPopulation("probes/out", np.zeros(1), None)),
        (
            *(connection(x.name, "a", rng.normal(0, 0.3, (7, x.size))) for x in values),
            *(connection(s.name, "a", rng.normal(0, 40, (7, 3)), 0.01) for s in spikes),
            connection("a", "probes/out", rng.normal(0, 1, (1, 7)), 0.02),
        ),
        (FoldedProbe("out", "readout", "probes/out"),),
    )


def halving(seed=9):
    """Neurons whose voltage moves half the way to the current: every second product is a tie."""
    rng = np.random.default_rng(seed)
    return FoldedNetwork(
        DT_S,
        (value_input("x", 2),),
        (neurons("a", 12, rng, tau_rc_s=DT_S / np.log(2)),),
        (connection("x", "a", rng.normal(0, 1, (12, 2)), None),),
        (FoldedProbe("a", "spikes", "a", 1 / DT_S),),
    )


def tiny(seed=2):
    """One input value, one neuron, one readout."""
    rng = np.random.default_rng(seed)
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (neurons("a", 1, rng), FoldedPopulation("probes/out", np.zeros(1), None)),
        (
            connection("x", "a", np.array([[3.0]]), None),
            connection("a", "probes/out", np.array([[1.0]]), 0.02),
        ),
        (FoldedProbe("out", "readout", "probes/out"),),
    )


def program_of(network, lanes=8, **shape):
    """Compile a folded network for a core of that shape."""
    return assemble(quantize(network), CoreShape(lanes=lanes, **shape))


def threshold(frac=17):
    """Neurons whose voltage comes to rest within some last bits of the threshold."""
    size = 48
    bias = 1.0 + np.ldexp(np.arange(size, dtype=np.float64), -frac)
    population = FoldedPopulation("a", bias, LifNeurons(), np.full(size, 0.99))
    return FoldedNetwork(
        DT_S,
        (value_input("x", 1),),
        (population,),
        (connection("x", "a", np.zeros((size, 1))),),
        (FoldedProbe("spikes", "spikes", "a", 1000.0),),
    )
