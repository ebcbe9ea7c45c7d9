"""A folder that the tests of commands share."""

import numpy as np
import pytest

from tests.cli.commands import invoke, two_ensembles


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder with a model, an input, and builds for both boards."""
    path = tmp_path_factory.mktemp("cli")
    np.savez(path / "model.npz", **two_ensembles())
    np.save(path / "x.npy", np.linspace(-1, 1, 20)[:, np.newaxis])
    for board in ("ulx3s", "icebreaker"):
        result = invoke(
            "compile", path / "model.npz", "--board", board, "--lanes", 8, "--neuron-lanes", 1,
            "--no-bitstream", "-o", path / board,
        )  # fmt: skip
        assert result.exit_code == 0, result.output
    return path
