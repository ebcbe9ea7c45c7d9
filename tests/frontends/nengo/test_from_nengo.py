"""The function itself: what it takes, and which random choices it has."""

import subprocess
import sys

import nengo
import numpy as np
import pytest

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo import from_nengo
from tests.frontends.nengo.comparison import assert_same_arrays, signal


def channel(seed):
    with nengo.Network(seed=seed) as model:
        a, b = nengo.Ensemble(30, 1, label="a"), nengo.Ensemble(20, 1, label="b")
        nengo.Connection(signal(), a)
        nengo.Connection(a, b)
        nengo.Probe(b)
    return model


def test_a_network_is_built_as_a_simulator_would():
    model = channel(seed=2)
    with nengo.Simulator(model, progress_bar=False) as sim:
        assert_same_arrays(from_nengo(model), from_nengo(sim))


def test_a_simulator_is_taken_in_its_initial_state_even_when_it_ran():
    with nengo.Simulator(channel(seed=2), dt=0.002, progress_bar=False) as sim:
        before = from_nengo(sim)
        sim.run_steps(10)
        assert_same_arrays(from_nengo(sim), before)
    assert_same_arrays(from_nengo(sim), before)
    assert before.dt_s == 0.002


def test_a_seed_takes_the_place_of_the_networks_own():
    model = channel(seed=2)
    assert_same_arrays(from_nengo(model, seed=3), from_nengo(channel(seed=3)))
    assert model.seed == 2


def test_without_a_seed_a_note_says_so():
    one, other = from_nengo(channel(seed=None)), from_nengo(channel(seed=None))
    assert (one.ensembles[0].bias != other.ensembles[0].bias).any()
    assert one.notes[0].startswith("the network has no seed, so that another build draws other")
    assert_same_arrays(from_nengo(channel(None), seed=1), from_nengo(channel(seed=1)))
    with nengo.Simulator(channel(seed=None), progress_bar=False) as sim:
        assert not any("seed" in note for note in from_nengo(sim).notes)


def test_the_time_step_is_a_millisecond_if_not_given():
    assert from_nengo(channel(0)).dt_s == 0.001
    assert from_nengo(channel(0), dt=0.0005).dt_s == 0.0005


def test_a_simulator_has_its_own_time_step_and_seed():
    with nengo.Simulator(channel(0), progress_bar=False) as sim:
        assert from_nengo(sim, dt=0.001).dt_s == 0.001
        with pytest.raises(ModelError, match=r"dt is 0.002 s, but the simulator .* 0.001 s; leave"):
            from_nengo(sim, dt=0.002)
        with pytest.raises(ModelError, match="seed is 1, but the simulator is built already"):
            from_nengo(sim, seed=1)


def test_a_simulator_without_a_network_is_refused():
    model = nengo.builder.Model()
    with (
        nengo.Simulator(None, model=model, progress_bar=False) as sim,
        pytest.raises(ModelError, match="built without a network; give it one"),
    ):
        from_nengo(sim)


def test_other_objects_are_refused():
    with pytest.raises(ModelError, match=r"given a dict, expected a nengo\.Network or"):
        from_nengo({})


def test_what_nengo_cannot_build_is_told_in_its_words():
    with nengo.Network() as model:
        a = nengo.Ensemble(10, 1, encoders=np.zeros((10, 1)))
        nengo.Connection(a, a)
    with pytest.warns(RuntimeWarning), pytest.raises(ModelError, match=r"cannot build .*NaNs"):
        from_nengo(model)


def test_a_network_of_nothing_is_refused():
    with pytest.raises(ModelError, match="expected at least one ensemble"):
        from_nengo(nengo.Network(seed=0))


def test_an_old_nengo_is_refused(monkeypatch):
    monkeypatch.setattr(nengo, "__version__", "3.0.0")
    with pytest.raises(ModelError, match=r"version 3\.0\.0, expected 3\.1 or later; pip install"):
        from_nengo(channel(0))


def test_a_missing_nengo_is_told_with_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "nengo", None)
    with pytest.raises(ModelError, match=r"not installed; pip install 'nef2hw\[nengo\]'"):
        from_nengo(None)


def test_nengo_is_imported_only_when_it_is_needed():
    code = "import nef2hw.frontends.nengo, sys; sys.exit('nengo' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
