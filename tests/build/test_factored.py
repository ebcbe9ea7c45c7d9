"""Reports say which connections are factored, and ``--dense`` forbids it."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import nef2hw
from nef2hw.boards.registry import find_board
from nef2hw.build import source
from nef2hw.build.compiled_model import explain_model
from nef2hw.build.diagnose import diagnose
from nef2hw.build.factored import describe_factored
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.build.source import load_source
from nef2hw.cli.main import main
from nef2hw.compiler.factor import Factoring, factorings
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import CapacityError
from tests.compiler.test_factor import channel, ensemble, link, model, recurrent


def test_each_factored_ensemble_is_told_with_its_weights_both_ways():
    assert describe_factored(quantize(fold(recurrent()))) == {
        "ring": {
            "pre": ["x", "ring", "other"],
            "dimensions": 2,
            "weights": 2 * 2 * (1 + 400 + 30) + 2 * 400,
            "weights_if_dense": (1 + 400 + 30) * 400,
        }
    }
    assert describe_factored(quantize(fold(recurrent(), Factoring.NEVER))) == {}


def test_the_size_of_a_network_counts_what_is_relayed_apart():
    size = diagnose(recurrent).size
    assert (size["relayed_values"], size["readout_values"]) == (2, 1)
    assert size["factored_weights"] < size["factored_weights_if_dense"] / 50
    assert "relayed_values" not in diagnose(lambda: channel(100)).size


def test_compile_factors_unless_told_otherwise(tmp_path):
    channel(300).save(tmp_path / "model.npz")
    weights = {}
    for name, options in (("factored", ()), ("dense", ("--dense",))):
        arguments = ("compile", tmp_path / "model.npz", "--board", "ulx3s", "--no-bitstream")
        output = ("--lanes", 32, "--neuron-lanes", 1, "-o", tmp_path / name, "--steps", 50)
        done = CliRunner().invoke(main, [str(a) for a in (*arguments, *output, *options)])
        assert done.exit_code == 0, done.output
        report = json.loads((tmp_path / name / "report.json").read_text())
        weights[name] = report["memories"]["weights"]["bits"]
        assert list(report["factored"]) == ["b"] * (name == "factored")
        assert "gangs/0" not in report["readouts"]
        page = (tmp_path / name / "report.html").read_text()
        assert ("Factored connections" in page) == (name == "factored")
    assert weights["factored"] < weights["dense"] / 4


def large():
    """Dense, it has more weights than small boards hold."""
    return model(
        *(ensemble(name, 300, 16, seed=k) for k, name in enumerate("abc")),
        link("xa", "x", "a", transform=np.ones((16, 1))),
        link("xb", "x", "b", transform=np.ones((16, 1))),
        link("ac", "a", "c", (16, 300), synapse=0.005),
        link("bc", "b", "c", (16, 300), synapse=0.005),
        {"probes/out/target": "c", "probes/out/decoders": np.ones((1, 300)) * 1e-3},
    )


def test_what_does_not_fit_the_board_dense_is_factored(tmp_path):
    trained = large()
    assert fold(trained).relays == ()
    assert factorings(trained) == (Factoring.FASTER, Factoring.SMALLER)
    assert nef2hw.compile(trained, "ulx3s_85f").folded.relays == ()
    compiled = nef2hw.compile(trained, "ulx3s_12f")
    assert [relay.name for relay in compiled.folded.relays] == ["relays/c"]
    assert compiled.network.relays
    with pytest.raises(CapacityError, match="ulx3s_12f: no core fits"):
        nef2hw.compile(trained, "ulx3s_12f", dense=True)
    board = find_board("ulx3s_12f")
    found = diagnose(large, board)
    assert (found.problems, found.size["relayed_values"]) == ((), 16)
    trained.save(tmp_path / "model.npz")
    build = make_build(tmp_path / "model.npz", board, tmp_path / "b", BuildOptions(bitstream=False))
    assert list(build.report["factored"]) == ["c"]
    explained = explain_model(tmp_path / "model.npz", board, BuildOptions())
    assert explained["problem"] is None
    assert (
        "no core fits"
        in explain_model(tmp_path / "model.npz", board, BuildOptions(dense=True))["problem"]
    )


def test_a_model_without_a_build_is_factored_where_its_core_needs_that(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "DEFAULT_BOARD", "ulx3s_12f")
    large().save(tmp_path / "model.npz")
    found = load_source(tmp_path / "model.npz")
    assert found.program.network.relays
    assert not found.network.relays


def test_networks_in_python_are_factored_unless_told_otherwise():
    factored, dense = (nef2hw.compile(channel(300), dense=choice) for choice in (False, True))
    assert [relay.name for relay in factored.folded.relays] == ["relays/b"]
    assert dense.folded.relays == ()
    assert factored.program.config.relaying
    assert not dense.program.config.relaying
