"""``compile --budget --data``, from a file of samples to the report."""

import json

import numpy as np
from click.testing import CliRunner

from nef2hw.cli.main import main


def test_a_budget_chooses_formats_on_the_data_and_the_report_tells(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    kernels = rng.normal(0, 0.5, (30, 6)), rng.normal(0, 0.01, (3, 30))
    layers = {
        "layers/0/weights": kernels[0],
        "layers/0/neuron_bias": np.ones(30),
        "layers/0/synapse": 0.01,
        "layers/1/weights": kernels[1],
        "layers/1/neuron_type": "none",
    }
    np.savez("model.npz", format="nef2hw-model-1", dt=0.001, **layers)
    np.savez("xy.npz", x=rng.uniform(-1, 1, (40, 6)), labels=rng.integers(0, 3, 40))
    options = ["--data", "xy.npz", "--hold", "20", "--budget", "accuracy=0.05", "--input-bits", "9"]
    command = ["compile", "model.npz", "--board", "ulx3s", "--no-bitstream", "-o", "build"]
    done = CliRunner().invoke(main, [*command, *options])
    assert done.exit_code == 0, done.output
    assert "chosen to keep accuracy=0.05" in done.output
    report = json.loads((tmp_path / "build" / "report.json").read_text())
    chosen, fidelity = report["precision"], report["fidelity"]
    assert chosen["input_bits"] == 9
    assert chosen["weight_bits"] == report["formats"]["weight_bits"] < 8
    assert fidelity["accuracy_float"] - fidelity["accuracy_golden"] <= 0.05
    assert fidelity["stimulus"] == "xy.npz"
    assert report["attribution"]["accuracy_float"] is not None
    refused = CliRunner().invoke(main, [*command, "--budget", "accuracy=0.05"])
    assert refused.exit_code == 1
    assert "needs the right classes; give --data" in refused.output
