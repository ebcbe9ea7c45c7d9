"""Nodes: inputs and their ranges, constants, passthrough nodes."""

import nengo
import numpy as np
import pytest

from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.frontends.nengo import from_nengo
from nef2hw.frontends.nengo.ranges import OBSERVED_STEPS
from nef2hw.sim.reference import simulate_reference
from tests.frontends.nengo.comparison import assert_exact, signal


def input_of(output, size_out=None, **options):
    """Convert a network whose only input is a node with this output."""
    with nengo.Network(seed=0) as model:
        node = nengo.Node(output, size_out=size_out, label="x")
        nengo.Connection(node[0], nengo.Ensemble(10, 1, label="a"))
    trained = from_nengo(model, **options)
    (found,) = trained.inputs
    return found, trained.notes


@pytest.mark.parametrize(
    ("output", "bounds"),
    [
        (np.sin, (-1, 1)),
        (lambda t: 0.3 * np.sin(9 * t), (-0.5, 0.5)),
        (lambda t: 0.0007 * np.cos(t), (-0.001, 0.001)),
        (lambda t: [5 * t, 0], (0, 50)),
        (lambda t: -0.02, (-0.02, 0.02)),
        (lambda t: 0, (-1, 1)),
        (lambda t: np.inf if t > 1 else t, (0, 1)),
        (nengo.processes.PresentInput(np.full((3, 2), 17.0), 100.0), (0, 20)),
        (nengo.processes.WhiteSignal(1.0, high=5, rms=0.5, seed=0), (-2, 2)),
    ],
)
def test_the_range_is_what_the_node_gives_rounded_up(output, bounds):
    found, notes = input_of(output)
    assert (found.low[0], found.high[0]) == pytest.approx(bounds)
    assert found.low.shape == found.high.shape == (found.size,)
    assert f"the first {OBSERVED_STEPS} steps" in notes[0]
    assert f"x {bounds[0]:g} to {bounds[1]:g}" in notes[0]


def test_a_node_that_fails_is_observed_until_then():
    recording = [0.0, 3.0, -4.0]

    def play(t):
        return recording[round(t / 0.001)]

    found, _ = input_of(play, size_out=1)
    assert (found.low, found.high) == (-5, 5)

    def fail(t):
        raise RuntimeError

    found, _ = input_of(fail, size_out=1)
    assert (found.low, found.high) == (-1, 1)


def test_a_node_with_a_given_range_is_not_run():
    def fail(t):
        pytest.fail("was called")

    found, notes = input_of(fail, size_out=2, ranges={"x": (-3, 7)})
    assert found.low.tolist() == [-3, -3]
    assert found.high.tolist() == [7, 7]
    assert notes == ()


def test_processes_without_a_seed_are_observed_the_same_way_each_time():
    class Level(nengo.Process):
        """Gives a value that is drawn once, from six powers of ten."""

        def make_state(self, shape_in, shape_out, dt, dtype=None):
            return {}

        def make_step(self, shape_in, shape_out, dt, rng, state):
            level = 10 ** rng.uniform(-3, 3)
            return lambda t: np.full(shape_out, level)

    highs = {input_of(Level(default_size_in=0))[0].high[0] for _ in range(5)}
    assert len(highs) == 1


def test_constants_inside_without_synapse_become_part_of_the_bias(tmp_path):
    with nengo.Network(seed=1) as model:
        x, a = signal(), nengo.Ensemble(40, 2, label="a", radius=1.3)
        with nengo.Network():
            offset, current = (
                nengo.Node([0.2, -0.3], label="offset"),
                nengo.Node([0.4], label="current"),
            )
        relay = nengo.Node(size_in=2, label="relay")
        nengo.Connection(x, a[0])
        nengo.Connection(offset, relay, synapse=None, transform=2)
        nengo.Connection(relay, a[::-1], synapse=None)
        nengo.Connection(current, a.neurons[3:5], synapse=None, transform=[[1], [2]])
    trained = assert_exact(model, tmp_path)
    assert [source.name for source in trained.inputs] == ["x"]
    assert "constant nodes that became part of a bias: offset in a, current in a" in trained.notes


def test_constants_inside_with_synapse_are_inputs_as_their_filter_starts_at_zero(tmp_path):
    with nengo.Network(seed=1) as model:
        a = nengo.Ensemble(40, 1, label="a")
        with nengo.Network():
            both, zero = nengo.Node([0.5, -2], label="both"), nengo.Node([0], label="zero")
        nengo.Connection(both[0], a, synapse=0.05)
        nengo.Connection(both[1], a, synapse=None, transform=0.1)
        nengo.Connection(zero, a)
    trained = assert_exact(model, tmp_path)
    both, zero = trained.inputs
    assert both.low.tolist() == both.high.tolist() == both.default.tolist() == [0.5, -2]
    assert (zero.low, zero.high, zero.default) == (0, 0, 0)
    (note,) = (note for note in trained.notes if note.startswith("constant nodes are inputs"))
    assert note.endswith(": both at (0.5, -2), zero at 0")


