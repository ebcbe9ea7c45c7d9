"""A network laid out for the core that suits a board."""

from __future__ import annotations

from collections.abc import Iterable

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.sizing.choice import Form, first_that_fits, weigh_cores
from nef2hw.build.sizing.demands import Demands
from nef2hw.compiler.assemble import assemble
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program


def compile_for_board(
    forms: Iterable[tuple[Form, QuantizedNetwork]],
    board: BoardSpec,
    demands: Demands | None = None,
) -> tuple[Form, Program]:
    """Assemble the first form of a network of which a core fits, for the core that is best.

    Parameters
    ----------
    forms
        What the caller knows a form by, and its integers; no more are asked for than are needed.

    Raises
    ------
    CapacityError
        No core that is wanted fits the board.
    """
    weighed = (((form, network), weigh_cores(network, board, demands)) for form, network in forms)
    (form, network), weighing = first_that_fits(weighed)
    return form, assemble(network, weighing.choose().chosen.shape)
