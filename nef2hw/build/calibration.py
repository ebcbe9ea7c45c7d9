"""Data on which formats are chosen, for those who have it in arrays instead of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.build.check_input import CheckInput, arrange_data
from nef2hw.build.options import whole_classes
from nef2hw.build.trial import Trial, make_trial, trial_of
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import StimulusError
from nef2hw.stimulus import only_input

#: What messages call it.
PLACE = "the calibration"


@dataclass(frozen=True, eq=False)
class Calibration:
    """Samples of what a network will be given, and the right answers.

    Parameters
    ----------
    x
        For the only input, or one such array for each input by name: (steps, size), or
        (samples, steps, size) for samples of several steps that follow each other.
    labels
        (presentations,) whole numbers from 0, the right class of each row of ``hold`` steps, or
        of each sample; needed for a budget of accuracy.
    hold
        Steps for which each row of (steps, size) is held.
    reset
        Begin from the initial state for each row or sample.
    """

    x: npt.ArrayLike | Mapping[str, npt.ArrayLike]
    labels: npt.ArrayLike | None = None
    hold: int = 1
    reset: bool = False


def calibration_trial(folded: FoldedNetwork, given: Calibration | None) -> Trial:
    """Prepare the comparison of golden model and float network on ``given``, or on noise.

    Raises
    ------
    StimulusError
        The data does not fit the network.
    """
    if given is None:
        return make_trial(folded, CheckInput())
    if not isinstance(given.hold, (int, np.integer)) or given.hold < 1:
        raise StimulusError(f"{PLACE}: hold is {given.hold!r}, expected whole steps, at least 1")
    if isinstance(given.x, Mapping):
        arrays = {name: np.asarray(rows) for name, rows in given.x.items()}
    else:
        arrays = {only_input(folded.inputs, PLACE).name: np.asarray(given.x)}
    classes = None
    if given.labels is not None:
        classes = whole_classes(np.asarray(given.labels), f"{PLACE}: labels")
    wanted = CheckInput(hold=given.hold, reset=given.reset)
    arranged = arrange_data(folded, wanted, PLACE, arrays, classes)
    return trial_of(folded, arranged, PLACE, given.reset)
