"""What every build measures of its own program: error against float, saturations, cycles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nef2hw.build.attribution import Attribution, attribute
from nef2hw.build.fidelity import Fidelity
from nef2hw.build.rates import describe_rates
from nef2hw.build.sweep import WEIGHT_BITS, Point, small_trial, sweep
from nef2hw.build.trial import Trial
from nef2hw.compiler.cycles import (
    Activity,
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
from nef2hw.compiler.precision import Precision
from nef2hw.program.decode import count_saturated_inputs, encode_inputs
from nef2hw.program.fixed_point import CodeArray
from nef2hw.program.program import Program
from nef2hw.sim.compiled.verify import VerifyReport, verify
from nef2hw.tools import has_tool
from nef2hw.trace import Trace

#: Steps over which the RTL is compared with the golden model, and its cycles are counted.
PROOF_STEPS = 200
#: Steps over which the cycles of a typical one are counted without simulating the RTL.
COUNTED_STEPS = 50

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Check:
    """What was measured, and on what."""

    stimulus: str
    golden: Trace  #: what the golden model did
    fidelity: Fidelity
    attribution: Attribution
    rates: Mapping[str, Any]  #: firing rates by ensemble
    sweep: Sequence[Point]  #: errors with narrower and wider weights
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
    trial: Trial,
    program: Program,
    precision: Precision,
    *,
    prove: bool = True,
    notify: Notify = lambda _: None,
) -> Check:
    """Run float reference and golden model on the same stimulus and compare.

    With ``prove`` the RTL is simulated too, if there is a C++ compiler.

    Raises
    ------
    StimulusError
        The labels do not fit the probes.
    """
    folded, network = trial.folded, program.network
    golden, currents = trial.golden(network)
    codes = encode_inputs(network, trial.stimulus)
    proof = _proof(trial, program, notify) if prove else None
    activity = observed(program, codes, golden.spikes, golden.relayed)
    return Check(
        stimulus=trial.name,
        golden=golden,
        fidelity=trial.compare(golden),
        attribution=attribute(folded, network, trial.stimulus, trial.each, trial.labels),
        rates=describe_rates(folded, network, trial.reference, golden),
        sweep=tuple(sweep(small_trial(trial), precision, "weight_bits", WEIGHT_BITS)),
        saturations={
            "inputs": count_saturated_inputs(network, trial.stimulus),
            "currents": currents,
        },
        proof=proof,
        counted=_counted(program, codes, golden),
        terms=_terms(program, activity),
        operations=synaptic_operations(network, activity),
    )


def _proof(trial: Trial, program: Program, notify: Notify) -> VerifyReport | None:
    """Compare the RTL with the golden model, if there is a C++ compiler."""
    if not has_tool("c++"):
        return None
    return verify(program, trial.stimulus, steps=PROOF_STEPS, notify=notify)


def _counted(program: Program, codes: Mapping[str, CodeArray], golden: Trace) -> dict[str, int]:
    """Count the cycles of a silent, a typical and the busiest step."""
    first = {port: rows[:COUNTED_STEPS] for port, rows in codes.items()}
    typical = count_cycles(program, first, golden.spikes, golden.relayed)
    return {
        "min": silent_cycles(program),
        "typical": round(float(typical.mean())),
        "max": busiest_cycles(program),
    }


def _terms(program: Program, activity: Activity) -> dict[str, StepCycles]:
    """Say what the cycles of a silent, a typical and the busiest step are spent on."""
    return {
        "min": step_cycles(program, silence(program)),
        "typical": step_cycles(program, activity),
        "max": step_cycles(program, uproar(program)),
    }
