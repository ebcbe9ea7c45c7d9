"""Stimulus files fit the model's inputs, or are refused with the reason."""

from typing import NamedTuple

import numpy as np
import pytest

from nef2hw.errors import StimulusError
from nef2hw.stimulus import MAX_BYTES, check_steps, hold_stimulus, load_stimulus


class Source(NamedTuple):
    """What an input is."""

    name: str
    size: int
    kind: str = "value"
    default: np.ndarray | None = None


X = Source("x", 3)
Y = Source("y", 1)
SPIKES = Source("s", 2, "spike")
FIXED = Source("c", 2, default=np.array([0.5, -2.0]))


def test_one_row_for_each_step(tmp_path):
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    np.save(tmp_path / "x.npy", rows)
    stimulus = load_stimulus(tmp_path / "x.npy", [X])
    np.testing.assert_array_equal(stimulus["x"], rows)
    assert stimulus["x"].dtype == np.float64


@pytest.mark.parametrize("row", [np.array([[1, 2, 3]]), np.array([1, 2, 3])])
def test_a_single_row_is_held(tmp_path, row):
    np.save(tmp_path / "x.npy", row)
    stimulus = load_stimulus(tmp_path / "x.npy", [X], steps=5)
    np.testing.assert_array_equal(stimulus["x"], np.tile([1, 2, 3], (5, 1)))


def test_a_value_that_products_would_carry_away_is_refused():
    rows = np.zeros((4, 3))
    rows[2, 1] = -1e61
    with pytest.raises(
        StimulusError,
        match=r"'x' holds -1e\+61 at step 2, index 1, expected at most 1e\+60 in magnitude",
    ):
        hold_stimulus({"x": rows}, [X])


def test_rows_are_held_and_a_single_one_for_all_steps(tmp_path):
    rows = np.arange(15).reshape(5, 3)
    np.savez(tmp_path / "in.npz", x=rows, y=[[7]])
    held = load_stimulus(tmp_path / "in.npz", [X, Y], hold=4)
    np.testing.assert_array_equal(held["x"], np.repeat(rows, 4, axis=0))
    assert held["y"].tolist() == [[7]] * 20
    part = load_stimulus(tmp_path / "in.npz", [X, Y], steps=18, hold=4)
    np.testing.assert_array_equal(part["x"], held["x"][:18])
    alone = hold_stimulus({"x": rows[:1]}, [X], 30, hold=4)
    np.testing.assert_array_equal(alone["x"], np.tile(rows[0], (30, 1)))


def test_rows_that_last_for_too_few_steps_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((5, 3)))
    with pytest.raises(
        StimulusError,
        match=r"x\.npy: input 'x' has 5 rows, expected 6 \(each held for 4 of 21 steps\), or one "
        "row to be held",
    ):
        load_stimulus(tmp_path / "x.npy", [X], steps=21, hold=4)


def test_a_plain_series_feeds_an_input_of_size_one(tmp_path):
    np.save(tmp_path / "y.npy", np.arange(7))
    stimulus = load_stimulus(tmp_path / "y.npy", [Y], steps=5)
    np.testing.assert_array_equal(stimulus["y"], np.arange(5)[:, None])


def test_each_input_has_its_array(tmp_path):
    np.savez(tmp_path / "in.npz", x=np.ones((1, 3)), y=np.zeros((4, 1)), s=np.eye(2)[[0, 1, 0, 1]])
    stimulus = load_stimulus(tmp_path / "in.npz", [X, Y, SPIKES])
    assert {name: rows.shape for name, rows in stimulus.items()} == {
        "x": (4, 3),
        "y": (4, 1),
        "s": (4, 2),
    }


def test_an_input_with_a_default_need_not_be_given(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 3)))
    stimulus = load_stimulus(tmp_path / "x.npy", [FIXED, X])
    np.testing.assert_array_equal(stimulus["c"], np.tile([0.5, -2.0], (4, 1)))
    np.testing.assert_array_equal(hold_stimulus({}, [FIXED], 2)["c"], [[0.5, -2.0]] * 2)
    given = hold_stimulus({"c": np.ones((3, 2))}, [FIXED])
    np.testing.assert_array_equal(given["c"], np.ones((3, 2)))


def test_a_model_without_inputs_needs_no_stimulus():
    assert hold_stimulus({}, [], 10) == {}


@pytest.mark.parametrize(
    ("arrays", "inputs", "steps", "message"),
    [
        ({"x": np.ones((5, 2))}, [X], None, r"input 'x' has shape \(5, 2\), expected \(steps, 3\)"),
        ({"x": np.ones((5, 3, 1))}, [X], None, r"input 'x' has shape \(5, 3, 1\), expected"),
        ({"x": np.ones(4)}, [X], None, r"input 'x' has shape \(4,\), expected"),
        ({"x": np.ones((0, 3))}, [X], None, r"input 'x' has shape \(0, 3\), expected"),
        ({"x": np.float64(1)}, [X], None, r"input 'x' has shape \(\), expected"),
        ({"x": np.full((1, 3), "a")}, [X], None, "input 'x' has dtype <U1, expected numbers"),
        ({"x": np.ones((1, 3), complex)}, [X], None, "has dtype complex128, expected numbers"),
        ({"x": [[1, 2, np.nan]]}, [X], None, "holds nan at step 0, index 2, expected finite"),
        ({"x": [[1, 2, 3], [-np.inf, 0, 0]]}, [X], None, "holds -inf at step 1, index 0"),
        ({"x": np.ones((5, 3))}, [X], 6, "input 'x' has 5 rows, expected 6 .* one row to be held"),
        (
            {"x": np.ones((5, 3)), "y": np.ones((4, 1))},
            [X, Y],
            None,
            "input 'y' has 4 rows, expected",
        ),
        ({"x": np.ones((5, 3))}, [X], 0, "0 steps asked, expected at least 1"),
        ({"x": np.ones((5, 3))}, [X, Y], None, "input 'y' is missing, expected an array of shape"),
        ({"x": np.ones((5, 3)), "yy": 1}, [X, Y], None, "'yy' is not an input .*did you mean 'y'"),
        (
            {"s": [[0, 0.5]]},
            [SPIKES],
            None,
            "spike input 's' holds 0.5 at step 0, index 1, expected 0",
        ),
    ],
)
def test_a_stimulus_that_does_not_fit_is_refused(tmp_path, arrays, inputs, steps, message):
    np.savez(tmp_path / "in.npz", **arrays)
    with pytest.raises(StimulusError, match=r"in\.npz: .*" + message):
        load_stimulus(tmp_path / "in.npz", inputs, steps)


def test_one_array_does_not_feed_two_inputs(tmp_path):
    np.save(tmp_path / "x.npy", np.ones(3))
    with pytest.raises(StimulusError, match=r"the model has 2 inputs \(x, y\); expected one array"):
        load_stimulus(tmp_path / "x.npy", [X, Y])


def test_other_kinds_of_file_are_refused(tmp_path):
    with pytest.raises(StimulusError, match=r"ends in '\.csv', expected \.npy or \.npz"):
        load_stimulus(tmp_path / "x.csv", [X])


def test_a_pickled_stimulus_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(StimulusError, match="pickled objects"):
        load_stimulus(tmp_path / "x.npy", [X])


def test_more_steps_than_memory_holds_are_refused():
    check_steps(MAX_BYTES // 24, 3)
    message = r"^\d+ steps of 3 values take \d+ bytes, the limit is \d+; run fewer steps"
    with pytest.raises(StimulusError, match=message):
        check_steps(MAX_BYTES // 24 + 1, 3)
