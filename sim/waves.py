"""Waveforms of a run for the usual viewers: every neuron's state, in the model's units."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt
from vcd import VCDWriter
from vcd.gtkw import GTKWFlag, GTKWSave

from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.trace import Trace

#: Neurons, and values of an input or probe, that a saved layout shows; all are in the file.
SHOWN_NEURONS, SHOWN_VALUES = 8, 4
#: Height of a line with a curve, in plain lines.
CURVE_ROWS = 3
#: Width of a whole run, and the one that a zoom of GTKWave is about.
WAVE_PIXELS, FRAME_PIXELS = 750, 200
#: Groups of a layout, in its order.
ORDER = ("inputs", "probes", "core", "spikes", "voltages")

Kind = Literal["wire", "integer", "real"]


@dataclass(frozen=True, eq=False)
class Signal:
    """A line of a waveform, one value for each step."""

    scope: str  #: names with dots between them
    name: str
    kind: Kind
    values: npt.NDArray[Any]  #: (steps,)

    @property
    def path(self) -> str:
        """Scope and name as viewers know them."""
        return f"{self.scope}.{self.name}"


def signals_of(network: QuantizedNetwork, trace: Trace, top: str = "rtl") -> list[Signal]:
    """Return inputs, states of every neuron, probes and cycles of ``trace``, which has states.

    Voltages are in units of the threshold, currents as the model has them, refractory times in
    steps that are left.
    """
    found = _of_values(f"{top}.inputs", trace.inputs)
    ensembles = [p for p in network.populations if p.neurons is not None]
    words = _words([population.name for population in ensembles])
    for population in ensembles:
        scope = f"{top}.ensembles.{words[population.name]}"
        found += _of_ensemble(population, network, trace, scope)
    spiking = {probe.name for probe in network.probes if probe.spiking}
    decoded = {name: rows for name, rows in trace.probes.items() if name not in spiking}
    found += _of_values(f"{top}.probes", decoded)
    if trace.cycles is not None:
        found.append(Signal(top, "cycles", "integer", trace.cycles))
    return found


def _of_values(scope: str, named: Mapping[str, npt.NDArray[Any]]) -> list[Signal]:
    """Values of inputs or probes, (steps, size) each."""
    words = _words(named)
    return [
        Signal(f"{scope}.{words[name]}", f"value_{k}", "real", column)
        for name, rows in named.items()
        for k, column in enumerate(rows.T)
    ]


def _of_ensemble(
    population: Population, network: QuantizedNetwork, trace: Trace, ensemble: str
) -> Iterator[Signal]:
    formats, name = network.formats, population.name
    kinds = {
        "voltage": ("voltage", "real", 2.0**-formats.voltage_frac),
        "refractory": ("refractory_steps", "integer", 1),
        "overshoot": ("overshoot", "real", 2.0**-formats.decay_frac),
    }
    assert population.neurons is not None
    spikes = trace.spikes[name]
    spike_kind: Kind = "integer" if population.neurons.count else "wire"
    currents = list(_currents(population, network, trace))
    digits = len(str(population.size - 1))
    for k in range(population.size):
        scope = f"{ensemble}.neuron_{k:0{digits}}"
        yield Signal(scope, "spike", spike_kind, spikes[:, k])
        for state, (title, kind, unit) in kinds.items():
            values = trace.states[f"{name}/{state}"][:, k] * unit
            yield Signal(scope, title, "real" if kind == "real" else "integer", values)
        for title, rows in currents:
            yield Signal(scope, title, "real", rows[:, k])


def _currents(
    population: Population, network: QuantizedNetwork, trace: Trace
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Filtered currents of every compartment, (steps, n), named by the connections that feed it."""
    assert population.neurons is not None
    unit = 1.0 / network.dt_s if population.neurons.integrate else 1.0
    for k, compartment in enumerate(population.compartments):
        exponent = network.formats.align_bits - compartment.shift_code - population.output_frac
        names = [_word(projection.name) for projection in compartment.projections]
        title = "_and_".join(names) if names else "second_order"
        states = trace.states[f"{population.name}/{k}/filter"]
        scale: npt.NDArray[np.float64] = np.exp2(exponent.astype(np.float64)) * unit
        yield f"current_{k}_{title}", np.multiply(states, scale)


