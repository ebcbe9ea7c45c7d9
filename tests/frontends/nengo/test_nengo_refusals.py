"""What hardware cannot do: refused by name, with the cure, and all at once."""

import re

import nengo
import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo import from_nengo, transforms
from tests.frontends.nengo.comparison import assert_exact, signal


def problems(make, **options):
    """Return what from_nengo says of an input x and ensembles a and b, changed by ``make``."""
    with nengo.Network(seed=0) as model:
        model.x = signal(2)
        model.a, model.b = nengo.Ensemble(10, 2, label="a"), nengo.Ensemble(10, 2, label="b")
        make(model)
    with pytest.raises(ModelError) as refused:
        from_nengo(model, **options)
    return refused.value.problems


def problem(make, **options):
    """Return the only problem."""
    (only,) = problems(make, **options)
    return only


@pytest.mark.parametrize(
    ("neurons", "cure"),
    [
        (nengo.AdaptiveLIF(), r"AdaptiveLIF neurons, .*neuron_type=nengo.LIF\(\), which does not"),
        (nengo.LIFRate(), r"LIFRate neurons, .*nengo.LIF\(\), its spiking form"),
        (nengo.RectifiedLinear(), r"nengo.SpikingRectifiedLinear\(\), its spiking form"),
        (nengo.Sigmoid(), r"nengo.LIF\(\) or nengo.SpikingRectifiedLinear\(\)"),
        (nengo.PoissonSpiking(nengo.LIFRate()), "PoissonSpiking neurons"),
        (nengo.Direct(), r"no neurons \(nengo.Direct\), .* set neuron_type=nengo.LIF\(\)"),
        (nengo.LIF(min_voltage=-np.inf), "min_voltage=-inf, expected a finite one"),
    ],
)
def test_other_neurons_are_refused(neurons, cure):
    found = problem(lambda model: setattr(model.a, "neuron_type", neurons))
    assert re.match(rf"ensemble 'a' has .*{cure}", found)


def test_noise_is_refused():
    found = problem(lambda model: setattr(model.a, "noise", nengo.processes.WhiteNoise()))
    assert re.match("ensemble 'a' has the noise .*WhiteNoise.*; set noise=None", found)


@pytest.mark.parametrize("size_out", [0, 2])
def test_nodes_that_compute_are_refused(size_out):
    def make(model):
        node = nengo.Node(lambda t, x: x**2, size_in=2, size_out=size_out, label="square")
        nengo.Connection(model.a, node)
        if size_out:
            nengo.Connection(node, model.b)

    assert re.match("node 'square' computes in Python .*; probe what leads to it", problem(make))


def test_nodes_that_are_synapses_are_refused():
    found = problem(lambda model: nengo.Node(nengo.Lowpass(0.1), size_in=1, label="slow"))
    assert re.match(r"node 'slow' is the synapse Lowpass\(.*; give it to a connection", found)


@pytest.mark.parametrize(
    ("synapse", "message"),
    [
        (nengo.synapses.Triangle(0.01), r"Triangle\(.* is not a linear filter; use nengo.Lowpass"),
        (nengo.LinearFilter([1], [1e-6, 3e-4, 0.03, 1]), "has order 3, expected 1 or 2.*; use"),
        (nengo.LinearFilter([1], [1, 0]), "LinearFilter.*pole of magnitude 1, expected below 1"),
    ],
)
def test_other_synapses_are_refused(synapse, message):
    def make(model):
        nengo.Connection(model.x, model.a, synapse=synapse)
        nengo.Probe(model.b, synapse=synapse)

    link, probe = problems(make)
    assert re.search(message, link)
    assert link.startswith("connection from 'x' to 'a': the synapse ")
    assert probe.startswith("probe 'b' of 'b': the synapse ")


def test_synapses_in_series_of_a_higher_order_are_refused():
    def make(model):
        relay = nengo.Node(size_in=2, label="relay")
        nengo.Connection(model.a, relay, synapse=0.005)
        nengo.Connection(relay, model.b, synapse=nengo.Alpha(0.01))
        nengo.Probe(relay, synapse=nengo.Alpha(0.01), label="p")

    link, probe = problems(make)
    assert link == (
        "connection from 'relay' to 'b': what comes from 'a' through 'relay' passes synapses in "
        "series (Lowpass(tau_s=0.005), Alpha(tau_s=0.01)) that make a filter of order 3, expected "
        "at most 2; set synapse=None on one of the connections"
    )
    assert probe.startswith("probe 'p' of 'relay': what comes from 'a' through 'relay' passes")


