"""Real Nengo networks, written as model arrays, to hold the compiler against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Arrays = dict[str, Any]


@dataclass(frozen=True)
class NengoRun:
    """A network as model arrays, what it was fed, and what Nengo made of it."""

    arrays: Arrays
    stimulus: dict[str, np.ndarray]  #: (steps, size) by input
    spikes: dict[str, np.ndarray]  #: bool, (steps, n) by ensemble
    probes: dict[str, np.ndarray]  #: (steps, size) by probe


@dataclass(frozen=True)
class Rows:
    """Gives row n of ``values`` at step n."""

    values: np.ndarray
    dt: float

    def __call__(self, t: float) -> np.ndarray:
        return self.values[round(t / self.dt) - 1]


def stimulus_node(nengo, values: np.ndarray, label: str, dt: float = 0.001):
    """Return a node that gives row n of ``values`` (steps, size) at step n."""
    return nengo.Node(Rows(values, dt), size_out=values.shape[1], label=label)


def smooth_noise(seed: int, steps: int, size: int, scale: float = 1.0) -> np.ndarray:
    """Return slowly varying random signals within +-scale, (steps, size)."""
    rng = np.random.default_rng(seed)
    knots = rng.uniform(-scale, scale, (steps // 50 + 2, size))
    at = np.arange(steps) / 50
    return np.stack([np.interp(at, np.arange(len(knots)), knot) for knot in knots.T], axis=1)


def run_nengo(nengo, network, steps: int, dt: float = 0.001) -> NengoRun:
    """Simulate ``network``; nodes come from `stimulus_node`, labels are names."""
    spike_probes = {}
    named = {probe.label: probe for probe in network.all_probes}
    with network:
        for ensemble in network.all_ensembles:
            spike_probes[ensemble.label] = nengo.Probe(ensemble.neurons, synapse=None)
    nengo.rc["decoder_cache"]["enabled"] = "False"
    with nengo.Simulator(network, dt=dt, progress_bar=False) as sim:
        arrays = network_arrays(nengo, network, sim, named)
        sim.run_steps(steps)
        return NengoRun(
            arrays=arrays,
            stimulus={node.label: node.output.values[:steps] for node in network.all_nodes},
            spikes={name: sim.data[probe] > 0 for name, probe in spike_probes.items()},
            probes={name: np.array(sim.data[probe]) for name, probe in named.items()},
        )


def network_arrays(nengo, network, sim, probes) -> Arrays:
    """Write a built network as the arrays of a model file."""
    arrays: Arrays = {"format": "nef2hw-model-1", "dt": sim.dt}
    for node in network.all_nodes:
        arrays[f"inputs/{node.label}/size"] = node.size_out
    for ensemble in network.all_ensembles:
        arrays |= _ensemble(sim, ensemble)
    for number, connection in enumerate(network.all_connections):
        arrays |= _connection(nengo, sim, connection, f"connections/c{number}/")
    for name, probe in probes.items():
        arrays |= _probe(nengo, sim, probe, f"probes/{name}/")
    return arrays


def _ensemble(sim, ensemble) -> Arrays:
    built, neurons = sim.data[ensemble], ensemble.neuron_type
    state = sim.model.sig[ensemble.neurons]
    return {
        f"ensembles/{ensemble.label}/{field}": value
        for field, value in {
            "neuron_type": type(neurons).__name__,
            "gain": built.gain,
            "bias": built.bias,
            "encoders": built.encoders,
            "radius": ensemble.radius,
            "tau_rc": neurons.tau_rc,
            "tau_ref": neurons.tau_ref,
            "amplitude": neurons.amplitude,
            "min_voltage": neurons.min_voltage,
            "voltage_init": state["voltage"].initial_value,
            "refractory_init": state["refractory_time"].initial_value,
        }.items()
    }


def _connection(nengo, sim, connection, prefix: str) -> Arrays:
    pre, post = connection.pre_obj, connection.post_obj
    arrays = {prefix + "pre": _end(nengo, pre), prefix + "post": _end(nengo, post)}
    solved = isinstance(connection.solver, nengo.solvers.NoSolver)
    if not isinstance(pre, nengo.Ensemble):
        arrays[prefix + "pre_slice"] = np.arange(pre.size_out)[connection.pre_slice]
    elif solved:
        arrays[prefix + "decoders"] = connection.solver.values.T
    else:
        arrays[prefix + "decoders"] = sim.data[connection].weights
    has_transform = not isinstance(connection.transform, nengo.transforms.NoTransform)
    if has_transform and (solved or not isinstance(pre, nengo.Ensemble)):
        arrays[prefix + "transform"] = connection.transform.sample()
    arrays[prefix + "post_slice"] = np.arange(post.size_in)[connection.post_slice]
    return arrays | _synapse(connection, prefix)


def _probe(nengo, sim, probe, prefix: str) -> Arrays:
    arrays = {prefix + "target": _end(nengo, probe.obj)} | _synapse(probe, prefix)
    if isinstance(probe.obj, nengo.Ensemble):
        made = [
            conn
            for conn in sim.model.params
            if isinstance(conn, nengo.Connection) and conn.post_obj is probe
        ]
        arrays[prefix + "decoders"] = sim.model.params[made[0]].weights
    return arrays


def _synapse(part, prefix: str) -> Arrays:
    return {} if part.synapse is None else {prefix + "synapse": part.synapse.tau}


def _end(nengo, part) -> str:
    if isinstance(part, nengo.ensemble.Neurons):
        return f"{part.ensemble.label}.neurons"
    return part.label
