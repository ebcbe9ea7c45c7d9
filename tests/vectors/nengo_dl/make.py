"""Run small networks in NengoDL and keep their weights, spikes and outputs.

The tests hold the float reference to these files and need neither NengoDL nor TensorFlow. To make
them anew, in an environment of its own:

    pip install nengo-dl==3.6.0 tensorflow-cpu==2.12.1 nengo==3.2.0 "numpy<2"
    python tests/vectors/nengo_dl/make.py

Every network is run in float64, so that spikes can be compared one by one, and again in float32,
NengoDL's default, to see how long the two agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent
#: The second layer is the larger one: NengoDL then stores its biases before those of the first.
SIZES = (16, 10, 12, 4)
HELD_STEPS = 100
IMAGES = 4
AMPLITUDE = 0.01
#: Outputs are kept at every so many steps.
OUTPUT_EVERY = 5


@dataclass
class Built:
    """A network, and the objects in it that matter."""

    net: nengo.Network
    node: nengo.Node
    neurons: list[nengo.ensemble.Neurons]
    output: nengo.Probe
    filtered: nengo.Probe | None = None


def keras_model() -> tf.keras.Model:
    """Return Dense layers with ReLU, whose currents are around the threshold of LIF neurons."""
    rng = np.random.default_rng(1)
    entered = values = tf.keras.Input((SIZES[0],), name="image")
    for k, n in enumerate(SIZES[1:-1]):
        values = tf.keras.layers.Dense(n, activation="relu", name=f"hidden_{k}")(values)
    model = tf.keras.Model(entered, tf.keras.layers.Dense(SIZES[-1], name="readout")(values))
    weights = []
    for n_in, n_out in pairwise(SIZES):
        weights += [rng.normal(0, 1.5 / n_in**0.5, (n_in, n_out)), rng.uniform(0.5, 1.8, n_out)]
    model.set_weights(weights)
    return model


def converted(neurons: nengo.neurons.NeuronType, synapse, scale) -> Built:
    """Convert a Keras model, as users of NengoDL do to make it spike."""
    model = keras_model()
    converter = nengo_dl.Converter(
        model,
        swap_activations={tf.keras.activations.relu: neurons},
        scale_firing_rates=scale,
        synapse=synapse,
    )
    converter.net.seed = 0
    layers = [converter.layers[layer] for layer in model.layers[1:-1]]
    return Built(
        converter.net, converter.inputs[model.input], layers, converter.outputs[model.output]
    )


def layered(dtype: str) -> Built:
    """Put Keras layers and Nengo neurons into one network, as NengoDL's tutorials do."""
    with nengo.Network(seed=0) as net:
        net.config[nengo.Ensemble].max_rates = nengo.dists.Choice([100])
        net.config[nengo.Ensemble].intercepts = nengo.dists.Choice([0])
        net.config[nengo.Connection].synapse = None
        neuron_type = nengo.LIF(amplitude=AMPLITUDE)
        node = values = nengo.Node(np.zeros(SIZES[0]))
        neurons = []
        for n in SIZES[1:-1]:
            values = nengo_dl.Layer(tf.keras.layers.Dense(n, dtype=dtype))(values)
            values = nengo_dl.Layer(neuron_type)(values)
            neurons.append(values)
        values = nengo_dl.Layer(tf.keras.layers.Dense(SIZES[-1], dtype=dtype))(values)
        output = nengo.Probe(values, label="output")
        filtered = nengo.Probe(values, synapse=0.1, label="filtered")
    return Built(net, node, neurons, output, filtered)