def test_functions_of_nodes_are_refused():
    found = problem(lambda model: nengo.Connection(model.x, model.a, function=np.square))
    assert found == (
        "connection from 'x' to 'a': a function is computed of a node's values, without neurons; "
        "let the node itself give what the function returns"
    )


def test_passthrough_nodes_in_a_circle_are_refused():
    def make(model):
        one, other = (nengo.Node(size_in=2, label=label) for label in ("one", "other"))
        nengo.Connection(model.x, one)
        nengo.Connection(one, other)
        nengo.Connection(other, one)

    assert re.fullmatch(
        "the passthrough nodes (one -> other -> one|other -> one -> other) feed each other in a "
        "circle without neurons; put an ensemble in it",
        problem(make),
    )


@pytest.mark.filterwarnings("ignore:.*encountered in", "ignore:Non-finite values")
def test_full_weights_to_a_neuron_without_gain_are_refused(tmp_path):
    with nengo.Network(seed=0) as model:
        a = nengo.Ensemble(30, 1, label="a")
        b = nengo.Ensemble(10, 1, label="b", gain=np.arange(10), bias=np.ones(10))
        link = nengo.Connection(a, b, solver=nengo.solvers.LstsqL2(weights=True))
    assert assert_exact(model, tmp_path).connections[0].post_slice[0] == 1

    with nengo.Simulator(model, progress_bar=False) as sim:
        built = sim.model.params[link]
        sim.model.params[link] = built._replace(weights=built.weights + 1)
        with pytest.raises(ModelError, match="lead to the neuron 0 of 'b', whose gain is 0; give"):
            from_nengo(sim)


def test_a_sparse_transform_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(transforms, "MAX_ELEMENTS", 19)
    sparse = nengo.Sparse((10, 2), [(0, 0)])
    found = problem(lambda model: nengo.Connection(model.x, model.a.neurons, transform=sparse))
    assert re.match(
        "connection from 'x' to 'a.neurons': the Sparse transform from 2 to 10 values has 20 "
        "weights .* at most 19; make it smaller",
        found,
    )


def test_an_unknown_transform_is_refused():
    class Mystery(nengo.transforms.Transform):
        pass

    with pytest.raises(ModelError, match="the transform Mystery is not known; write it as a"):
        transforms.read_transform(Mystery(), None)


def test_an_unfiltered_cycle_is_refused():
    def make(model):
        nengo.Connection(model.a, model.b, synapse=None)
        nengo.Connection(model.b, model.a, synapse=None)

    assert "form the cycle a -> b -> a" in problem(make)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (1, "two numbers, low and high"),
        ((-1, 1, 2), "two numbers, low and high"),
        (("a", 1), "two numbers, low and high"),
        ((1, -1), "low and high in that order"),
        ((np.nan, 1), "low and high in that order"),
    ],
)
def test_ranges_are_two_numbers_in_order(found, expected):
    said = problem(lambda model: None, ranges={"x": found})
    assert said == f"ranges of 'x' is {found!r}, expected {expected}"


@pytest.mark.parametrize("dt", [np.nan, 0, -0.001, np.inf, "1ms"])
def test_a_step_takes_time(dt):
    assert problem(lambda model: None, dt=dt) == (
        f"dt is {dt!r}, expected seconds, a number above 0"
    )


def test_a_function_that_fails_is_told_as_a_problem_of_the_model():
    def make(model):
        nengo.Connection(model.a, model.b, function=lambda x: np.full(2, np.nan))

    assert problem(make).startswith("Nengo cannot build the network: ")
    assert problem(lambda model: None, seed=-1).startswith("Nengo cannot build the network: Value")


def test_ranges_of_what_is_no_input_are_refused():
    found = problem(lambda model: None, ranges={"y": (0, 1)})
    assert found == "ranges has 'y', expected a node with values of its own: x"


def test_everything_is_told_at_once():
    def make(model):
        model.a.neuron_type = nengo.Direct()
        model.b.neuron_type = nengo.Tanh()
        nengo.Connection(model.a, model.b, synapse=nengo.synapses.Triangle(0.1))
        nengo.Connection(model.x, nengo.Ensemble(10, 2, label="c"), function=np.square)
        nengo.Node(lambda t, x: x, size_in=1, label="echo")
        nengo.Probe(model.a)

    starts = ("node 'echo'", "ensemble 'a'", "ensemble 'b'", "connection from 'x' to 'c'")
    found = problems(make)
    assert len(found) == len(starts)
    assert all(map(str.startswith, found, starts))
