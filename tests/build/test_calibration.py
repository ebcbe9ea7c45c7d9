"""Data in arrays on which formats are chosen."""

import numpy as np
import pytest

import nef2hw
from nef2hw.build.calibration import Calibration, calibration_trial
from nef2hw.build.check_input import NOISE_STEPS, CheckInput
from nef2hw.build.trial import make_trial
from nef2hw.errors import FormatError, StimulusError
from tests.sim import networks

FOLDED = networks.layered()
RNG = np.random.default_rng(5)
ROWS, CLASSES = RNG.uniform(-1, 1, (12, FOLDED.inputs[0].size)), RNG.integers(0, 2, 12)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("samples", [False, True])
def test_arrays_are_taken_as_those_of_a_file_are(tmp_path, samples, reset):
    x = np.repeat(ROWS[:, np.newaxis], 5, axis=1) if samples else ROWS
    hold = 1 if samples else 5
    np.savez(tmp_path / "xy.npz", x=x, labels=CLASSES)
    wanted = make_trial(FOLDED, CheckInput(hold=hold, reset=reset, data_path=tmp_path / "xy.npz"))
    for given in (x, {"x": x.tolist()}):
        found = calibration_trial(FOLDED, Calibration(given, CLASSES.tolist(), hold, reset))
        assert found.each == wanted.each == (5 if reset else 60)
        assert found.labels.hold == wanted.labels.hold == 5
        np.testing.assert_array_equal(found.labels.classes, CLASSES)
        np.testing.assert_array_equal(found.stimulus["x"], wanted.stimulus["x"])
        assert found.name == "the calibration" + ", a reset before each row" * reset


def test_without_data_there_is_noise():
    found = calibration_trial(FOLDED, None)
    assert (found.name, found.steps) == ("noise", NOISE_STEPS)


@pytest.mark.parametrize(
    ("calibration", "message"),
    [
        (Calibration(ROWS, hold=0), "the calibration: hold is 0, expected whole steps, at least 1"),
        (Calibration(ROWS, hold=2.5), r"the calibration: hold is 2\.5, expected whole steps"),
        (Calibration(ROWS, CLASSES - 5), "the calibration: labels has shape .* expected one whole"),
        (Calibration(ROWS[:, 1:]), r"the calibration: input 'x' has shape \(12, \d\), expected"),
        (Calibration({"y": ROWS}), "the calibration: 'y' is not an input of the model"),
        (Calibration(ROWS[:, :, None, None]), r"the calibration: input 'x' has shape \(12, \d, 1"),
        (Calibration(ROWS[:, None], hold=3), "the calibration holds samples of several steps"),
        (Calibration(ROWS[:, None][:, :0]), r"the calibration: input 'x' has shape \(0, \d\)"),
    ],
)
def test_data_that_does_not_fit_is_refused(calibration, message):
    with pytest.raises(StimulusError, match=message):
        calibration_trial(FOLDED, calibration)


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(1)
    layers = [
        nef2hw.Dense(rng.normal(0, 0.5, (6, 30)), np.ones(30)),
        nef2hw.Lif(gain=np.ones(30), bias=np.ones(30), amplitude=0.01, synapse=0.02),
        nef2hw.Dense(rng.normal(0, 0.3, (30, 3)), np.zeros(3)),
    ]
    return nef2hw.from_layers(layers, input_range=(-1, 1))


def compile_with(network, **options):
    return nef2hw.compile(network, "ulx3s", lanes=4, **options)


def test_a_budget_is_kept_with_widths_that_stay(network):
    rng = np.random.default_rng(2)
    x, labels = rng.uniform(-1, 1, (30, 6)), rng.integers(0, 3, 30)
    found = compile_with(
        network,
        precision=nef2hw.Bits(input_bits=9),
        budget=nef2hw.Budget(accuracy=0.1),
        calibration=nef2hw.Calibration(x, labels, hold=20),
    )
    assert found.chosen.precision.input_bits == 9
    assert found.program.network.formats.weight_bits == found.chosen.precision.weight_bits < 8
    assert found.chosen.search.errors.loss <= 0.1


def test_a_budget_of_rmse_is_kept_on_noise(network):
    tight, loose = (
        compile_with(network, budget=nef2hw.Budget(rmse=limit)).chosen for limit in (0.05, 1.0)
    )
    assert tight.search.errors.decoded_rmse["output"] <= 0.05
    assert loose.precision.weight_bits < tight.precision.weight_bits


def test_widths_without_a_budget_are_those_given_over_the_usual_ones(network):
    for precision in (nef2hw.Bits(weight_bits=6), nef2hw.Precision(weight_bits=6)):
        found = compile_with(network, precision=precision)
        assert found.chosen.precision == nef2hw.Precision(weight_bits=6)
        assert found.program.network.formats.weight_bits == 6
    assert compile_with(network).chosen.precision == nef2hw.Precision()


def test_data_without_a_budget_is_refused(network):
    with pytest.raises(StimulusError, match="calibration data is what a budget is kept on; give"):
        compile_with(network, calibration=nef2hw.Calibration(np.zeros((1, 6))))


def test_all_widths_and_a_budget_are_refused(network):
    message = r"Precision\(.*\) fixes all widths, and the budget rmse=0.1 has nothing to choose"
    with pytest.raises(FormatError, match=message):
        compile_with(network, precision=nef2hw.Precision(), budget=nef2hw.Budget(rmse=0.1))


def test_a_budget_of_accuracy_needs_labels(network):
    with pytest.raises(StimulusError, match=r"needs the right classes; .*Calibration\(x, labels\)"):
        compile_with(network, budget=nef2hw.Budget(accuracy=0.1))
