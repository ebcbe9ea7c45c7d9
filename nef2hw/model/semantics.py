"""What a network means step by step, in words and plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from nef2hw.model.network import (
    Connection,
    Ensemble,
    FloatArray,
    IfNeurons,
    Input,
    LifNeurons,
    Neurons,
    Probe,
    TrainedNetwork,
)
from nef2hw.model.order import update_order
from nef2hw.model.synapses import LinearFilter, Lowpass, Synapse

#: A refractory time this near a whole number of steps is said to be whole.
_WHOLE = 1e-9


def semantics(network: TrainedNetwork) -> dict[str, Any]:
    """Describe time, inputs, neurons, connections and probes of ``network``.

    Returns
    -------
    dict
        Texts, numbers, lists and dictionaries, by the names of the network's parts.
    """
    return {
        "dt_s": network.dt_s,
        "rules": list(_rules(network)),
        "update_order": list(_order(network)),
        "inputs": {one.name: _input(one, network.dt_s) for one in network.inputs},
        "ensembles": {one.name: _ensemble(one, network.dt_s) for one in network.ensembles},
        "connections": {one.name: _connection(one) for one in network.connections},
        "probes": {one.name: _probe(one) for one in network.probes},
        "assumed": list(network.notes),
    }


def _rules(network: TrainedNetwork) -> Iterator[str]:
    """Say what holds in every step, as far as this network has it."""
    kinds = [ensemble.neurons for ensemble in network.ensembles]
    yield (
        "a connection without delay brings the value or spike of the same step, one with delay 1 "
        "that of the step before; its synapse filters what it brings"
    )
    if any(isinstance(kind, LifNeurons) and kind.tau_ref_s for kind in kinds):
        yield "a refractory time runs from the moment of the spike within its step"
    if any(isinstance(kind, LifNeurons) and kind.discretization == "exact" for kind in kinds):
        yield "exact: a membrane decays by 1 - exp(-dt/tau_rc) in a step"
    if any(isinstance(kind, LifNeurons) and kind.discretization == "euler" for kind in kinds):
        yield "euler: a membrane decays by dt/tau_rc in a step"
    yield "values of inputs outside their range saturate, and are counted"


def _order(network: TrainedNetwork) -> tuple[str, ...]:
    names = [ensemble.name for ensemble in network.ensembles]
    immediate = [(c.pre.name, c.post.name) for c in network.connections if c.delay == 0]
    return update_order(names, immediate)


def _input(given: Input, dt_s: float) -> dict[str, Any]:
    described: dict[str, Any] = {"size": given.size, "kind": given.kind}
    if given.kind == "spike":
        return {**described, "value_of_a_spike": 1 / dt_s}
    described |= {"low": float(given.low.min()), "high": float(given.high.max())}
    return described if given.default is None else {**described, "default": _values(given.default)}


def _values(values: FloatArray) -> str:
    least, most = f"{values.min():.4g}", f"{values.max():.4g}"
    return least if least == most else f"{least} to {most}"


def _ensemble(given: Ensemble, dt_s: float) -> dict[str, Any]:
    neurons = given.neurons
    return {
        "neurons": given.n_neurons,
        "neuron_type": type_name(neurons),
        "reset": _reset(neurons),
        **(_lif(neurons, dt_s) if isinstance(neurons, LifNeurons) else {}),
        **({} if floor_of(neurons) is None else {"min_voltage": floor_of(neurons)}),
        "value_of_a_spike": neurons.amplitude / dt_s,
        "initial_voltage": _initial(given.voltage_init, "0"),
        **(
            {"initial_refractory_s": _initial(given.refractory_init_s, "0")}
            if isinstance(neurons, LifNeurons)
            else {}
        ),
    }


def type_name(neurons: Neurons) -> str:
    """Name of the neuron model, as a model file has it."""
    if isinstance(neurons, LifNeurons):
        return "LIF"
    return "IF" if isinstance(neurons, IfNeurons) else "SpikingRectifiedLinear"


def floor_of(neurons: Neurons) -> float | None:
    """Lowest voltage; None where it cannot fall."""
    return neurons.min_voltage if isinstance(neurons, (LifNeurons, IfNeurons)) else None


def _lif(neurons: LifNeurons, dt_s: float) -> dict[str, Any]:
    return {
        "discretization": neurons.discretization,
        "tau_rc_s": neurons.tau_rc_s,
        "tau_ref_s": neurons.tau_ref_s,
        "refractory": _refractory(neurons.tau_ref_s / dt_s),
    }


def _refractory(steps: float) -> str:
    if steps == 0:
        return "none"
    whole = round(steps)
    if math.isclose(steps, whole, rel_tol=_WHOLE):
        steps = whole
    return f"{steps:.6g} step{'s' * (steps != 1)}"


def _reset(neurons: Neurons) -> str:
    if isinstance(neurons, (LifNeurons, IfNeurons)):
        return "to 0" if neurons.reset == "zero" else "by 1"
    return "by 1 for each of several spikes"


def _initial(values: FloatArray | None, absent: str) -> str:
    if values is None or not np.any(values):
        return absent
    return _values(values)


def _connection(given: Connection) -> dict[str, Any]:
    return {"pre": str(given.pre), "post": str(given.post), **_path(given.synapse, given.delay)}


def _probe(given: Probe) -> dict[str, Any]:
    if given.target is None:
        return {"target": "connections", "size": given.size}
    return {
        "target": str(given.target),
        "size": given.size,
        **_path(given.synapse, given.delay),
    }


def _path(synapse: Synapse | None, delay: int) -> dict[str, Any]:
    return {"synapse": describe_synapse(synapse), "delay": delay}


def describe_synapse(synapse: Synapse | None) -> str:
    """Say a synapse in a few words."""
    if synapse is None:
        return "none"
    if isinstance(synapse, LinearFilter):
        return f"linear of order {len(synapse.A)}{', with direct part' if synapse.D else ''}"
    kind = "lowpass" if isinstance(synapse, Lowpass) else "alpha"
    return f"{kind} {synapse.tau_s:g} s" if synapse.tau_s else "none, a plain delay"
