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
    stimulus, labels, hold = read(save(x=ROWS, labels=np.array([0, 1, 2, 3])), hold=3)
    np.testing.assert_array_equal(stimulus["x"], np.repeat(ROWS, 3, axis=0))
    assert labels.classes.tolist() == [0, 1, 2, 3]
    assert labels.hold == hold == 3


def test_the_only_input_may_have_any_name_and_labels_may_be_left_out(save):
    stimulus, labels, _ = read(save(images=ROWS))
    np.testing.assert_array_equal(stimulus["x"], ROWS)
    assert labels is None


def test_samples_of_several_steps_are_presentations(save):
    samples = np.random.default_rng(1).uniform(-1, 1, (4, 7, 5))
    stimulus, labels, hold = read(save(x=samples, labels=np.arange(4)), reset=True)
    np.testing.assert_array_equal(stimulus["x"], samples.reshape(28, 5))
    assert labels.hold == hold == 7


def test_with_fewer_steps_there_are_fewer_labels(save):
    stimulus, labels, _ = read(save(x=ROWS, labels=np.arange(4)), hold=10, steps=20)
    assert len(stimulus["x"]) == 20
    assert labels.classes.tolist() == [0, 1]


def test_samples_of_several_steps_are_not_held(save):
    path = save(x=np.zeros((4, 7, 5)))
    with pytest.raises(StimulusError, match=r"expected \(samples, steps, size\) .* and no --hold"):
        read(path, hold=2)


def test_data_and_input_exclude_each_other(save, tmp_path):
    with pytest.raises(StimulusError, match="leave --input and --labels out, or --data"):
        read(save(x=ROWS), path=tmp_path / "x.npy")


def test_labels_are_whole_numbers(save):
    with pytest.raises(StimulusError, match=r"'labels' has shape \(4,\) and dtype float64"):
        read(save(x=ROWS, labels=np.zeros(4)))


def test_what_is_wrong_with_the_samples_is_said_with_the_file(save):
    with pytest.raises(StimulusError, match=r"data.npz: input 'x' has shape \(4, 3\)"):
        read(save(x=ROWS[:, :3]))
