"""Write a model and its weights with Keras 3, and what Keras computes with them.

To make the files anew, in an environment of its own:

    pip install keras==3.15.1 jax h5py
    KERAS_BACKEND=jax python tests/vectors/nengo_dl/make_keras3.py
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

FOLDER = Path(__file__).parent


def main() -> None:
    """Write every file of this folder that Keras 3 writes."""
    rng = np.random.default_rng(4)
    layers = keras.layers
    entered = layers.Input((4, 4), name="image")
    values = layers.Flatten(name="flat")(entered)
    values = layers.Dense(10, use_bias=False, name="hidden")(values)
    values = layers.BatchNormalization(name="normal")(values)
    values = layers.ReLU(name="rectified")(values)
    values = layers.Dropout(0.2, name="dropout")(values)
    values = layers.Dense(12, activation="relu", name="second")(values)
    logits = layers.Dense(3, name="logits")
    model = keras.Model(entered, layers.Softmax(name="classes")(logits(values)))
    model.set_weights([rng.normal(0, 0.5, array.shape) ** 2 for array in model.get_weights()])
    model.save(FOLDER / "keras3_model.keras")

    plain = keras.Sequential(
        [
            layers.Input((16,)),
            layers.Dense(10, activation="relu", name="zulu"),
            layers.Dense(3, name="alpha"),
        ]
    )
    plain.set_weights([rng.normal(0, 0.5, array.shape) for array in plain.get_weights()])
    plain.save_weights(FOLDER / "keras3.weights.h5")

    x = rng.uniform(-1, 1, (5, 4, 4))
    np.savez_compressed(
        FOLDER / "keras3_outputs.npz",
        x=x.reshape(5, 16),
        logits=keras.Model(entered, logits.output)(x),
        plain=plain(x.reshape(5, 16)),
        versions=f"keras {keras.__version__}",
    )


if __name__ == "__main__":
    main()
