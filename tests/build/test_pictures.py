"""The plots of a report."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from nef2hw.build.check import check_program
from nef2hw.build.check_input import CheckInput
from nef2hw.build.pictures.figure import FLOAT, INK, WRONG
from nef2hw.build.pictures.pictures import draw_pictures
from nef2hw.build.pictures.plots import plot_raster, plot_sweep, plot_weights
from nef2hw.build.pictures.tuning import tuning_curves
from nef2hw.build.trial import make_trial
from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.fold import fold
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.model.network import Ensemble, IfNeurons, LifNeurons, RectifiedNeurons
from nef2hw.model.npz import load_model

CONTROLLER = load_model(Path(__file__).parent.parent.parent / "examples/controller/model.npz")


@pytest.fixture(scope="module")
def pictures():
    trial = make_trial(fold(CONTROLLER), CheckInput(steps=150))
    network = quantize(trial.folded)
    check = check_program(trial, assemble(network, CoreShape(8)), Precision(), prove=False)
    report = {
        "rates": check.rates,
        "sweep": [point.as_dict() for point in check.sweep],
        "fidelity": vars(check.fidelity),
        "precision": {"weight_bits": 8},
        "attribution": check.attribution.as_dict(),
    }
    return draw_pictures(CONTROLLER, trial, check.golden, network, report)


def test_everything_that_a_modeller_looks_for_is_plotted(pictures):
    assert [picture.title for picture in pictures] == [
        "Decoded values of force",
        "Decoded values of integral",
        "Spikes of reflex",
        "Spikes of integrator",
        "Tuning curves of reflex",
        "Tuning curves of integrator",
        "Error against bits",
        "Weights",
        "Firing rates of reflex",
        "Firing rates of integrator",
    ]


def test_plots_need_nothing_from_outside_and_take_the_colour_and_font_of_the_page(pictures):
    identifiers = []
    for picture in pictures:
        svg = ElementTree.fromstring(picture.svg.replace("xlink:href", "href"))
        assert svg.get("viewBox")
        assert svg.get("width") is None
        assert "http" not in picture.svg
        assert INK not in picture.svg
        assert "currentColor" in picture.svg
        assert "font-family" not in picture.svg
        assert "DejaVu" not in picture.svg
        assert {use.get("href")[1:] for use in svg.iter("use")} <= set(ids_of(picture.svg))
        identifiers += ids_of(picture.svg)
    assert len(identifiers) == len(set(identifiers))


def ids_of(svg):
    return re.findall(r' id="([^"]*)"', svg)


def curves_of(neurons, max_hz=200.0, encoders=None):
    ensemble = replace(CONTROLLER.ensembles[1], neurons=neurons, encoders=encoders)
    trained = replace(CONTROLLER, ensembles=(CONTROLLER.ensembles[0], ensemble))
    network = quantize(fold(trained))
    return tuning_curves(ensemble, network.population(ensemble.name), network, max_hz)


@pytest.mark.parametrize("neurons", [LifNeurons(), LifNeurons(tau_ref_s=0.0035)])
def test_tuning_curves_of_float_and_integers_are_alike(neurons):
    curves = curves_of(neurons, encoders=CONTROLLER.ensembles[1].encoders)
    assert curves.label == "represented value"
    assert curves.float_hz.shape == curves.golden_hz.shape == (41, 12)
    assert curves.float_hz.max() > 50
    assert np.abs(curves.golden_hz - curves.float_hz).max() <= 4


def test_a_tuning_curve_is_that_of_the_formula():
    neurons = LifNeurons(0.02, 0.002)
    curves = curves_of(neurons, encoders=CONTROLLER.ensembles[1].encoders)
    ensemble = CONTROLLER.ensembles[1]
    current = curves.at[-1] / ensemble.radius * ensemble.encoders[0, 0] * ensemble.gain[0]
    current += ensemble.bias[0]
    rate = 1 / (0.002 - 0.02 * np.log1p(-1 / current)) if current > 1 else 0.0
    assert curves.float_hz[-1, 0] == pytest.approx(rate, abs=2)


@pytest.mark.parametrize("neurons", [LifNeurons(), IfNeurons(), RectifiedNeurons()])
def test_without_encoders_a_curve_is_against_the_current_and_goes_beyond_the_highest_rate(neurons):
    ensemble = Ensemble("e", np.ones(3), np.full(3, 200.0), neurons)
    folded = fold(replace(CONTROLLER, ensembles=(ensemble,), connections=(), probes=()))
    network = quantize(folded)
    curves = tuning_curves(ensemble, network.population("e"), network, 100.0)
    assert curves.label == "current"
    assert curves.float_hz.shape == (41, 1)
    assert 105 < curves.float_hz.max() < 140
    assert np.abs(curves.golden_hz - curves.float_hz).mean() <= 1


def test_a_curve_of_neurons_that_hardly_fire_goes_up_to_some_spikes():
    ensemble = Ensemble("e", np.ones(3), np.full(3, 20.0), RectifiedNeurons())
    network = quantize(fold(replace(CONTROLLER, ensembles=(ensemble,), connections=(), probes=())))
    curves = tuning_curves(ensemble, network.population("e"), network, 0.5)
    assert curves.float_hz.max() == pytest.approx(20, abs=2)


def test_extremes_are_plotted_without_a_warning():
    silent = np.zeros((10, 3), dtype=np.uint8)
    assert "both (0)" in plot_raster("e", silent, silent, 0.001)
    assert "0.0% round to 0" in plot_weights({"c": np.zeros(5)}, 127)
    point = {"bits": 8, "decoded_rmse": {"p": 0.0}, "spikes": 0.0, "loss": 0.0}
    assert "accuracy" in plot_sweep([point], 8, {"p": 1.0}, 1.0, 0.0)
    assert "spikes" in plot_sweep([point], 8, {}, None, 0.0)


@pytest.mark.parametrize(("least", "between"), [(1e-3, True), (0.0, False)])
def test_errors_are_labelled_in_percent_as_far_as_there_is_room(least, between):
    points = [
        {"bits": bits, "decoded_rmse": {"p": rmse}, "spikes": 0.0, "loss": 0.02}
        for bits, rmse in ((4, 0.2), (8, least))
    ]
    svg = plot_sweep(points, 8, {"p": 1.0}, 0.97, 0.1)
    assert ">10%</text>" in svg
    assert (">2%</text>" in svg) == between
    assert re.search(r">9[5-7](\.\d+)?%</text>", svg)


def test_weights_are_within_the_ends_of_their_range():
    """A width of two bits holds what rounds to -1, 0 or 1."""
    figures = [plot_weights({"c": np.array([end, 0.3])}, 1) for end in (1.49, 1.51)]
    inside, outside = (rightmost_bar(svg) for svg in figures)
    assert inside <= right_end(figures[0]) + 1e-6
    assert outside > right_end(figures[1]) + 1


def corners(svg, style):
    """Points of every path in a style."""
    paths = re.findall(rf'<path d="([^"]*)"[^>]*style="{style}', svg)
    found = (re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path) for path in paths)
    return [[(float(x), float(y)) for x, y in points] for points in found]


def rightmost_bar(svg):
    """Right side of the last bar that is not empty."""
    bars = corners(svg, f"fill: {FLOAT}")
    return max(max(x for x, _ in bar) for bar in bars if len({y for _, y in bar}) > 1)


def right_end(svg):
    """Where the line at the upper end of the range is."""
    lines = corners(svg, f"fill: none; stroke: {WRONG}")
    return max(line[0][0] for line in lines if len({x for x, _ in line}) == 1)


def test_a_raster_counts_what_differs():
    wanted = np.zeros((20, 4), dtype=np.uint8)
    got = wanted.copy()
    wanted[[1, 5, 9], 2], got[[1, 6], 2] = 1, 1
    svg = plot_raster("e", wanted, got, 0.001)
    assert all(text in svg for text in ("both (1)", "float only (2)", "fixed only (1)"))
