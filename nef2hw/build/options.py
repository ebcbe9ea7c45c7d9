"""What a user may ask of a build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.archive import read_npy
from nef2hw.boards.spec import BoardSpec
from nef2hw.build.budget import Budget
from nef2hw.build.fidelity import Labels
from nef2hw.build.seeds import SEEDS
from nef2hw.build.sizing.demands import Demands
from nef2hw.compiler.precision import Bits
from nef2hw.errors import CapacityError, StimulusError

#: How far the rate of a serial port may lie from the nominal one: half a bit in a frame of ten,
#: shared by both ends.
BAUD_TOLERANCE = 0.02


@dataclass(frozen=True)
class BuildOptions:
    """Choices for structure, formats and tools; None leaves a choice to the compiler."""

    bits: Bits = field(default_factory=Bits)
    budget: Budget | None = None  #: formats are the cheapest that keep it
    demands: Demands = field(default_factory=Demands)
    seed: int | None = None  #: of placement, or the first of several
    seeds: int | None = None  #: so many placements, as many at once as there are processors
    clock_hz: float | None = None
    bitstream: bool = True
    dense: bool = False  #: factor no connection
    standard_core: bool = False  #: the board's own, instead of one made for the network
    cache: bool = True  #: use placed cores of earlier builds, and keep this one

    @property
    def tried_seeds(self) -> Sequence[int]:
        """Seeds of placement, in the order in which they are tried."""
        first = SEEDS[0] if self.seed is None else self.seed
        if self.seeds is not None:
            return range(first, first + self.seeds)
        return SEEDS if self.seed is None else (self.seed,)


def load_labels(path: Path, hold: int) -> Labels:
    """Read the classes of a test set, an ``.npy`` file of whole numbers.

    Raises
    ------
    StimulusError
        The file holds something else.
    """
    return Labels(whole_classes(read_npy(path, StimulusError), str(path)), hold)


def whole_classes(found: npt.NDArray[Any], place: str) -> npt.NDArray[np.int64]:
    """Return the classes of a test set, (presentations,).

    Raises
    ------
    StimulusError
        They are no whole numbers from 0.
    """
    if found.ndim != 1 or found.dtype.kind not in "iu" or (found.size and int(found.min()) < 0):
        raise StimulusError(
            f"{place} has shape {found.shape} and dtype {found.dtype}, expected one whole number "
            "from 0 for each presentation"
        )
    return found.astype(np.int64)


def uart_divisor(board: BoardSpec, clock_hz: float) -> int:
    """Clock cycles per bit of the serial port.

    Raises
    ------
    CapacityError
        The clock gives no rate near that of the board's port.
    """
    divisor = max(1, round(clock_hz / board.baud))
    reached = clock_hz / divisor
    if abs(reached - board.baud) > BAUD_TOLERANCE * board.baud:
        raise CapacityError(
            f"{board.name}: a clock of {clock_hz / 1e6:g} MHz gives {reached:.0f} baud, the serial "
            f"port needs {board.baud} within {BAUD_TOLERANCE:.0%}; try another --clock"
        )
    return divisor
