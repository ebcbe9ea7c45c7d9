"""Real Nengo networks, written as model arrays, to hold the compiler against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nef2hw.compiler.fold import fold
from nef2hw.model.network import TrainedNetwork
from nef2hw.sim.reference import simulate_reference

Arrays = dict[str, Any]


@dataclass(frozen=True)
class NengoRun:
    """A network as model arrays, what it was fed, and what Nengo made of it."""

    arrays: Arrays
    stimulus: dict[str, np.ndarray]  #: (steps, size) by input
    spikes: dict[str, np.ndarray]  #: int, (steps, n) by ensemble: how often each neuron fires
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


def assert_reference_equals(run: NengoRun, model: TrainedNetwork) -> None:
    """Hold the float reference of ``model`` against Nengo: every spike, every probe."""
    trace = simulate_reference(fold(model), run.stimulus)
    assert trace.spikes.keys() == run.spikes.keys()
    for ensemble, spikes in run.spikes.items():
        assert spikes.any(), f"{ensemble} is silent, which proves nothing"
        np.testing.assert_array_equal(trace.spikes[ensemble], spikes, err_msg=ensemble)
    assert trace.probes.keys() == run.probes.keys()
    for probe, values in run.probes.items():
        np.testing.assert_allclose(trace.probes[probe], values, rtol=1e-9, atol=1e-9)


def run_nengo(nengo, network, steps: int, dt: float = 0.001) -> NengoRun:
    """Simulate ``network``; labels are names.

    Nodes come from `stimulus_node`, or have a synapse as their output: they filter within the
    step between two connections without synapse.
    """
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
            stimulus={node.label: node.output.values[:steps] for node in stimuli(network)},
            spikes={name: _counts(sim, probe) for name, probe in spike_probes.items()},
            probes={name: np.array(sim.data[probe]) for name, probe in named.items()},
        )


def stimuli(network):
    """Return the nodes that feed rows."""
    return [node for node in network.all_nodes if isinstance(node.output, Rows)]


def _counts(sim, probe) -> np.ndarray:
    amplitude = probe.obj.ensemble.neuron_type.amplitude
    return np.rint(sim.data[probe] * sim.dt / amplitude).astype(int)


def network_arrays(nengo, network, sim, probes) -> Arrays:
    """Write a built network as the arrays of a model file."""
    arrays: Arrays = {"format": "nef2hw-model-1", "dt": sim.dt}
    for node in stimuli(network):
        arrays[f"inputs/{node.label}/size"] = node.size_out
    for ensemble in network.all_ensembles:
        arrays |= _ensemble(sim, ensemble)
    after_filter = {c.pre_obj: c for c in network.all_connections if _is_filter(nengo, c.pre_obj)}
    for number, connection in enumerate(network.all_connections):
        if connection.pre_obj not in after_filter:
            prefix = f"connections/c{number}/"
            arrays |= _connection(nengo, sim, connection, prefix, after_filter)
    for name, probe in probes.items():
        arrays |= _probe(nengo, sim, probe, f"probes/{name}/")
    return arrays


def _ensemble(sim, ensemble) -> Arrays:
    built, neurons = sim.data[ensemble], ensemble.neuron_type
    state = sim.model.sig[ensemble.neurons]
    values = {
        "neuron_type": type(neurons).__name__,
        "gain": built.gain,
        "bias": built.bias,
        "encoders": built.encoders,
        "radius": ensemble.radius,
        "amplitude": neurons.amplitude,
        "voltage_init": state["voltage"].initial_value,
    }
    if "refractory_time" in neurons.state:
        values |= {
            "tau_rc": neurons.tau_rc,
            "tau_ref": neurons.tau_ref,
            "min_voltage": neurons.min_voltage,
            "refractory_init": state["refractory_time"].initial_value,
        }
    return {f"ensembles/{ensemble.label}/{field}": value for field, value in values.items()}


def _is_filter(nengo, part) -> bool:
    return isinstance(part, nengo.Node) and isinstance(part.output, nengo.synapses.Synapse)


def _connection(nengo, sim, connection, prefix: str, after_filter) -> Arrays:
    pre, post, post_slice = connection.pre_obj, connection.post_obj, connection.post_slice
    synapse = _synapse(nengo, sim, connection.synapse, prefix)
    if post in after_filter:
        synapse = _synapse(nengo, sim, post.output, prefix) | {prefix + "delay": 0}
        post, post_slice = after_filter[post].post_obj, after_filter[post].post_slice
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
    arrays[prefix + "post_slice"] = np.arange(post.size_in)[post_slice]
    return arrays | synapse


def _probe(nengo, sim, probe, prefix: str) -> Arrays:
    arrays = {prefix + "target": _end(nengo, probe.obj)}
    arrays |= _synapse(nengo, sim, probe.synapse, prefix)
    if isinstance(probe.obj, nengo.Ensemble):
        made = [
            conn
            for conn in sim.model.params
            if isinstance(conn, nengo.Connection) and conn.post_obj is probe
        ]
        arrays[prefix + "decoders"] = sim.model.params[made[0]].weights
    return arrays


def _synapse(nengo, sim, synapse, prefix: str) -> Arrays:
    if synapse is None:
        return {}
    if isinstance(synapse, nengo.Lowpass):
        return {prefix + "synapse": synapse.tau}
    if isinstance(synapse, nengo.Alpha):
        return {prefix + "synapse_type": "alpha", prefix + "synapse": synapse.tau}
    design = nengo.utils.filter_design
    matrices = design.tf2ss(synapse.num, synapse.den)
    if synapse.analog:
        matrices = design.cont2discrete(matrices, sim.dt, method=synapse.method)
    A, B, C, D, *_ = matrices
    values = {"type": "linear", "A": A, "B": B, "C": C, "D": D}
    return {f"{prefix}synapse_{field}": value for field, value in values.items()}


def _end(nengo, part) -> str:
    if isinstance(part, nengo.ensemble.Neurons):
        return f"{part.ensemble.label}.neurons"
    return part.label
