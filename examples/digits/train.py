"""Train a 64-128-10 spiking classifier on scikit-learn's digits and write it as ``model.npz``.

The network is trained on firing rates, with a softened LIF rate curve that has a gradient
everywhere (Hunsberger and Eliasmith, "Spiking Deep Networks with LIF Neurons", 2015), and then run
with spikes.
Run from anywhere: ``python examples/digits/train.py`` (needs scikit-learn; takes some seconds).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

FloatArray = npt.NDArray[np.float64]

DT_S = 0.001
TAU_RC_S = 0.02
TAU_REF_S = 0.002
TAU_SYN_S = 0.02
AMPLITUDE = 0.01  #: so that a neuron firing at 100 Hz puts out 1
NEURON_BIAS = 1.0  #: the LIF layer's own current: the threshold
PRESENTATION_STEPS = 100

HIDDEN = 128
EPOCHS = 120
BATCH = 64
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 1e-4
SOFTNESS = 0.02  #: width of the softened threshold, in units of current
SEED = 1


@dataclass
class Weights:
    """Two dense layers; ``w0`` (128, 64), ``w1`` (10, 128)."""

    w0: FloatArray
    b0: FloatArray
    w1: FloatArray
    b1: FloatArray

    def arrays(self) -> tuple[FloatArray, ...]:
        return self.w0, self.b0, self.w1, self.b1


def soft_lif_rate(current: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return output and slope of a softened LIF neuron at ``current`` (threshold 1)."""
    above = (current - 1.0) / SOFTNESS
    drive = np.maximum(SOFTNESS * np.logaddexp(0.0, above), 1e-12)
    drive_slope = 1.0 / (1.0 + np.exp(-np.clip(above, -50.0, 50.0)))
    period_s = TAU_REF_S + TAU_RC_S * np.log1p(1.0 / drive)
    rate = AMPLITUDE / period_s
    slope = rate / period_s * TAU_RC_S / (drive * (drive + 1.0)) * drive_slope
    return rate, slope


def initial_weights(rng: np.random.Generator, inputs: int, outputs: int) -> Weights:
    return Weights(
        rng.normal(0.0, 1.0 / np.sqrt(inputs), (HIDDEN, inputs)),
        np.full(HIDDEN, 0.3),
        rng.normal(0.0, 1.0 / np.sqrt(HIDDEN), (outputs, HIDDEN)),
        np.zeros(outputs),
    )


def gradients(weights: Weights, x: FloatArray, labels: npt.NDArray[np.int64]) -> list[FloatArray]:
    """Gradient of the mean cross-entropy with respect to each array of ``weights``."""
    hidden, slope = soft_lif_rate(x @ weights.w0.T + weights.b0 + NEURON_BIAS)
    logits = hidden @ weights.w1.T + weights.b1
    probability = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    error = probability
    error[np.arange(len(x)), labels] -= 1.0
    error /= len(x)
    back = (error @ weights.w1) * slope
    return [back.T @ x, back.sum(axis=0), error.T @ hidden, error.sum(axis=0)]


def train(x: FloatArray, labels: npt.NDArray[np.int64], rng: np.random.Generator) -> Weights:
    """Train with Adam and a rate that falls linearly to zero."""
    weights = initial_weights(rng, x.shape[1], int(labels.max()) + 1)
    means = [np.zeros_like(array) for array in weights.arrays()]
    squares = [np.zeros_like(array) for array in weights.arrays()]
    steps = EPOCHS * -(-len(x) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            step += 1
            batch = order[start : start + BATCH]
            rate = LEARNING_RATE * (1.0 - step / (steps + 1))
            found = gradients(weights, x[batch], labels[batch])
            for array, gradient, mean, square in zip(
                weights.arrays(), found, means, squares, strict=True
            ):
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient**2 - square)
                unbiased = mean / (1.0 - 0.9**step)
                scale = np.sqrt(square / (1.0 - 0.999**step)) + 1e-8
                array -= rate * (unbiased / scale + WEIGHT_DECAY * array)
    return weights


def spiking_outputs(weights: Weights, x: FloatArray) -> FloatArray:
    """Run the spiking network from rest for each row of ``x``; return the last outputs."""
    current = x @ weights.w0.T + weights.b0 + NEURON_BIAS
    voltage = np.zeros_like(current)
    refractory_s = np.zeros_like(current)
    filtered = np.zeros_like(current)
    decay = np.exp(-DT_S / TAU_SYN_S)
    for _ in range(PRESENTATION_STEPS):
        output = filtered
        refractory_s -= DT_S
        free_s = np.clip(DT_S - refractory_s, 0.0, DT_S)
        voltage -= (current - voltage) * np.expm1(-free_s / TAU_RC_S)
        spiked = voltage > 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            late_s = DT_S + TAU_RC_S * np.log1p(-(voltage - 1.0) / (current - 1.0))
        refractory_s = np.where(spiked, TAU_REF_S + late_s, refractory_s)
        voltage = np.where(spiked, 0.0, np.maximum(voltage, 0.0))
        filtered = decay * filtered + (1.0 - decay) * spiked * (AMPLITUDE / DT_S)
    return output @ weights.w1.T + weights.b1


def save_model(path: Path, weights: Weights) -> None:
    """Write the network in the layer shorthand of the model format."""
    np.savez(
        path,
        **{
            "format": "nef2hw-model-1",
            "dt": DT_S,
            "inputs/x/low": 0.0,
            "inputs/x/high": 1.0,
            "layers/0/weights": weights.w0,
            "layers/0/bias": weights.b0,
            "layers/0/neuron_bias": np.full(HIDDEN, NEURON_BIAS),
            "layers/0/tau_rc": TAU_RC_S,
            "layers/0/tau_ref": TAU_REF_S,
            "layers/0/amplitude": AMPLITUDE,
            "layers/0/synapse": TAU_SYN_S,
            "layers/1/weights": weights.w1,
            "layers/1/bias": weights.b1,
            "layers/1/neuron_type": "none",
        },
    )


def main() -> None:
    """Train, show the accuracy, and write the model with its test set."""
    folder = Path(__file__).parent
    digits = load_digits()
    x_train, x_test, labels_train, labels_test = train_test_split(
        digits.data / 16.0, digits.target, test_size=0.25, random_state=SEED, stratify=digits.target
    )
    weights = train(x_train, labels_train, np.random.default_rng(SEED))
    rates, _ = soft_lif_rate(x_test @ weights.w0.T + weights.b0 + NEURON_BIAS)
    from_rates = np.argmax(rates @ weights.w1.T + weights.b1, axis=1)
    from_spikes = np.argmax(spiking_outputs(weights, x_test), axis=1)
    print(
        f"test accuracy: {np.mean(from_rates == labels_test):.2%} with rates,"
        f" {np.mean(from_spikes == labels_test):.2%} with spikes,"
        f" mean rate {rates.mean() / AMPLITUDE:.0f} Hz"
    )
    save_model(folder / "model.npz", weights)
    np.savez_compressed(folder / "test_inputs.npz", x=x_test)
    np.save(folder / "test_labels.npy", labels_test.astype(np.uint8))


if __name__ == "__main__":
    main()
