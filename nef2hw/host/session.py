"""A network on a board, in the model's units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ProgramError
from nef2hw.host.device import Device, Progress
from nef2hw.host.link_report import LinkReport, measure_link
from nef2hw.host.outputs import Outputs, population_window, spike_counts
from nef2hw.host.planes import Row
from nef2hw.host.realtime import Sample, Stream
from nef2hw.program.decode import decode_results, encode_inputs, probe_values
from nef2hw.program.fixed_point import CodeArray, FloatArray
from nef2hw.program.network import Probe
from nef2hw.stimulus import at_least_one, hold_stimulus, only_input
from nef2hw.trace import Trace

Input = npt.ArrayLike | Mapping[str, npt.ArrayLike]


@dataclass(frozen=True)
class _Source:
    """An input as a stimulus is checked against it."""

    name: str
    size: int
    kind: str
    default: FloatArray | None


class Session:
    """Runs a network on a board, step by step or in one go.

    An input is an array for the only input or a mapping by name. What is not given keeps
    its last value, which is the model's default, or 0, in the beginning. Results are, bit for bit,
    those of ``simulate`` on the compiled network.

    Parameters
    ----------
    device : Device
    defaults : mapping
        Values of inputs after a reset, (size,) each; 0 where there are none.
    """

    def __init__(self, device: Device, defaults: Mapping[str, FloatArray] | None = None) -> None:
        self.device = device
        self._defaults = defaults or {}
        self._network = device.program.network
        self._values = self._first_values()

    @property
    def dt_s(self) -> float:
        """Duration of a step in model time, seconds."""
        return self._network.dt_s

    def reset(self) -> None:
        """Return the network to its initial state and its inputs to their defaults."""
        self._values = self._first_values()
        self.device.reset()

    def set_input(self, x: Input) -> None:
        """Set inputs from the next step on; (size,) each.

        Raises
        ------
        StimulusError
            ``x`` does not fit the inputs.
        """
        rows = hold_stimulus(self._by_name(x), self._sources(self._values), 1)
        self._values = {name: np.array(values[0]) for name, values in rows.items()}

    def step(self, x: Input | None = None) -> Outputs:
        """Run a step; return its spikes and probes, (size,) each."""
        return self._decoded(self.device.step(self._row(x)))

    def advance(self, x: Input | None = None, *, steps: int) -> Outputs:
        """Hold the input for ``steps``; return spikes and probes of all, (steps, size) each."""
        words = self.device.run_words([self._row(x, steps)] * steps)
        return Outputs.stacked([self._decoded(step) for step in words])

    def last(self, x: Input | None = None, *, steps: int) -> Outputs:
        """Hold the input for ``steps``; return spikes and probes of the last, (size,) each.

        The board answers once, in the end.
        """
        return self._decoded(self.device.run_silently(self._row(x, steps), steps))

    def spike_counts(self, ensemble: str, x: Input | None = None, *, steps: int) -> CodeArray:
        """Hold the input for ``steps``; return how often each neuron of ``ensemble`` fired, (n,).

        A core that keeps sums answers once, in the end; others answer every step.
        """
        return self._sums(ensemble, x, steps)

    def total(self, probe: str, x: Input | None = None, *, steps: int) -> FloatArray:
        """Hold the input for ``steps``; return the sum of the probe over them, (size,)."""
        found = self._probe(probe)
        sums = {found.population: self._sums(found.population, x, steps)}
        return probe_values(self._network, sums, sums, (found,))[probe]

    def classify(self, x: Input | None = None, *, steps: int, probe: str | None = None) -> int:
        """Hold the input for ``steps``; return the class that the probe decides for.

        It is the one with most spikes, or with the greatest value in the last step. Two short
        frames go over the link. The network is not reset before.
        """
        found = self._probe(probe)
        if found.spiking:
            return int(np.argmax(self.total(found.name, x, steps=steps)))
        return int(np.argmax(self.last(x, steps=steps).probes[found.name]))

    def run(
        self,
        x: Input,
        *,
        steps: int | None = None,
        states: bool = False,
        progress: Progress = lambda _: None,
    ) -> Trace:
        """Reset, then run on (steps, size) for each input; a single row is held for all steps.

        What is lost on the way is run again. Parameters as of
        `nef2hw.api.CompiledNetwork.simulate`; ``progress`` is told the number of steps done.
        """
        stimulus = hold_stimulus(self._by_name(x), self._sources(self._first_values()), steps)
        trace = self.device.run(encode_inputs(self._network, stimulus), states, progress)
        self._values = {name: np.array(values[-1]) for name, values in stimulus.items()}
        return trace

    def stream(
        self,
        source: Iterable[Input] | Callable[[Sample | None], Input | None],
        *,
        steps_per_row: int = 1,
        last_only: bool = False,
        speed: float | None = 1.0,
    ) -> Stream:
        """Feed rows in real time; see `nef2hw.host.realtime.Stream`."""
        return Stream(self, source, steps_per_row, last_only, speed)

    def self_test(self) -> LinkReport:
        """Load the image, and measure errors, rate and delay of the link meanwhile."""
        return measure_link(self.device)

    def _sums(self, population: str, x: Input | None, steps: int) -> CodeArray:
        window = population_window(self.device.program, population)
        if window.count < self.device.program.config.total_words:
            return self.device.run_sums(self._row(x, steps), steps, window)[0]
        words = self.device.run_words([self._row(x, steps)] * steps)
        return spike_counts(self.device.program, population, words)

    def _decoded(self, words: npt.NDArray[np.uint32]) -> Outputs:
        spikes, probes = decode_results(self.device.program, words[:-1])
        return Outputs(spikes, probes, np.array(words[-1], dtype=np.int64))

    def _row(self, x: Input | None, steps: int = 1) -> Row:
        """Return the codes of what the inputs hold for ``steps``, after ``x`` is set."""
        at_least_one(steps)
        if x is not None:
            self.set_input(x)
        rows = {name: values[np.newaxis] for name, values in self._values.items()}
        return {name: codes[0] for name, codes in encode_inputs(self._network, rows).items()}

    def _first_values(self) -> dict[str, FloatArray]:
        return {
            port.name: np.array(self._defaults.get(port.name, np.zeros(port.size)))
            for port in self._network.inputs
        }

    def _sources(self, values: Mapping[str, FloatArray]) -> list[_Source]:
        """Inputs, with ``values`` as defaults."""
        return [
            _Source(p.name, p.size, "spike" if p.spiking else "value", values[p.name])
            for p in self._network.inputs
        ]

    def _by_name(self, x: Input) -> dict[str, npt.NDArray[np.float64]]:
        if isinstance(x, Mapping):
            return {name: np.asarray(rows) for name, rows in x.items()}
        required = [
            _Source(p.name, p.size, "value", self._defaults.get(p.name))
            for p in self._network.inputs
        ]
        return {only_input(required, "x").name: np.asarray(x)}

    def _probe(self, name: str | None) -> Probe:
        probes = {probe.name: probe for probe in self._network.probes}
        if name is None and len(probes) == 1:
            return next(iter(probes.values()))
        if name not in probes:
            raise ProgramError(
                f"probe is {name!r}, expected one of {', '.join(probes) or 'none: there are none'}"
            )
        return probes[name]
