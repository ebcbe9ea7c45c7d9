"""A network laid out for the core that suits a board."""

from __future__ import annotations

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.sizing.choice import size_core
from nef2hw.build.sizing.demands import Demands
from nef2hw.compiler.assemble import assemble
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program


def compile_for_board(
    network: QuantizedNetwork,
    board: BoardSpec,
    demands: Demands | None = None,
    clock_hz: float | None = None,
) -> Program:
    """Assemble ``network`` for the core that `size_core` chooses.

    Raises
    ------
    CapacityError
        No core that is wanted fits the board.
    """
    return assemble(network, size_core(network, board, demands, clock_hz).chosen.shape)
