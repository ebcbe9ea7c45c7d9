"""What every build measures of its own program: error against float, saturations, cycles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nef2hw.build.attribution import Attribution, attribute
from nef2hw.build.fidelity import Fidelity, Labels, compare
from nef2hw.build.noise import noise_stimulus
from nef2hw.build.options import load_labels
from nef2hw.build.rates import describe_rates
from nef2hw.compiler.cycles import (
    StepCycles,
    busiest_cycles,
    count_cycles,
    observed,
    silence,
    silent_cycles,
    step_cycles,
    synaptic_operations,
    uproar,
)
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.errors import StimulusError
from nef2hw.program.decode import count_saturated_inputs, encode_inputs
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.sim.compiled.verify import VerifyReport, verify
from nef2hw.sim.golden_runs import GoldenRun
from nef2hw.sim.reference import simulate_reference
from nef2hw.stimulus import Stimulus, hold_stimulus, load_stimulus
from nef2hw.tools import has_tool
from nef2hw.trace import Trace, join_traces

#: Steps of noise over which golden and float are compared, unless the user gives an input.
NOISE_STEPS = 500
#: Steps over which the RTL is compared with the golden model, and its cycles are counted.
PROOF_STEPS = 200
#: Steps over which the cycles of a typical one are counted without simulating the RTL.
COUNTED_STEPS = 50

Notify = Callable[[str], None]


@dataclass(frozen=True)
class CheckInput:
    """Stimulus over which golden model and float reference are compared."""

    path: Path | None = None  #: None: noise within the declared ranges
    labels_path: Path | None = None
    hold: int = 1  #: steps that each row of the input is held
    steps: int | None = None
    reset: bool = False  #: begin with the initial state for each row of the input


@dataclass(frozen=True)
class Check:
    """What was measured, and on what."""

    stimulus: str
    fidelity: Fidelity
    attribution: Attribution
    rates: Mapping[str, Any]  #: firing rates by ensemble
    saturations: Mapping[str, Mapping[str, int]]  #: clipped values, of inputs and of currents
    proof: VerifyReport | None  #: RTL against golden, if it was asked for and a compiler is there
    counted: Mapping[str, int]  #: cycles of a silent, a typical and the busiest step
    terms: Mapping[str, StepCycles]  #: what they are spent on
    operations: float  #: weights added in a typical step

    @property
    def cycles(self) -> dict[str, Any]:
        """Clock cycles of a step: counted, with their terms, and what simulated RTL took."""
        cycles: dict[str, Any] = dict(self.counted)
        cycles["terms"] = {name: asdict(step) for name, step in self.terms.items()}
        cycles["simulated"] = None
        if self.proof is not None:
            cycles["simulated"] = {
                "min": self.proof.cycles_min,
                "typical": round(self.proof.cycles_mean),
                "mean": self.proof.cycles_mean,
                "max": self.proof.cycles_max,
                "steps": self.proof.steps,
            }
        return cycles


def check_program(
    folded: FoldedNetwork,
    program: Program,
    wanted: CheckInput,
    *,
    prove: bool = True,
    notify: Notify = lambda _: None,
) -> Check:
    """Run float reference and golden model on the same stimulus and compare.

    With ``prove`` the RTL is simulated too, if there is a C++ compiler.

    Raises
    ------
    StimulusError
        Input or labels do not fit the model.
    """
    stimulus, labels = check_stimulus(folded, wanted)
    steps = len(next(iter(stimulus.values())))
    each = wanted.hold if wanted.reset else steps
    reference = join_traces([simulate_reference(folded, part) for part in _parts(stimulus, each)])
    codes = encode_inputs(program.network, stimulus)
    golden, currents = _run_golden(program.network, codes, each)
    name = wanted.path.name if wanted.path else f"noise, {NOISE_STEPS} steps"
    name += ", a reset before each row" if wanted.reset else ""
    spike_probes = [probe.name for probe in folded.probes if probe.kind == "spikes"]
    proof = None
    if prove and has_tool("c++"):
        proof = verify(program, stimulus, steps=PROOF_STEPS, notify=notify)
    typical = count_cycles(
        program,
        {port: rows[:COUNTED_STEPS] for port, rows in codes.items()},
        golden.spikes,
        golden.relayed,
    )
    activity = observed(program, codes, golden.spikes, golden.relayed)
    return Check(
        name,
        compare(reference, golden, labels, spike_probes),
        attribute(folded, program.network, stimulus, each, labels),
        describe_rates(folded, program.network, reference, golden),
        {"inputs": count_saturated_inputs(program.network, stimulus), "currents": currents},
        proof,
        {
            "min": silent_cycles(program),
            "typical": round(float(typical.mean())),
            "max": busiest_cycles(program),
        },
        {
            "min": step_cycles(program, silence(program)),
            "typical": step_cycles(program, activity),
            "max": step_cycles(program, uproar(program)),
        },
        synaptic_operations(program.network, activity),
    )


def _run_golden(
    network: QuantizedNetwork, codes: Mapping[str, CodeArray], each: int
) -> tuple[Trace, Mapping[str, int]]:
    """Run the golden model, from the start again after ``each`` so many steps.

    Returns the trace of all and how many currents saturated.
    """
    samples = {name: rows.reshape(-1, each, rows.shape[1]) for name, rows in codes.items()}
    run = GoldenRun(network, len(next(iter(samples.values()))))
    record = run.run({name: rows.swapaxes(0, 1) for name, rows in samples.items()})
    return join_traces(record.traces(network)), run.saturated_currents


def _parts(stimulus: Stimulus, each: int) -> list[Stimulus]:
    """Cut a stimulus into parts of ``each`` so many steps."""
    steps = len(next(iter(stimulus.values())))
    return [
        {name: rows[first : first + each] for name, rows in stimulus.items()}
        for first in range(0, steps, each)
    ]


def check_stimulus(folded: FoldedNetwork, wanted: CheckInput) -> tuple[Stimulus, Labels | None]:
    """Read what the user gave, each row held; or make noise."""
    if wanted.path is None:
        if wanted.labels_path is not None:
            raise StimulusError(f"{wanted.labels_path} labels an input; name it with --input")
        if wanted.reset:
            raise StimulusError("a reset before each row needs an input; name it with --input")
        return noise_stimulus(folded.inputs, wanted.steps or NOISE_STEPS), None
    if wanted.reset and wanted.steps is not None and wanted.steps % wanted.hold:
        raise StimulusError(
            f"{wanted.steps} steps are no whole number of rows of {wanted.hold} steps each, with a "
            f"reset before each row; try --steps {max(1, wanted.steps // wanted.hold) * wanted.hold}"
        )
    labels = load_labels(wanted.labels_path, wanted.hold) if wanted.labels_path else None
    return load_held_stimulus(wanted.path, folded, wanted.hold, wanted.steps), labels


def load_held_stimulus(
    path: Path | None, folded: FoldedNetwork, hold: int, steps: int | None
) -> Stimulus:
    """Read an input file and hold each of its rows for ``hold`` steps.

    No file is needed where every input has a default.
    """
    if path is None:
        free = [source.name for source in folded.inputs if source.default is None]
        if free:
            raise StimulusError(f"{', '.join(free)}: to be given; name a file with --input")
        return hold_stimulus({}, folded.inputs, steps)
    if hold == 1:
        return load_stimulus(path, folded.inputs, steps)
    rows = load_stimulus(path, folded.inputs)
    return {name: np.repeat(values, hold, axis=0)[:steps] for name, values in rows.items()}
