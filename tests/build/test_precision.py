"""Formats that keep a budget."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.build import precision
from nef2hw.build.budget import Budget, parse_budget
from nef2hw.build.check_input import CheckInput
from nef2hw.build.fidelity import Labels
from nef2hw.build.precision import choose_precision
from nef2hw.build.sweep import Margins, measure
from nef2hw.build.trial import Trial, make_trial
from nef2hw.compiler.precision import Bits, Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import FormatError, StimulusError
from tests.sim import networks


@pytest.fixture(scope="module")
def trial():
    return make_trial(networks.layered(), CheckInput(steps=300))


@pytest.fixture(scope="module")
def labelled():
    """Samples of 20 steps whose right classes are mostly those that the float network finds."""
    folded = networks.layered(sizes=(5, 40, 33, 3))
    folded = replace(folded, probes=folded.probes[:1])
    rows = np.random.default_rng(3).uniform(-1, 1, (60, 5))
    given = Trial(folded, "samples", {"x": np.repeat(rows, 20, axis=0)}, 20, None)
    classes = np.argmax(given.reference.probes["out"][19::20], axis=1)
    classes[:6] = (classes[:6] + 1) % 3
    return replace(given, labels=Labels(classes, 20))


def rmse_at(trial, precision):
    return measure(trial, quantize(trial.folded, precision)).decoded_rmse["out"]


def test_without_a_budget_the_widths_are_the_usual_ones(trial):
    chosen = choose_precision(trial, Bits(input_bits=7), None)
    assert chosen.precision == Precision(input_bits=7)
    assert chosen.as_dict()["voltage_bits"] == chosen.network.formats.voltage_frac
    assert chosen.search is None


def test_a_budget_of_error_is_kept_and_a_tighter_one_takes_more_bits(trial):
    limits = [scale * rmse_at(trial, Precision()) for scale in (1.0, 3.0)]
    tight, loose = (choose_precision(trial, Bits(), Budget(rmse=limit)) for limit in limits)
    for chosen, limit in zip((tight, loose), limits, strict=True):
        assert chosen.search.errors.decoded_rmse["out"] <= limit
        assert rmse_at(trial, chosen.precision) <= limit
    assert sum_of_bits(loose) < sum_of_bits(tight)
    assert rmse_at(trial, replace(loose.precision, weight_bits=2)) > limits[1]


def sum_of_bits(chosen):
    widths = chosen.as_dict()
    return widths["weight_bits"] + widths["input_bits"] + widths["voltage_bits"]


def test_what_was_predicted_is_confirmed_and_the_next_tried(trial, monkeypatch):
    limit = 2 * rmse_at(trial, Precision())
    together = precision.together
    monkeypatch.setattr(precision, "together", lambda *errors: 0.6 * together(*errors))
    chosen = choose_precision(trial, Bits(), Budget(rmse=limit))
    assert chosen.search.tried > 1
    assert rmse_at(trial, chosen.precision) <= limit


def test_widths_that_the_user_fixes_stay(trial):
    limit = 2 * rmse_at(trial, Precision())
    chosen = choose_precision(trial, Bits(weight_bits=11), Budget(rmse=limit))
    assert chosen.precision.weight_bits == 11
    assert {point.axis for point in chosen.search.points} == {"voltage_bits", "input_bits"}


def test_a_budget_of_accuracy_is_kept(labelled):
    chosen = choose_precision(labelled, Bits(), Budget(accuracy=0.05))
    found = labelled.compare(labelled.golden(chosen.network)[0])
    assert found.accuracy_float == pytest.approx(0.9)
    assert found.accuracy_float - found.accuracy_golden <= 0.05
    assert chosen.precision.weight_bits < Precision().weight_bits
    assert chosen.as_dict()["search"]["budget"] == {"accuracy": 0.05}


def test_margins_foretell_the_loss_of_accuracy(labelled):
    rng = np.random.default_rng(0)
    scores = labelled.reference.probes["out"][19::20]
    right = np.argmax(scores, axis=1) == labelled.labels.classes
    noisy = scores + rng.normal(0, 0.05 * np.abs(scores).max(), (4000, *scores.shape))
    lost = (np.argmax(noisy, axis=2) != labelled.labels.classes)[:, right].sum() / noisy[
        ..., 0
    ].size
    expected = Margins(labelled).loss(0.05 * np.abs(scores).max())
    assert lost > 0.005
    assert expected == pytest.approx(lost, rel=0.3)
    assert Margins(labelled).loss(0.0) == 0.0


def test_a_budget_that_no_formats_keep_is_refused(trial):
    with pytest.raises(
        FormatError,
        match=r"no formats keep --budget rmse=1e-09 on noise: the finest .* "
        r"\(14-bit weights, 14-bit inputs\) leave RMSE .*; allow more",
    ):
        choose_precision(trial, Bits(), Budget(rmse=1e-9))


def test_a_budget_needs_something_that_it_is_about(trial):
    with pytest.raises(StimulusError, match=r"accuracy=0.01 needs .* give --data .*Calibration"):
        choose_precision(trial, Bits(), Budget(accuracy=0.01))
    folded = replace(trial.folded, probes=trial.folded.probes[1:])
    with pytest.raises(StimulusError, match=r"--budget rmse=0.5 is about decoded values"):
        choose_precision(replace(trial, folded=folded), Bits(), Budget(rmse=0.5))


def test_budgets_are_read():
    assert parse_budget(["rmse=0.01", "accuracy=2e-2"]) == Budget(0.01, 0.02)
    assert parse_budget([]) is None
    assert str(Budget(rmse=0.01)) == "rmse=0.01"


@pytest.mark.parametrize("limit", [0, -0.1, float("nan"), float("inf")])
def test_a_budget_is_above_zero(limit):
    with pytest.raises(FormatError, match=f"a budget has accuracy={limit}, expected a number abo"):
        Budget(rmse=0.1, accuracy=limit)


def test_a_budget_has_a_limit():
    with pytest.raises(FormatError, match=r"a budget has no limit; give it rmse=0.01, accuracy=0"):
        Budget()


@pytest.mark.parametrize("text", ["rmse", "rmse=", "rmse=0", "accuracy=-1", "time=3", "rmse=nan"])
def test_a_budget_of_another_form_is_refused(text):
    with pytest.raises(FormatError, match=f"--budget is '{text}', expected rmse=R or accuracy=A"):
        parse_budget([text])


def test_the_beginning_of_a_trial_has_whole_samples_and_the_same_reference(labelled):
    small = labelled.beginning(130)
    assert (small.steps, small.each, len(small.labels.classes)) == (120, 20, 6)
    fresh = replace(small)
    np.testing.assert_array_equal(fresh.reference.spikes["a"], small.reference.spikes["a"])
    assert labelled.beginning(10**6).steps == labelled.steps
