"""Learning is refused with what brings over what was learned, which is tried here."""

import nengo
import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo import from_nengo
from tests.frontends.nengo.comparison import assert_exact, signal

REFUSED = (
    "connection from '{}' to '{}': it learns ({}), which the hardware does not; let Nengo learn, "
    "then give it what it learned, with {}, and no learning_rule_type"
)
WEIGHTS = "weights being the last that a probe of its 'weights' saw"


def network(connect):
    """Return a network of two ensembles, and what ``connect`` makes between them."""
    with nengo.Network(seed=0) as model:
        a = nengo.Ensemble(30, 1, label="a", seed=1)
        b = nengo.Ensemble(30, 2, label="b", seed=2)
        model.b = b
        nengo.Connection(signal(), a)
        made = connect(a, b)
        nengo.Probe(b, synapse=0.01, label="b", seed=3)
    return model, made


def learned_by(connect, what="weights", steps=60):
    """Let a connection learn; return what was learned, the built ensemble b and the refusal."""
    model, link = network(connect)
    with model:
        if isinstance(link.learning_rule_type, nengo.PES):
            nengo.Connection(nengo.Node([0.3, -0.2]), link.learning_rule)
        found = nengo.Probe(link if what == "weights" else model.b, what)
    with pytest.raises(ModelError) as refused:
        from_nengo(model)
    with nengo.Simulator(model, progress_bar=False) as simulator:
        first = simulator.model.sig[link]["weights"].initial_value
        simulator.run_steps(steps)
        learned = simulator.data[found][-1]
    if what == "weights":
        assert not np.allclose(first, learned, rtol=1e-9)
    return learned, simulator.data[model.b], str(refused.value)


def built(connect):
    """Return the parameters of the connection and of b, as Nengo builds them."""
    model, link = network(connect)
    with nengo.Simulator(model, progress_bar=False) as simulator:
        return simulator.data[link], simulator.data[model.b]


def test_decoders_hold_the_transform(tmp_path):
    def teacher(a, b):
        return nengo.Connection(
            a, b, transform=[[0.5], [-1.0]], seed=4, learning_rule_type=nengo.PES(1e-3)
        )

    weights, _, refused = learned_by(teacher)
    cure = "solver=nengo.solvers.NoSolver(weights.T), function=lambda x: np.zeros(2) and no "
    assert refused == REFUSED.format("a", "b", "PES", f"{cure}transform, {WEIGHTS}")

    def pupil(a, b):
        solver = nengo.solvers.NoSolver(weights.T)
        return nengo.Connection(a, b, solver=solver, function=lambda x: np.zeros(2))

    np.testing.assert_array_equal(built(pupil)[0].weights, weights)
    assert_exact(network(pupil)[0], tmp_path)


def test_weights_of_a_solver_go_from_neurons_to_neurons(tmp_path):
    def teacher(a, b):
        solver = nengo.solvers.LstsqL2(weights=True)
        rule = nengo.BCM(learning_rate=1e-9)
        return nengo.Connection(
            a, b, function=lambda x: [x[0], -x[0]], solver=solver, learning_rule_type=[rule]
        )

    weights, after, refused = learned_by(teacher)
    cure = (
        "a connection between the neurons of both ensembles, transform=weights / gain[:, None], "
        f"{WEIGHTS}, gain the simulator's data[ensemble].gain of the second"
    )
    assert refused == REFUSED.format("a", "b", "BCM", cure)

    def pupil(a, b):
        return nengo.Connection(a.neurons, b.neurons, transform=weights / after.gain[:, None])

    link, ensemble = built(pupil)
    np.testing.assert_allclose(link.weights * ensemble.gain[:, None], weights, rtol=1e-12)
    assert_exact(network(pupil)[0], tmp_path)


def test_weights_between_neurons_are_a_transform(tmp_path):
    def teacher(a, b):
        rules = {"first": nengo.BCM(1e-9), "second": nengo.Oja()}
        return nengo.Connection(
            a.neurons, b.neurons, transform=np.full((30, 30), 1e-3), learning_rule_type=rules
        )

    weights, _, refused = learned_by(teacher)
    names = ("a.neurons", "b.neurons", "BCM, Oja")
    assert refused == REFUSED.format(*names, f"transform=weights, {WEIGHTS}")

    def pupil(a, b):
        return nengo.Connection(a.neurons, b.neurons, transform=weights)

    np.testing.assert_array_equal(built(pupil)[0].weights, weights)
    assert_exact(network(pupil)[0], tmp_path)


def test_encoders_that_were_learned_belong_to_the_ensemble(tmp_path):
    def teacher(a, b):
        return nengo.Connection(
            a, b, function=lambda x: [x[0], -x[0]], seed=4, learning_rule_type=nengo.Voja()
        )

    scaled, after, refused = learned_by(teacher, "scaled_encoders")
    cure = (
        "encoders=scaled * radius / gain[:, None], normalize_encoders=False, gain and bias of the "
        "ensemble that it leads to, scaled being the last that a probe of that ensemble's "
        "'scaled_encoders' saw, gain and bias those of the simulator's data[ensemble]"
    )
    assert refused == REFUSED.format("a", "b", "Voja", cure)
    assert not np.allclose(scaled, after.scaled_encoders, rtol=1e-6)

    def pupil(a, b):
        b.encoders, b.normalize_encoders = scaled * b.radius / after.gain[:, None], False
        b.gain, b.bias = after.gain, after.bias
        return nengo.Connection(a, b, function=lambda x: [x[0], -x[0]], seed=4)

    np.testing.assert_allclose(built(pupil)[1].scaled_encoders, scaled, rtol=1e-12)
    assert_exact(network(pupil)[0], tmp_path)


def test_no_rule_in_a_list_is_no_learning(tmp_path):
    def none_at_all(a, b):
        return nengo.Connection(a, b, function=lambda x: [x[0], -x[0]], learning_rule_type=[])

    assert_exact(network(none_at_all)[0], tmp_path)
