"""What every build measures of its own program: error against float, saturations, cycles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nef2hw.build.fidelity import Fidelity, Labels, compare
from nef2hw.build.noise import noise_stimulus
from nef2hw.build.options import load_labels
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import StimulusError
from nef2hw.program.program import Program
from nef2hw.sim.reference import simulate_reference
from nef2hw.stimulus import Stimulus, load_stimulus

#: Steps of noise over which golden and float are compared, unless the user gives an input.
NOISE_STEPS = 500


@dataclass(frozen=True)
class CheckInput:
    """Stimulus over which golden model and float reference are compared."""

    path: Path | None = None  #: None: noise within the declared ranges
    labels_path: Path | None = None
    hold: int = 1  #: steps that each row of the input is held
    steps: int | None = None


@dataclass(frozen=True)
class Check:
    """What was measured, and on what."""

    stimulus: str
    fidelity: Fidelity
    saturations: Mapping[str, int]  #: values of inputs and currents that were clipped


def check_program(folded: FoldedNetwork, program: Program, wanted: CheckInput) -> Check:
    """Run float reference and golden model on the same stimulus and compare.

    Raises
    ------
    StimulusError
        Input or labels do not fit the model.
    """
    stimulus, labels = check_stimulus(folded, wanted)
    reference = simulate_reference(folded, stimulus)
    golden, saturations = simulate_golden(program, stimulus)
    name = wanted.path.name if wanted.path else f"noise, {NOISE_STEPS} steps"
    return Check(name, compare(reference, golden, labels), saturations)


def check_stimulus(folded: FoldedNetwork, wanted: CheckInput) -> tuple[Stimulus, Labels | None]:
    """Read what the user gave, each row held; or make noise."""
    if wanted.path is None:
        if wanted.labels_path is not None:
            raise StimulusError(f"{wanted.labels_path} labels an input; name it with --input")
        return noise_stimulus(folded.inputs, wanted.steps or NOISE_STEPS), None
    labels = load_labels(wanted.labels_path, wanted.hold) if wanted.labels_path else None
    return load_held_stimulus(wanted.path, folded, wanted.hold, wanted.steps), labels


def load_held_stimulus(path: Path, folded: FoldedNetwork, hold: int, steps: int | None) -> Stimulus:
    """Read an input file and hold each of its rows for ``hold`` steps."""
    if hold == 1:
        return load_stimulus(path, folded.inputs, steps)
    rows = load_stimulus(path, folded.inputs)
    return {name: np.repeat(values, hold, axis=0)[:steps] for name, values in rows.items()}
