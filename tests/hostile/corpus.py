"""All bad files, and the good ones that they are made from."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from nef2hw.cli.main import main
from tests.hostile.bad import Bad
from tests.hostile.boards import board_cases
from tests.hostile.builds import build_cases
from tests.hostile.inputs import input_cases
from tests.hostile.models import model_cases
from tests.hostile.networks import network_cases
from tests.hostile.places import place_cases
from tests.model.models import full_model

VECTORS = Path(__file__).parents[1] / "vectors"


def all_cases() -> list[Bad]:
    """Return the whole corpus."""
    return [
        *model_cases(),
        *input_cases(),
        *network_cases(),
        *build_cases(),
        *board_cases(),
        *place_cases(),
    ]


def write_good(folder: Path) -> None:
    """Write the good files, a build among them."""
    np.savez(folder / "model.npz", **full_model())
    np.savez(folder / "x.npz", x=np.zeros((4, 1)), s=np.zeros((4, 3)))
    np.savez(folder / "row.npz", x=np.zeros((1, 1)), s=np.zeros((1, 3)))
    shutil.copyfile(VECTORS / "nir" / "spikingjelly.nir", folder / "network.nir")
    shutil.copyfile(VECTORS / "nengo_dl" / "keras2_weights.h5", folder / "weights.h5")
    shutil.copyfile(VECTORS / "nengo_dl" / "keras3_model.keras", folder / "model.keras")
    (folder / "precious").mkdir()
    (folder / "precious" / "mine").write_text("precious")
    made = CliRunner().invoke(
        main,
        [
            "compile", str(folder / "model.npz"), "--board", "ulx3s", "--lanes", "4",
            "--neuron-lanes", "1", "--no-bitstream", "-o", str(folder / "build"),
        ],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