def train(path: Path) -> None:
    """Train the layered network a little, so that no parameter is as it was, and save it."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (64, 1, SIZES[0]))
    y = rng.integers(0, SIZES[-1], (64, 1, 1))
    built = layered("float32")
    loss = tf.losses.SparseCategoricalCrossentropy(from_logits=True)
    with nengo_dl.Simulator(built.net, minibatch_size=16, seed=0, progress_bar=False) as sim:
        sim.compile(optimizer=tf.optimizers.Adam(0.02), loss={built.output: loss})
        sim.fit({built.node: x}, {built.output: y}, epochs=20, verbose=0)
        sim.keras_model.save_weights(f"{path}.h5")
        sim.save_params(path)


def images() -> np.ndarray:
    """Return inputs of which each is held for some steps, (steps, 16)."""
    held = np.random.default_rng(3).uniform(-1, 1, (IMAGES, SIZES[0]))
    return np.repeat(np.float32(held), HELD_STEPS, axis=0)


def run(built: Built, dtype: str, params: Path | None, saved: Path | None) -> dict[str, np.ndarray]:
    """Run a network on the held images; return what went in and what came out."""
    with built.net:
        nengo_dl.configure_settings(dtype=dtype)
        spike_probes = [nengo.Probe(neurons, synapse=None) for neurons in built.neurons]
    x = images()
    with nengo_dl.Simulator(built.net, seed=0, progress_bar=False) as sim:
        if params is not None:
            sim.load_params(params)
        if saved is not None:
            sim.keras_model.save_weights(f"{saved}.h5")
            sim.save_params(saved)
        found = sim.predict({built.node: x[np.newaxis]}, n_steps=len(x), verbose=0)
        arrays = {"x": x[::HELD_STEPS], "held_steps": HELD_STEPS, "dt": sim.dt}
        for k, (neurons, probe) in enumerate(zip(built.neurons, spike_probes, strict=True)):
            ensemble = neurons.ensemble
            counts = found[probe][0] * sim.dt / ensemble.neuron_type.amplitude
            arrays |= {
                f"spikes{k}": np.rint(counts).astype(np.uint8),
                f"gain{k}": sim.data[ensemble].gain,
                f"bias{k}": sim.data[ensemble].bias,
                f"voltage_init{k}": sim.model.sig[neurons]["voltage"].initial_value,
            }
        arrays["output"] = found[built.output][0][::OUTPUT_EVERY]
        if built.filtered is not None:
            arrays["filtered"] = found[built.filtered][0][::OUTPUT_EVERY]
    return arrays


def store(
    name: str,
    build: Callable[[str], Built],
    params: Path | None = None,
    saved: Path | None = None,
) -> None:
    """Run a network in both precisions and write its file."""
    exact = run(build("float64"), "float64", params, None)
    single = run(build("float32"), "float32", params, saved)
    same = np.concatenate([exact[f"spikes{k}"] == single[f"spikes{k}"] for k in range(2)], axis=1)
    different = np.flatnonzero(~same.all(axis=1))
    exact["float32_agrees_until"] = different[0] if len(different) else len(same)
    exact["versions"] = (
        f"nengo-dl {nengo_dl.__version__}, nengo {nengo.__version__}, tensorflow {tf.__version__}, "
        f"numpy {np.__version__}"
    )
    np.savez_compressed(FOLDER / f"{name}.npz", **exact)
    counts = [int(exact[f"spikes{k}"].sum()) for k in range(2)]
    print(f"{name}: {counts} spikes, float32 agrees until step {exact['float32_agrees_until']}")


def main() -> None:
    """Write every file of this folder that NengoDL or Keras 2 writes."""
    tf.keras.utils.set_random_seed(5)
    model = keras_model()
    model.save_weights(FOLDER / "keras2_weights.h5")
    model.save(FOLDER / "keras2_model.h5")
    np.savez_compressed(FOLDER / "keras2_arrays.npz", *model.get_weights())
    lif, rectified = nengo.LIF(amplitude=AMPLITUDE), nengo.SpikingRectifiedLinear()
    store("converted_lif", lambda _: converted(lif, None, None), saved=FOLDER / "converter")
    store("converted_lif_scaled", lambda _: converted(lif, 0.005, 2))
    store("converted_relu", lambda _: converted(rectified, 0.01, 500))
    train(FOLDER / "layers")
    store("layered_lif", layered, params=FOLDER / "layers")


if __name__ == "__main__":
    main()
