"""Networks of Nengo whose connections are factored do what Nengo does, in integers too."""

import nengo
import numpy as np
import pytest

from nef2hw.compiler.factor import Factoring
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.program.decode import encode_inputs
from nef2hw.sim.golden_runs import run_golden
from tests.frontends.nengo.comparison import assert_exact, run, signal


def oscillator():
    kick = nengo.Node(lambda t: float(t < 0.1), label="kick")
    ring = nengo.Ensemble(300, 2, label="ring", radius=1.2)
    turn = 2 * np.pi * 5 * 0.1
    nengo.Connection(kick, ring[0], synapse=None)
    nengo.Connection(ring, ring, transform=[[1.1, -turn], [turn, 1.1]], synapse=0.1)
    nengo.Probe(ring, synapse=0.03, label="ring")


def arrays():
    mixing = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    a, b = (nengo.networks.EnsembleArray(80, 4, label=name) for name in "ab")
    nengo.Connection(signal(4), a.input, synapse=None)
    nengo.Connection(a.output, b.input, transform=mixing, synapse=nengo.Alpha(0.01))
    nengo.Connection(b.output, b.input, transform=0.5 * mixing.T, synapse=0.05)
    nengo.Connection(a.output, b.input[::-1], transform=0.3, synapse=None)
    nengo.Probe(b.output, synapse=0.02, label="b")


NETWORKS = {oscillator: ["ring"], arrays: [f"b_{k}" for k in range(4)]}


def built(network):
    with nengo.Network(seed=3) as model:
        network()
    return model


@pytest.mark.filterwarnings("ignore:.*has already been built")
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_every_spike_and_value_is_nengos(network, tmp_path):
    trained = assert_exact(built(network), tmp_path)
    assert [relay.name for relay in fold(trained).relays] == [
        f"relays/{name}" for name in NETWORKS[network]
    ]


@pytest.mark.filterwarnings("ignore:.*has already been built")
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_in_integers_it_is_as_near_to_nengo_as_the_dense_one(network):
    ran = run(built(network), steps=500)
    errors = []
    for factoring in (Factoring.FASTER, Factoring.NEVER):
        integers = quantize(fold(ran.network, factoring))
        trace = run_golden(integers, encode_inputs(integers, ran.stimulus))
        for label, values in ran.probes.items():
            errors.append(np.sqrt(np.mean((trace.probes[label] - values) ** 2)))
    assert errors[0] < max(1.3 * errors[1], 0.02 * np.abs(ran.probes[label]).max())
