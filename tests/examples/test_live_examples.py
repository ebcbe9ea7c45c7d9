"""The live examples do what they claim, and draw it; the golden model stands in for the board."""

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import nef2hw
from nef2hw.errors import LinkFault, ToolError
from nef2hw.live import new_figure, run_live
from tests.examples.golden_session import GoldenSession

EXAMPLES = Path(__file__).parents[2] / "examples"
PNG = b"\x89PNG"


def load_script(path):
    """Import a script of the examples."""
    name = f"example_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def golden_connect(monkeypatch):
    @contextmanager
    def connect(network, port, **_):
        assert port == "sim"
        yield GoldenSession(network.program)

    monkeypatch.setattr(nef2hw, "connect", connect, raising=False)


@pytest.fixture
def headless(monkeypatch):
    pytest.importorskip("matplotlib").use("agg")
    monkeypatch.setenv("MPLBACKEND", "agg")


def run(script, *arguments):
    result = CliRunner().invoke(load_script(script).main, ["--port", "sim", *map(str, arguments)])
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


@pytest.mark.usefixtures("golden_connect", "headless")
def test_the_controller_lifts_and_holds_the_load(tmp_path):
    told = run(
        EXAMPLES / "controller" / "run.py",
        "--no-plot",
        "--save",
        tmp_path / "run.png",
    )
    assert "1600 rows of 5 steps" in told
    assert float(told.rsplit(":", 1)[1].split()[0]) < 0.15
    assert (tmp_path / "run.png").read_bytes()[:4] == PNG


@pytest.mark.usefixtures("golden_connect", "headless")
def test_digits_are_classified_live(tmp_path):
    told = run(
        EXAMPLES / "digits" / "live.py", "--no-plot", "--images", 40, "--save", tmp_path / "d.png"
    )
    assert "40 images, " in told
    assert float(told.split("%")[0].split()[-1]) > 90
    assert (tmp_path / "d.png").read_bytes()[:4] == PNG


def test_the_controllers_model_is_what_its_script_builds():
    pytest.importorskip("nengo")
    script = load_script(EXAMPLES / "controller" / "train.py")
    ranges = {"error": (-2.0, 2.0), "speed": (-4.0, 4.0)}
    built = nef2hw.from_nengo(script.controller(), ranges=ranges)
    kept = nef2hw.load(EXAMPLES / "controller" / "model.npz")
    for one, other in zip(built.ensembles, kept.ensembles, strict=True):
        np.testing.assert_allclose(one.gain, other.gain, rtol=1e-6)


def test_a_plot_without_matplotlib_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ToolError, match=r"needs matplotlib: pip install .nef2hw\[plot\].*without"):
        new_figure(1, 1)


@pytest.mark.usefixtures("headless")
def test_an_error_of_the_board_ends_a_live_picture():
    def work():
        raise LinkFault("lost")

    new_figure(1, 1)
    with pytest.raises(LinkFault, match="lost"):
        run_live(work, lambda: None, window=False)


def test_without_a_picture_the_work_is_done_at_once():
    done = []
    run_live(lambda: done.append(1), None)
    assert done == [1]
