"""Inputs and labels in one file."""

import numpy as np
import pytest

from nef2hw.build.check_input import CheckInput, check_stimulus
from nef2hw.errors import StimulusError
from tests.sim import networks


@pytest.fixture
def save(tmp_path):
    def saved(**arrays):
        np.savez(tmp_path / "data.npz", **arrays)
        return tmp_path / "data.npz"

    return saved


ROWS = np.random.default_rng(0).uniform(-1, 1, (4, 5))


def read(data, **options):
    return check_stimulus(networks.layered(), CheckInput(data_path=data, **options))


def test_samples_are_held_and_labelled(save):
    given = read(save(x=ROWS, labels=np.array([0, 1, 2, 3])), hold=3)
    np.testing.assert_array_equal(given.stimulus["x"], np.repeat(ROWS, 3, axis=0))
    assert given.labels.classes.tolist() == [0, 1, 2, 3]
    assert given.labels.hold == given.hold == 3


def test_the_only_input_may_have_any_name_and_labels_may_be_left_out(save):
    given = read(save(images=ROWS))
    np.testing.assert_array_equal(given.stimulus["x"], ROWS)
    assert given.labels is None


def test_samples_of_several_steps_are_presentations(save):
    samples = np.random.default_rng(1).uniform(-1, 1, (4, 7, 5))
    given = read(save(x=samples, labels=np.arange(4)), reset=True)
    np.testing.assert_array_equal(given.stimulus["x"], samples.reshape(28, 5))
    assert given.labels.hold == given.hold == 7


def test_with_fewer_steps_there_are_fewer_labels(save):
    given = read(save(x=ROWS, labels=np.arange(4)), hold=10, steps=20)
    assert len(given.stimulus["x"]) == 20
    assert given.labels.classes.tolist() == [0, 1]


def test_samples_of_several_steps_are_not_held(save):
    path = save(x=np.zeros((4, 7, 5)))
    with pytest.raises(StimulusError, match=r"expected \(samples, steps, size\) .* and no --hold"):
        read(path, hold=2)


def test_data_and_input_exclude_each_other(save, tmp_path):
    with pytest.raises(StimulusError, match="leave --input and --labels out, or --data"):
        read(save(x=ROWS), path=tmp_path / "x.npy")


def test_samples_without_steps_are_refused(save):
    with pytest.raises(StimulusError, match=r"input 'x' has shape \(0, \d+\), expected \(steps"):
        read(save(x=np.zeros((4, 0, ROWS.shape[1]))), steps=4, reset=True)


def test_labels_are_whole_numbers(save):
    with pytest.raises(StimulusError, match=r"'labels' has shape \(4,\) and dtype float64"):
        read(save(x=ROWS, labels=np.zeros(4)))


def test_what_is_wrong_with_the_samples_is_said_with_the_file(save):
    with pytest.raises(StimulusError, match=r"data.npz: input 'x' has shape \(4, 3\)"):
        read(save(x=ROWS[:, :3]))


def test_targets_are_held_as_the_samples_are(save):
    wanted = np.random.default_rng(2).normal(size=(4, 7))
    given = read(save(x=ROWS, **{"targets/out": wanted}), hold=3, steps=9)
    np.testing.assert_array_equal(given.targets["out"], np.repeat(wanted, 3, axis=0)[:9])
    each = np.random.default_rng(2).normal(size=(12, 7))
    given = read(save(x=ROWS, **{"targets/out": each}), hold=3)
    np.testing.assert_array_equal(given.targets["out"], each)


@pytest.mark.parametrize(("probe", "shape"), [("out", (4, 6)), ("out", (5, 7)), ("in", (4, 7))])
def test_targets_fit_a_probe(save, probe, shape):
    with pytest.raises(StimulusError, match=rf"'targets/{probe}' has shape .* out \(size 7\)"):
        read(save(x=ROWS, **{f"targets/{probe}": np.zeros(shape)}), hold=2)


@pytest.mark.parametrize("value", ["x", 1j, np.nan])
def test_targets_are_finite_numbers(save, value):
    with pytest.raises(StimulusError, match=r"'targets/out' holds .*, expected finite numbers"):
        read(save(x=ROWS, **{"targets/out": np.full((len(ROWS), 7), value)}), hold=2)
