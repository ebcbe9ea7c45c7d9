"""Traces are saved whole and compared exactly."""

import dataclasses

import numpy as np
import pytest

from nef2hw.archive import write_npz
from nef2hw.errors import ProgramError
from nef2hw.trace import Difference, Trace, first_difference


def make_trace():
    rng = np.random.default_rng(1)
    return Trace(
        steps=5,
        spikes={"a": rng.integers(0, 2, (5, 3)).astype(np.uint8)},
        probes={"out": rng.normal(size=(5, 2))},
        states={"a/voltage": rng.integers(0, 99, (5, 3))},
        cycles=np.arange(5),
        inputs={"x": rng.normal(size=(5, 1))},
    )


def changed(trace, group, name, at, value):
    """Return ``trace`` with one value of one array changed."""
    array = getattr(trace, group)[name].copy()
    array[at] = value
    return dataclasses.replace(trace, **{group: {**getattr(trace, group), name: array}})


def test_a_trace_comes_back_as_saved(tmp_path):
    trace = make_trace()
    trace.save(tmp_path / "t.npz")
    again = Trace.load(tmp_path / "t.npz")
    assert first_difference(trace, again) is None
    assert again.steps == 5
    np.testing.assert_array_equal(again.inputs["x"], trace.inputs["x"])
    assert list(np.load(tmp_path / "t.npz")) == [
        "inputs/x",
        "spikes/a",
        "probes/out",
        "states/a/voltage",
        "cycles",
    ]


def test_the_first_difference_is_the_earliest_step():
    trace = make_trace()
    other = changed(trace, "probes", "out", (1, 1), 9.0)
    other = changed(other, "spikes", "a", (4, 0), 7)
    other = changed(other, "states", "a/voltage", (2, 1), -1)
    found = first_difference(trace, other)
    assert found == Difference(1, "probes/out", (1,), trace.probes["out"][1, 1], 9.0)
    assert str(found) == f"step 1, probes/out[1]: expected {found.expected}, got 9.0"


def test_a_cycle_count_that_differs_is_found():
    trace = make_trace()
    other = dataclasses.replace(trace, cycles=np.array([0, 1, 2, 3, 5]))
    assert str(first_difference(trace, other)) == "step 4, cycles: expected 4, got 5"


def test_states_and_cycles_that_were_not_asked_for_are_not_compared():
    trace = make_trace()
    other = dataclasses.replace(trace, states={}, cycles=None)
    assert first_difference(trace, other) is None


def test_traces_of_other_networks_are_not_compared():
    trace = make_trace()
    with pytest.raises(ProgramError, match=r"has spikes \['b'\], expected \['a'\]"):
        first_difference(trace, dataclasses.replace(trace, spikes={"b": trace.spikes["a"]}))
    with pytest.raises(ProgramError, match=r"spikes/a has shape \(4, 3\), expected \(5, 3\)"):
        first_difference(trace, dataclasses.replace(trace, spikes={"a": trace.spikes["a"][:4]}))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"probes/a": np.zeros((2, 1))}, "has no spikes/"),
        ({"spikes/a": np.zeros((2, 1))}, "'spikes/a' has dtype float64, expected uint8"),
        (
            {"spikes/a": np.zeros((2, 1), np.uint8), "probes/p": np.zeros((3, 1))},
            r"'spikes/a' has shape \(2, 1\), expected 3 steps",
        ),
        ({"spikes/a": np.zeros((2, 1), np.uint8), "other": np.zeros(2)}, "holds 'other', expected"),
        (
            {"spikes/a": np.zeros((2, 1), np.uint8), "probes/": np.zeros(2)},
            "holds 'probes/', expected",
        ),
    ],
)
def test_a_file_that_is_no_trace_is_refused(tmp_path, arrays, message):
    write_npz(tmp_path / "t.npz", arrays)
    with pytest.raises(ProgramError, match=message):
        Trace.load(tmp_path / "t.npz")
