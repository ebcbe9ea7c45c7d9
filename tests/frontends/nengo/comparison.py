"""Runs a Nengo network and what became of it side by side."""

from __future__ import annotations

from dataclasses import dataclass

import nengo
import numpy as np

from nef2hw.compiler.fold import fold
from nef2hw.frontends.nengo import from_nengo
from nef2hw.frontends.nengo.labels import part_names
from nef2hw.model.network import TrainedNetwork
from nef2hw.model.npz import load_model, model_arrays
from nef2hw.sim.reference import simulate_reference

# Decoders from the cache may be of another version of Nengo or NumPy.
nengo.rc["decoder_cache"]["enabled"] = "False"


@dataclass(frozen=True, eq=False)
class NengoRun:
    """What happened in a nengo.Simulator."""

    network: TrainedNetwork  #: taken from that simulator, before it ran
    stimulus: dict[str, np.ndarray]  #: (steps, size) by input that is a node
    spikes: dict[str, np.ndarray]  #: counts, (steps, n) by ensemble
    probes: dict[str, np.ndarray]  #: (steps, size) by label


def signal(size: int = 1, seed: int = 0, label: str | None = "x"):
    """Return a node that gives smooth noise."""
    return nengo.Node(
        nengo.processes.WhiteSignal(1.0, high=5, rms=0.5, seed=seed), size_out=size, label=label
    )


def run(network, steps: int, dt: float = 0.001, **options) -> NengoRun:
    """Simulate ``network`` in Nengo; probes to be compared have labels."""
    names = part_names(network)
    ensembles = {part: names[part] for part in network.all_ensembles}
    # Nengo's optimizer merges reversed slices wrongly now and then.
    with nengo.Simulator(network, dt=dt, progress_bar=False, optimize=False) as sim:
        trained = from_nengo(sim, **options)
        inputs = {source.name for source in trained.inputs}
        nodes = {part: names[part] for part in network.all_nodes if names[part] in inputs}
        spikes = {name: [] for name in ensembles.values()}
        values = {name: [] for name in nodes.values()}
        for _ in range(steps):
            sim.step()
            for part, name in ensembles.items():
                output = sim.signals[sim.model.sig[part.neurons]["out"]]
                spikes[name].append(np.rint(output * dt / part.neuron_type.amplitude))
            for part, name in nodes.items():
                values[name].append(sim.signals[sim.model.sig[part]["out"]].copy())
        labelled = (probe for probe in network.all_probes if probe.label)
        return NengoRun(
            network=trained,
            stimulus={name: np.array(rows) for name, rows in values.items()},
            spikes={name: np.array(rows) for name, rows in spikes.items()},
            probes={probe.label: np.array(sim.data[probe]) for probe in labelled},
        )


def assert_exact(
    network, tmp_path, steps: int = 300, dt: float = 0.001, **options
) -> TrainedNetwork:
    """Check that every spike and probe is Nengo's, and that a model file loses nothing."""
    ran = run(network, steps, dt, **options)
    ran.network.save(tmp_path / "model.npz")
    loaded = load_model(tmp_path / "model.npz")
    assert_same_arrays(loaded, ran.network)
    stimulus = {
        source.name: ran.stimulus.get(source.name, np.zeros((steps, source.size)))
        for source in loaded.inputs
    }

    trace = simulate_reference(fold(loaded), stimulus, steps)

    assert trace.spikes.keys() == ran.spikes.keys()
    for name, spikes in ran.spikes.items():
        np.testing.assert_array_equal(trace.spikes[name], spikes, err_msg=name)
    assert sum(spikes.sum() for spikes in ran.spikes.values()) > 50, "silence proves nothing"
    for label, values in ran.probes.items():
        np.testing.assert_allclose(trace.probes[label], values, rtol=1e-9, atol=1e-9, err_msg=label)
    return ran.network


def assert_same_arrays(one: TrainedNetwork, other: TrainedNetwork) -> None:
    """Check that two networks would be written as the same file."""
    arrays, others = model_arrays(one), model_arrays(other)
    assert arrays.keys() == others.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(array, others[key], err_msg=key)
