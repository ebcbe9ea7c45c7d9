"""Reports say which connections are factored, and ``--dense`` forbids it."""

import json

from click.testing import CliRunner

import nef2hw
from nef2hw.build.diagnose import diagnose
from nef2hw.build.factored import describe_factored
from nef2hw.cli.main import main
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from tests.compiler.test_factor import channel, recurrent


def test_each_factored_ensemble_is_told_with_its_weights_both_ways():
    assert describe_factored(quantize(fold(recurrent()))) == {
        "ring": {
            "pre": ["x", "ring", "other"],
            "dimensions": 2,
            "weights": 2 * 2 * (1 + 400 + 30) + 2 * 400,
            "weights_if_dense": (1 + 400 + 30) * 400,
        }
    }
    assert describe_factored(quantize(fold(recurrent(), dense=True))) == {}


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


def test_networks_in_python_are_factored_unless_told_otherwise():
    factored, dense = (nef2hw.compile(channel(300), dense=choice) for choice in (False, True))
    assert [relay.name for relay in factored.folded.relays] == ["relays/b"]
    assert dense.folded.relays == ()
    assert factored.program.config.relaying
    assert not dense.program.config.relaying
