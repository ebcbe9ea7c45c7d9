"""What a network means step by step, in words and plain values."""

from __future__ import annotations

import math
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
        "update_order": list(_order(network)),
        "inputs": {one.name: _input(one, network.dt_s) for one in network.inputs},
        "ensembles": {one.name: _ensemble(one, network.dt_s) for one in network.ensembles},
        "connections": {one.name: _connection(one) for one in network.connections},
        "probes": {one.name: _probe(one) for one in network.probes},
        "assumed": list(network.notes),
    }


def _order(network: TrainedNetwork) -> tuple[str, ...]:
    names = [ensemble.name for ensemble in network.ensembles]
    immediate = [(c.pre.name, c.post.name) for c in network.connections if c.delay == 0]
    return update_order(names, immediate)


def _input(given: Input, dt_s: float) -> dict[str, Any]:
    described: dict[str, Any] = {"size": given.size, "kind": given.kind}
    if given.kind == "spike":
        return {**described, "value_of_a_spike": 1 / dt_s}
    return {**described, "low": float(given.low.min()), "high": float(given.high.max())}


def _ensemble(given: Ensemble, dt_s: float) -> dict[str, Any]:
    neurons = given.neurons
    return {
        "neurons": given.n_neurons,
        "neuron_type": type_name(neurons),
        **(_lif(neurons, dt_s) if isinstance(neurons, LifNeurons) else {}),
        "reset": _reset(neurons),
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
    decay = "1 - exp(-dt/tau_rc)" if neurons.discretization == "exact" else "dt/tau_rc"
    return {
        "tau_rc_s": neurons.tau_rc_s,
        "decay": f"{neurons.discretization}: {decay} per step",
        "tau_ref_s": neurons.tau_ref_s,
        "refractory": _refractory(neurons.tau_ref_s / dt_s),
    }


def _refractory(steps: float) -> str:
    if steps == 0:
        return "none"
    nearest = round(steps)
    if math.isclose(steps, nearest, rel_tol=_WHOLE) and nearest:
        return f"{nearest} step{'s' * (nearest > 1)} from the moment of the spike within its step"
    return f"{steps:.6g} steps from the moment of the spike within its step"


def _reset(neurons: Neurons) -> str:
    if isinstance(neurons, (LifNeurons, IfNeurons)):
        return "to 0" if neurons.reset == "zero" else "by 1, the rest stays"
    return "by 1 for each spike, the rest stays; several spikes in a step"


def _initial(values: FloatArray | None, absent: str) -> str:
    if values is None or not np.any(values):
        return absent
    return f"given, {values.min():.4g} to {values.max():.4g}"


def _connection(given: Connection) -> dict[str, Any]:
    return {"pre": str(given.pre), "post": str(given.post), **_path(given.synapse, given.delay)}


def _probe(given: Probe) -> dict[str, Any]:
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
