"""The compiler for those who work in Python instead of files."""

from __future__ import annotations

import os

from nef2hw.boards.registry import find_board
from nef2hw.build.shape import compile_for_board
from nef2hw.compiler.fold import fold
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.model.network import TrainedNetwork
from nef2hw.model.npz import load_model
from nef2hw.program.program import Program


def load(path: str | os.PathLike[str]) -> TrainedNetwork:
    """Read a model file.

    Raises
    ------
    ModelError
        Naming the key, what was found and what is expected.
    """
    return load_model(path)


def compile(
    network: TrainedNetwork,
    board: str = "ulx3s_85f",
    *,
    precision: Precision | None = None,
    lanes: int | None = None,
) -> Program:
    """Compile ``network`` for a core that ``board`` can hold; no tool is run.

    Raises
    ------
    Nef2hwError
        The network cannot be done in integers of that precision, or does not fit the board.
    """
    return compile_for_board(quantize(fold(network), precision), find_board(board), lanes)
