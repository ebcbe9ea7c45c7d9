"""Spiking NIR nodes as populations: threshold 1, reset 0, and their constants in weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.electrical import NO_FLOOR
from nef2hw.frontends.nir.nodes import Membrane
from nef2hw.frontends.nir.notes import Notebook, quoted
from nef2hw.frontends.nir.options import NirReset, Options
from nef2hw.frontends.nir.shapes import spread
from nef2hw.frontends.nir.signals import BoolArray, groups_of
from nef2hw.frontends.nir.time import TimeStep
from nef2hw.frontends.nir.values import Shape
from nef2hw.model.network import FloatArray, IfNeurons, LifNeurons, Neurons, Reset


@dataclass(frozen=True, eq=False)
class Population:
    """Neurons of one node that share all constants of the hardware; m of the node's n."""

    neurons: Neurons
    members: BoolArray  #: (n,), m of them true


@dataclass(frozen=True, eq=False)
class Spiking:
    """A spiking node: ``V = (v - v_reset)/(v_threshold - v_reset)``, ``J = factor I + bias``."""

    populations: tuple[Population, ...]
    factor: FloatArray  #: (n,)
    bias: FloatArray  #: (n,)
    voltage_init: FloatArray  #: (n,)
    late_reset: float  #: current one step after a spike that completes a late subtraction


def read_spiking(
    name: str,
    node: Membrane,
    shape: Shape,
    time: TimeStep,
    options: Options,
    notes: Notebook,
) -> Spiking:
    """Absorb the electrical constants of a node.

    The spike takes 1 from V or sets it to 0, so that v loses ``v_threshold - v_reset`` or goes to
    v_reset; the membrane tends to ``v_leak + r I``, its state begins at v_leak.
    """
    values = {key: spread(array, shape) for key, array in node.values.items()}
    span = values["v_threshold"] - values["v_reset"]
    reset = options.reset or "zero"
    tau_ref_s = _tau_ref(name, node, options, notes)
    if node.type == "IF":
        if tau_ref_s:
            notes.add("IF has no refractory time in hardware, it is left out of", quoted(name))
        per_step = options.if_time == "step"
        factor = values["r"] / span / (time.dt_s if per_step else 1.0)
        neurons: Neurons = IfNeurons(time.dt_s, NO_FLOOR, _reset(reset))
        everyone = (Population(neurons, np.ones(len(span), dtype=bool)),)
        nothing = np.zeros(len(span))
        _note_if(name, float(np.max(np.abs(factor)) * time.dt_s), options, notes)
        return Spiking(everyone, factor, nothing, nothing, 0.0)
    key = "tau_mem" if "tau_mem" in values else "tau"
    populations = tuple(
        Population(
            LifNeurons(tau_s, tau_ref_s, time.dt_s, NO_FLOOR, time.discretization, _reset(reset)),
            members,
        )
        for tau_s, members in groups_of(values[key])
    )
    rest = (values["v_leak"] - values["v_reset"]) / span
    late = -1.0 if reset == "subtract_late" else 0.0
    return Spiking(populations, values["r"] / span, rest, np.clip(rest, NO_FLOOR, 1.0), late)


def _reset(reset: NirReset) -> Reset:
    return "zero" if reset == "zero" else "subtract"


def _tau_ref(name: str, node: Membrane, options: Options, notes: Notebook) -> float:
    """Return the refractory time, as given or in metadata; 0 if nothing tells."""
    tau_ref_s = options.tau_ref_s
    if tau_ref_s is None and node.tau_ref_s is not None:
        tau_ref_s = node.tau_ref_s
        notes.add(f"tau_ref = {tau_ref_s:g} s is what the metadata says of", quoted(name))
    if not tau_ref_s:
        return 0.0
    if options.reset in ("subtract", "subtract_late"):
        raise ModelError(
            f"has tau_ref = {tau_ref_s:g} s, expected 0 with reset={options.reset!r}; use "
            "reset='zero'"
        )
    return float(tau_ref_s)


def _note_if(name: str, reach: float, options: Options, notes: Notebook) -> None:
    """Say in which time an IF node counts, as a file cannot."""
    if options.if_time is None:
        notes.add(
            "IF nodes add r dt times their input in a step, as NIR says; Norse and "
            "Sinabs add r times it, which if_time='step' does. An input of 1 brings V this far",
            f"{quoted(name)} {reach:.3g}",
        )