def _word(name: str) -> str:
    """A name without what viewers take for something else."""
    return re.sub(r"\W", "_", name)


def _words(names: Iterable[str]) -> dict[str, str]:
    """A word for each name, numbered where another name has the same."""
    found: dict[str, str] = {}
    for name in names:
        word, number = _word(name), 1
        while word in found.values():
            number += 1
            word = f"{_word(name)}_{number}"
        found[name] = word
    return found


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """Open a file that appears under its name when it is complete."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_vcd(path: Path, signals: Sequence[Signal], dt_s: float, comment: str = "") -> None:
    """Write a value change dump; a step of the network is a step of time."""
    step_ns = step_of(dt_s)
    with _whole(path) as file, VCDWriter(file, timescale="1 ns", comment=comment) as writer:
        variables = [
            writer.register_var(
                signal.scope,
                signal.name,
                signal.kind,
                size={"wire": 1, "integer": 32, "real": 64}[signal.kind],
                init=signal.values[0].item(),
            )
            for signal in signals
        ]
        steps = len(signals[0].values)
        changed: list[list[int]] = [[] for _ in range(steps)]
        for k, signal in enumerate(signals):
            differs = np.flatnonzero(signal.values[1:] != signal.values[:-1]) + 1
            for step in differs.tolist():
                changed[step].append(k)
        for step in range(1, steps):
            for k in changed[step]:
                value = signals[k].values[step].item()
                writer.change(variables[k], step * step_ns, value)
        writer.close(steps * step_ns)


def step_of(dt_s: float) -> int:
    """Return the time step in nanoseconds, the unit of a dump."""
    return max(1, round(dt_s * 1e9))


def write_layout(path: Path, dump: Path, signals: Sequence[Signal], dt_s: float) -> None:
    """Write a layout for GTKWave: inputs, probes, spikes and voltages of some neurons."""
    with _whole(path) as file:
        save = GTKWSave(file)
        save.dumpfile(str(dump.resolve()))
        save.size(1400, 900)
        save.signals_width(320)
        end_ns = step_of(dt_s) * len(signals[0].values)
        save.zoom_markers(-math.log2(end_ns * FRAME_PIXELS / WAVE_PIXELS))
        for title, lines in _groups(signals).items():
            with save.group(title):
                for signal, alias in lines:
                    _trace(save, signal, alias)


def _trace(save: GTKWSave, signal: Signal, alias: str) -> None:
    if signal.kind != "real":
        datafmt = "bin" if signal.kind == "wire" else "dec"
        save.trace(signal.path, alias, datafmt=datafmt, extraflags=GTKWFlag(0))
        return
    save.trace(signal.path, alias, datafmt="real", extraflags=GTKWFlag.analog_step)
    for _ in range(CURVE_ROWS - 1):
        save.blank(analog_extend=True)


def _groups(signals: Sequence[Signal]) -> dict[str, list[tuple[Signal, str]]]:
    """Choose what is shown, by the title of a group."""
    groups: dict[str, list[tuple[Signal, str]]] = {}
    for signal in signals:
        parts = signal.scope.split(".")
        if len(parts) == 1:
            groups.setdefault("core", []).append((signal, signal.name))
        elif parts[1] != "ensembles":
            shown = groups.setdefault(f"{parts[1]} {parts[2]}", [])
            if len(shown) < SHOWN_VALUES:
                shown.append((signal, f"{parts[2]} {signal.name}"))
        elif signal.name in ("spike", "voltage"):
            shown = groups.setdefault(f"{signal.name}s of {parts[2]}", [])
            if len(shown) < SHOWN_NEURONS:
                shown.append((signal, f"{parts[3]} {signal.name}"))
    return {title: groups[title] for title in sorted(groups, key=_place)}


def _place(title: str) -> int:
    return ORDER.index(title.split()[0])
