"""Where the accuracy went: the error that each kind of rounding adds, place by place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nef2hw.build.fidelity import Labels, accuracy
from nef2hw.compiler.folded import FoldedNetwork
from nef2hw.compiler.unrounded import UnroundedPopulation, unround
from nef2hw.program.fixed_point import FloatArray
from nef2hw.program.network import QuantizedNetwork
from nef2hw.sim.sources import Source, sources_of
from nef2hw.sim.variants import simulate_variants
from nef2hw.sim.variants_trace import VariantTrace
from nef2hw.stimulus import Stimulus
from nef2hw.trace import Trace

#: Neurons times variants times steps that are simulated at most; a few seconds.
MOST_VALUES = 1.5e8
#: Steps of a run without resets, and samples of one with resets, that are enough.
MOST_STEPS, MOST_SAMPLES = 1000, 64
#: Steps of a part of a long run with labels.
PART_STEPS = 300
#: Neurons times samples times variants side by side: arrays of so many values stay in caches.
VALUES_AT_ONCE = 1 << 18
#: Probed values that are kept at a time, 8 bytes each.
VALUES_KEPT = 1 << 25
SEED = 21


@dataclass(frozen=True)
class Effect:
    """How a variant of a network differs from the float network."""

    decoded_rmse: Mapping[str, float]  #: by probe, in the model's units
    error: float  #: the largest of those relative to its probe; without such probes ``spikes``
    spikes: float  #: mean |difference| of a neuron's count of spikes, relative
    accuracy: float | None  #: share of labels that it finds


@dataclass(frozen=True)
class Attribution:
    """Effects of single sources, the largest first."""

    samples: int
    steps: int  #: of each sample
    float_accuracy: float | None
    sources: Sequence[tuple[Source, Effect]]
    together: Effect  #: of all of them: golden model against float
    other_start: Effect  #: float against float with other initial voltages

    def as_dict(self) -> dict[str, Any]:
        """Everything, as plain values."""
        return {
            "samples": self.samples,
            "steps": self.steps,
            "measure": "decoded" if self.together.decoded_rmse else "spikes",
            "accuracy_float": self.float_accuracy,
            "sources": [
                {"kind": source.kind, "place": source.place, **vars(effect)}
                for source, effect in self.sources
            ],
            "together": vars(self.together),
            "other_start": vars(self.other_start),
        }


def attribute(
    folded: FoldedNetwork,
    network: QuantizedNetwork,
    stimulus: Stimulus,
    each: int,
    labels: Labels | None = None,
) -> Attribution:
    """Measure what each source of error does by itself.

    Parameters
    ----------
    stimulus : (steps, size) for each input
    each : steps between resets
    labels : classes of presentations, which then are not cut
    """
    exact, sources = unround(folded, network), sources_of(network)
    neurons = sum(population.size for population in network.populations)
    affordable = int(MOST_VALUES / (neurons * (len(sources) + 3)))
    samples, kept = _choose(stimulus, each, affordable, labels)
    run = _Runs(network, exact, samples, _probes_of(network, kept))
    judge = _Judge(network, next(run.each([()])), kept)
    together, *effects = map(judge.effect, run.each([sources, *([s] for s in sources)]))
    ranked = sorted(
        zip(sources, effects, strict=True), key=lambda pair: pair[1].error, reverse=True
    )
    restarted = replace(run, exact=_restarted(exact, network))
    return Attribution(
        samples=len(next(iter(samples.values()))),
        steps=judge.reference.steps,
        float_accuracy=judge.effect(judge.reference).accuracy,
        sources=ranked,
        together=together,
        other_start=judge.effect(next(restarted.each([()]))),
    )


def _probes_of(network: QuantizedNetwork, labels: Labels | None) -> list[str]:
    """Name the probes that are judged: those of spikes only where they decide on a class."""
    return [p.name for p in network.probes if labels is not None or not p.spiking]


def _choose(
    stimulus: Stimulus, each: int, affordable: int, labels: Labels | None
) -> tuple[dict[str, FloatArray], Labels | None]:
    """Take as much of the stimulus as can be afforded, (samples, steps, size) by input.

    Samples that begin anew are taken evenly from all. Of one long run it is the beginning; with
    labels, parts of some presentations each, which begin anew here.
    """
    total = len(next(iter(stimulus.values())))
    if each == total and labels is None:
        steps = min(total, MOST_STEPS, max(1, affordable))
        return {name: rows[np.newaxis, :steps] for name, rows in stimulus.items()}, None
    if each == total and labels is not None:
        each = labels.hold * max(1, min(total, PART_STEPS) // labels.hold)
    parts = total // each
    count = max(1, min(parts, MOST_SAMPLES, affordable // each))
    chosen = np.linspace(0, parts - 1, count).round().astype(np.intp)
    rows = {
        name: given[: parts * each].reshape(parts, each, -1)[chosen]
        for name, given in stimulus.items()
    }
    if labels is not None:
        shown = each // labels.hold
        classes = labels.classes[: parts * shown].reshape(parts, shown)[chosen].ravel()
        labels = replace(labels, classes=classes)
    return rows, labels


@dataclass(frozen=True, eq=False)
class _Runs:
    """Runs of variants on the same samples, as many at a time as memory has room for."""

    network: QuantizedNetwork
    exact: Mapping[str, UnroundedPopulation]
    samples: Mapping[str, FloatArray]  #: (samples, steps, size) by input
    probes: Collection[str]

    @property
    def at_once(self) -> int:
        """Variants that are run side by side."""
        samples, steps = next(iter(self.samples.values())).shape[:2]
        lanes = samples * sum(population.size for population in self.network.populations)
        probed = {p.population for p in self.network.probes if p.name in self.probes}
        kept = samples * steps * sum(self.network.population(name).size for name in probed)
        return int(max(1, min(VALUES_AT_ONCE // lanes, VALUES_KEPT // max(1, kept))))

    def each(self, variants: Sequence[Collection[Source]]) -> Iterator[VariantTrace]:
        """Run the variants; yield a trace of each."""
        for first in range(0, len(variants), self.at_once):
            part = variants[first : first + self.at_once]
            together = simulate_variants(self.network, self.exact, self.samples, part, self.probes)
            for k in range(len(part)):
                yield VariantTrace(
                    together.steps,
                    {name: rows[k : k + 1] for name, rows in together.probes.items()},
                    {name: rows[k : k + 1] for name, rows in together.counts.items()},
                )


def _restarted(
    exact: Mapping[str, UnroundedPopulation], network: QuantizedNetwork
) -> dict[str, UnroundedPopulation]:
    """Draw other initial voltages, as Nengo draws them for every run."""
    rng = np.random.default_rng(SEED)
    one = 2.0**network.formats.voltage_frac
    return {
        name: replace(population, voltage_init=one * rng.random(population.voltage_init.shape))
        for name, population in exact.items()
    }


class _Judge:
    """Compares variants, of one each, with the float network."""

    def __init__(
        self, network: QuantizedNetwork, reference: VariantTrace, labels: Labels | None
    ) -> None:
        self._spiking = [probe.name for probe in network.probes if probe.spiking]
        self.reference, self._labels = reference, labels

    def effect(self, trace: VariantTrace) -> Effect:
        """Compare ``trace``."""
        wanted = {n: v for n, v in self.reference.probes.items() if n not in self._spiking}
        rmse = {name: _rms(trace.probes[name] - values) for name, values in wanted.items()}
        relative = [
            rmse[name] / largest
            for name, values in wanted.items()
            if (largest := float(np.abs(values).max(initial=0.0)))
        ]
        spikes = self._deviation(trace)
        return Effect(rmse, max(relative, default=spikes), spikes, self._accuracy(trace))

    def _deviation(self, trace: VariantTrace) -> float:
        wanted = self.reference.counts
        apart = sum(float(np.abs(trace.counts[n] - counts).sum()) for n, counts in wanted.items())
        return apart / max(1.0, sum(float(counts.sum()) for counts in wanted.values()))

    def _accuracy(self, trace: VariantTrace) -> float | None:
        if self._labels is None:
            return None
        rows = {name: v.reshape(-1, v.shape[-1]) for name, v in trace.probes.items()}
        steps = len(next(iter(rows.values())))
        return accuracy(Trace(steps, {}, rows), self._labels, self._spiking)


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))
