"""The data on which a network in integers is compared with the float network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from nef2hw.build.check_input import CheckInput, Given, check_stimulus
from nef2hw.build.fidelity import Fidelity, FloatArray, Labels, compare
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.program.decode import encode_inputs
from nef2hw.program.network import QuantizedNetwork
from nef2hw.sim.golden_runs import GoldenRun
from nef2hw.sim.reference import simulate_reference
from nef2hw.stimulus import Stimulus
from nef2hw.trace import Trace, join_traces


@dataclass(frozen=True, eq=False)
class Trial:
    """A float network, a stimulus, and what the network makes of it."""

    folded: FoldedNetwork
    name: str  #: of the stimulus
    stimulus: Stimulus  #: (steps, size) for each input
    each: int  #: steps between resets
    labels: Labels | None
    targets: Mapping[str, FloatArray] = field(default_factory=dict)  #: (steps, size) by probe

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(next(iter(self.stimulus.values())))

    @cached_property
    def reference(self) -> Trace:
        """What the float network does."""
        parts = _parts(self.stimulus, self.each)
        return join_traces([simulate_reference(self.folded, part) for part in parts])

    @property
    def spiking(self) -> list[str]:
        """Probes of spikes."""
        return [probe.name for probe in self.folded.probes if probe.kind == "spikes"]

    def golden(self, network: QuantizedNetwork) -> tuple[Trace, Mapping[str, int]]:
        """Run the golden model; return its trace, and how many currents saturated."""
        codes = encode_inputs(network, self.stimulus)
        samples = {name: rows.reshape(-1, self.each, rows.shape[1]) for name, rows in codes.items()}
        run = GoldenRun(network, len(next(iter(samples.values()))))
        record = run.run({name: rows.swapaxes(0, 1) for name, rows in samples.items()})
        return join_traces(record.traces(network)), run.saturated_currents

    def compare(self, golden: Trace) -> Fidelity:
        """Compare with what the float network does.

        Raises
        ------
        StimulusError
            The labels do not fit the probes.
        """
        return compare(self.reference, golden, self.labels, self.spiking, self.targets)

    def beginning(self, steps: int) -> Trial:
        """Return a trial of about so many first steps, without running the float network again.

        They are whole samples where there are resets, and whole presentations with labels.
        """
        unit = self.each if self.each < self.steps else self.labels.hold if self.labels else 1
        steps = min(self.steps, max(1, steps // unit) * unit)
        labels = self.labels
        if labels is not None:
            labels = replace(labels, classes=labels.classes[: steps // labels.hold])
        first = {name: rows[:steps] for name, rows in self.stimulus.items()}
        targets = {name: rows[:steps] for name, rows in self.targets.items()}
        found = Trial(self.folded, self.name, first, min(self.each, steps), labels, targets)
        found.__dict__["reference"] = _first_steps(self.reference, steps)
        return found


def _first_steps(trace: Trace, steps: int) -> Trace:
    spikes = {name: rows[:steps] for name, rows in trace.spikes.items()}
    return Trace(steps, spikes, {name: rows[:steps] for name, rows in trace.probes.items()})


def make_trial(folded: FoldedNetwork, wanted: CheckInput) -> Trial:
    """Read what the user gave, or make noise.

    Raises
    ------
    StimulusError
        Input or labels do not fit the model.
    """
    path = wanted.data_path or wanted.path
    name = path.name if path else "noise"
    return trial_of(folded, check_stimulus(folded, wanted), name, wanted.reset)


def trial_of(folded: FoldedNetwork, given: Given, name: str, reset: bool) -> Trial:
    """Return the trial on ``given``, with a reset before each of its rows or without any."""
    name += ", a reset before each row" if reset else ""
    steps = len(next(iter(given.stimulus.values())))
    each = given.hold if reset else steps
    return Trial(folded, name, given.stimulus, each, given.labels, given.targets)


def _parts(stimulus: Stimulus, each: int) -> list[Stimulus]:
    """Cut a stimulus into parts of ``each`` so many steps."""
    steps = len(next(iter(stimulus.values())))
    return [
        {name: rows[first : first + each] for name, rows in stimulus.items()}
        for first in range(0, steps, each)
    ]
