"""Networks that come with Nengo: passthrough nodes folded away, and still exact."""

import nengo
import numpy as np
import pytest

from tests.frontends.nengo.comparison import assert_exact, signal

networks = nengo.networks


def product():
    x, product = signal(4), networks.Product(40, 2)
    nengo.Connection(x[:2], product.input_a)
    nengo.Connection(x[2:], product.input_b)
    nengo.Probe(product.output, synapse=0.01, label="product")


def circular_convolution():
    x, bound = signal(8), networks.CircularConvolution(20, 4)
    nengo.Connection(x[:4], bound.input_a)
    nengo.Connection(x[4:], bound.input_b)
    memory = networks.EnsembleArray(20, 4, label="memory")
    nengo.Connection(bound.output, memory.input, synapse=0.01)
    nengo.Probe(bound.output, synapse=0.01, label="bound")


def basal_ganglia_and_thalamus():
    x, ganglia = signal(2), networks.BasalGanglia(2, 30, input_bias=0.3)
    thalamus = networks.Thalamus(2, 20)
    nengo.Connection(x, ganglia.input)
    nengo.Connection(ganglia.output, thalamus.input)
    nengo.Probe(ganglia.output, synapse=0.01, label="selected")
    nengo.Probe(thalamus.output, label="action")


def gated_memory():
    x, memory = signal(2), networks.InputGatedMemory(20, 2)
    gate = nengo.Node(lambda t: float(t > 0.15), label="gate")
    nengo.Connection(x, memory.input)
    nengo.Connection(gate, memory.gate)
    nengo.Connection(signal(1, seed=1, label="reset"), memory.reset)
    nengo.Probe(memory.output, synapse=0.01, label="stored")


def ensemble_array():
    x, array = signal(4), networks.EnsembleArray(20, 2, ens_dimensions=2, label="array")
    squares = array.add_output("squares", np.square)
    mixed = array.add_output("mixed", [lambda v: v[0], lambda v: [v[1], v[0], v[1]]])
    inhibition = nengo.Node([-0.5] * 40, label="inhibition")
    nengo.Connection(x, array.input)
    nengo.Connection(array.output[[1, 3]], array.input[[0, 2]], transform=[[1, 0.5], [-0.5, 0.3]])
    nengo.Connection(inhibition, array.add_neuron_input(), synapse=None)
    spikes = array.add_neuron_output()
    nengo.Connection(spikes[15:25], array.neuron_input[[0, 39]], transform=np.full((2, 10), 1e-3))
    for label, node in (("squares", squares), ("mixed", mixed), ("spikes", spikes)):
        nengo.Probe(node, label=label)
    nengo.Probe(array.output[1:3], synapse=0.01, label="part")


def associative_memory():
    memory = networks.AssociativeMemory(np.eye(3), n_neurons=20, label="memory")
    memory.add_wta_network()
    memory.add_threshold_to_outputs(n_neurons=20)
    nengo.Connection(signal(3), memory.input)
    nengo.Probe(memory.output, synapse=0.01, label="recalled")


def semantic_pointers():
    spa = nengo.spa
    with spa.SPA(label="thinker") as model:
        model.a = spa.State(8, neurons_per_dimension=10)
        model.b = spa.Memory(8, neurons_per_dimension=10)
        model.cortex = spa.Cortical(spa.Actions("b = a * A"))
        model.ganglia = spa.BasalGanglia(spa.Actions("dot(a, A) --> a=B", "0.5 -->"))
        model.thalamus = spa.Thalamus(model.ganglia)
        model.stimulus = spa.Input(a=lambda t: "A" if t < 0.1 else "0")
        nengo.Probe(model.b.state.output, synapse=0.01, label="b")


def old_integrator():
    x, integrator = signal(), networks.Integrator(0.1, n_neurons=60, dimensions=1)
    nengo.Connection(x, integrator.input, synapse=0.1)
    nengo.Probe(integrator.ensemble, synapse=0.01, label="value")


def old_oscillator():
    x, oscillator = signal(2), networks.Oscillator(0.1, 10, n_neurons=60)
    nengo.Connection(x, oscillator.input)
    nengo.Probe(oscillator.ensemble, synapse=0.01, label="value")


NETWORKS = [
    product,
    circular_convolution,
    basal_ganglia_and_thalamus,
    gated_memory,
    ensemble_array,
    associative_memory,
    semantic_pointers,
]
if hasattr(networks, "Integrator"):
    NETWORKS += [old_integrator, old_oscillator]


@pytest.mark.filterwarnings("ignore:.*has already been built")
@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:nengo")
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_every_spike_and_value_is_nengos(network, tmp_path):
    with nengo.Network(seed=3) as model:
        network()
    assert_exact(model, tmp_path)
