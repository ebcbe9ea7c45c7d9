"""Making a build."""

import numpy as np
import pytest
from amaranth.hdl import Fragment

from nef2hw.boards.registry import find_board
from nef2hw.build import make
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.errors import CapacityError

BOARD = find_board("ulx3s")


@pytest.fixture
def model_path(tmp_path):
    path = tmp_path / "model.npz"
    weights = {"layers/0/weights": np.ones((8, 2))}
    np.savez(path, format="nef2hw-model-1", dt=0.001, **weights)
    return path


@pytest.fixture
def too_large(monkeypatch):
    """Refuse every core of more than four lanes, and stop at the first that fits."""

    def build_bitstream(top, *_args, **_options):
        Fragment.get(top, None)
        lanes = top.core.config.lanes
        if lanes > 4:
            raise CapacityError(f"{lanes} lanes do not fit")
        raise KeyboardInterrupt(lanes)

    monkeypatch.setattr(make, "BoardDesign", lambda _board, top, _pll: top)
    monkeypatch.setattr(make, "build_bitstream", build_bitstream)
    monkeypatch.setattr(make, "check_program", lambda *_args, **_options: None)


def test_a_core_that_is_too_large_is_tried_again_with_half_the_lanes(
    too_large, model_path, tmp_path
):
    messages = []
    with pytest.raises(KeyboardInterrupt, match="4"):
        make_build(model_path, BOARD, tmp_path / "b", notify=messages.append)
    assert any("8 lanes are too many, trying 4" in message for message in messages)


def test_lanes_that_the_user_names_are_not_changed(too_large, model_path, tmp_path):
    with pytest.raises(CapacityError, match="8 lanes do not fit"):
        make_build(model_path, BOARD, tmp_path / "b", BuildOptions(lanes=8))
    assert not (tmp_path / "b").exists()