def test_a_constant_with_a_range_is_an_input(tmp_path):
    with nengo.Network(seed=1) as model:
        a = nengo.Ensemble(40, 1, label="a")
        nengo.Connection(nengo.Node([0.5], label="x"), a, synapse=None)
    trained = assert_exact(model, tmp_path, ranges={"x": (0, 2)})
    (found,) = trained.inputs
    assert (found.low, found.high, found.default) == (0, 2, 0.5)


@pytest.mark.parametrize(
    ("value", "bounds"), [([0.3, 0.7], (0, 1)), ([0.0, 0.0], (-1, 1)), ([-3.0, 1.0], (-5, 5))]
)
def test_a_constant_of_the_network_itself_is_an_input_with_a_default(value, bounds, tmp_path):
    with nengo.Network(seed=1) as model:
        a = nengo.Ensemble(40, 2, label="a")
        nengo.Connection(nengo.Node(value, label="x"), a, synapse=None)
    trained = assert_exact(model, tmp_path)
    (found,) = trained.inputs
    assert (found.low[0], found.high[0]) == bounds
    assert found.default.tolist() == value
    assert any(
        note.startswith("constant nodes are inputs that have their") for note in trained.notes
    )
    reference = simulate_reference(fold(trained), {}, steps=30)
    np.testing.assert_array_equal(reference.inputs["x"], np.tile(value, (30, 1)))


def test_a_value_outside_the_range_given_is_no_default():
    with nengo.Network(seed=1) as model:
        nengo.Connection(nengo.Node([5.0], label="x"), nengo.Ensemble(10, 1, label="a"))
    (found,) = from_nengo(model, ranges={"x": (0, 2)}).inputs
    assert found.default is None


def test_a_network_without_input_gets_one_that_leads_nowhere(tmp_path):
    with nengo.Network(seed=1) as model:
        a = nengo.Ensemble(40, 1, label="x")
        nengo.Connection(a, a, synapse=0.1)
        nengo.Probe(a, synapse=0.01, label="value")
    trained = assert_exact(model, tmp_path)
    (found,) = trained.inputs
    assert (found.name, found.size, found.low, found.high) == ("x_2", 1, 0, 0)
    assert found.default == 0
    assert trained.notes[0] == (
        "the network has no input, so it got one that leads nowhere and is always 0: x_2"
    )
    assert quantize(fold(trained)).inputs[0].name == "x_2"


def test_a_node_that_gives_nothing_is_left_out():
    with nengo.Network(seed=1) as model:
        nengo.Node(lambda t: None, label="clock")
        nengo.Connection(signal(), nengo.Ensemble(10, 1, label="a"))
    assert [source.name for source in from_nengo(model).inputs] == ["x"]


def test_passthrough_nodes_add_what_they_get_and_pass_it_on(tmp_path):
    with nengo.Network(seed=1) as model:
        x = signal(3)
        first, second = nengo.Node(size_in=4, label="first"), nengo.Node(size_in=2, label="second")
        unfed = nengo.Node(size_in=2, label="unfed")
        a, b = nengo.Ensemble(40, 2, label="a"), nengo.Ensemble(30, 1, label="b")
        nengo.Connection(x, first[[3, 1, 1]], synapse=None)
        nengo.Connection(x[0], first[0], synapse=None, transform=-1)
        nengo.Connection(b, first[2], synapse=0.01)
        nengo.Connection(b, first[2], synapse=0.01, function=np.square)
        nengo.Connection(first[[1, 1]], second, transform=[0.5, -0.5], synapse=None)
        nengo.Connection(first[2:], second, transform=[[0.1, 0.2], [0.3, 0.4]], synapse=None)
        nengo.Connection(second, a, synapse=None)
        nengo.Connection(second[-1], a.neurons[:2], synapse=None, transform=[[1], [2]])
        nengo.Connection(unfed, a)
        nengo.Connection(a, b, function=lambda v: v[0] * v[1], synapse=0.01)
        nengo.Probe(a, synapse=0.01, label="value")
    trained = assert_exact(model, tmp_path)
    assert {connection.pre.name for connection in trained.connections} == {"x", "a", "b"}


def test_two_lowpass_synapses_in_series_become_one_of_second_order(tmp_path):
    with nengo.Network(seed=1) as model:
        x, relay = signal(), nengo.Node(size_in=1, label="relay")
        a, b = nengo.Ensemble(40, 1, label="a"), nengo.Ensemble(30, 1, label="b")
        for synapse in (0.01, nengo.Lowpass(0), None):
            nengo.Connection(x, relay, synapse=synapse)
        nengo.Connection(relay, a, synapse=0.005, transform=0.3)
        nengo.Connection(relay, b, synapse=nengo.Lowpass(0), transform=0.3)
        nengo.Connection(relay, b, synapse=nengo.LinearFilter([0.1], [1, -0.9], analog=False))
        nengo.Connection(relay, b, synapse=None, transform=0.1)
        nengo.Probe(b, synapse=0.01, label="value")
    assert_exact(model, tmp_path)
