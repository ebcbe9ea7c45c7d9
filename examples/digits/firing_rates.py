"""From rates to spikes: sweep ``scale_firing_rates`` and see what accuracy costs on the chip.

A network of rectified linear units is trained without spikes. Its units become spiking neurons that
fire in proportion; the larger the factor of their rates, the finer the values that spikes carry,
and the more spikes an inference takes. They cost no clock cycles as long as they are added while
the neurons are updated.
Run from anywhere: ``python examples/digits/firing_rates.py`` (needs scikit-learn; half a minute).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import nef2hw
from nef2hw.compiler.cycles import count_cycles
from nef2hw.program.decode import encode_inputs
from nef2hw.trace import Trace

FloatArray = npt.NDArray[np.float64]

HIDDEN = (96, 64)
STEPS = 50
SCALES = (20.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
SYNAPSE_S = 0.01
SEED = 3


@dataclass(frozen=True)
class Row:
    """What one factor of the firing rates gives."""

    scale: float
    float_accuracy: float
    accuracy: float  #: of the integers, which are what the chip computes
    spikes: float  #: per inference
    cycles: int  #: of the first inference


def trained(x: FloatArray, labels: npt.NDArray[np.int64]) -> MLPClassifier:
    """Train a network with rates."""
    network = MLPClassifier(HIDDEN, alpha=0.01, max_iter=400, random_state=SEED)
    # Matrices of this size are multiplied faster by one thread than by several that wait.
    with threadpool_limits(1):
        return network.fit(x, labels)


def spiking(network: MLPClassifier, scale: float, board: str) -> nef2hw.CompiledNetwork:
    """Give the units spikes, and compile for a board."""
    layers: list[object] = []
    for kernel, bias in zip(network.coefs_, network.intercepts_, strict=True):
        layers += [
            nef2hw.Dense(kernel, bias),
            nef2hw.SpikingRectifiedLinear(synapse=SYNAPSE_S),
        ]
    trained_layers = nef2hw.from_layers(
        layers[:-1],
        scale_firing_rates=scale,
        input_range=(0.0, 1.0),
    )
    return nef2hw.compile(trained_layers, board=board)


def right(traces: list[Trace], labels: npt.NDArray[np.int64]) -> float:
    """Share of samples whose last output is greatest at the label."""
    last = np.array([trace.probes["output"][-1] for trace in traces])
    return float(np.mean(np.argmax(last, axis=1) == labels))


def cycles_of(compiled: nef2hw.CompiledNetwork, image: FloatArray, trace: Trace) -> int:
    """Clock cycles of an inference, exactly those that the core takes."""
    held = {"x": np.repeat(image[np.newaxis], STEPS, axis=0)}
    codes = encode_inputs(compiled.program.network, held)
    return int(count_cycles(compiled.program, codes, trace.spikes).sum())


def measure(
    network: MLPClassifier, scale: float, board: str, x: FloatArray, labels: npt.NDArray[np.int64]
) -> Row:
    """Run the test set in float and in integers."""
    compiled = spiking(network, scale, board)
    images = x[:, np.newaxis]
    reference = compiled.simulate_batch(images, "reference", steps=STEPS)
    golden = compiled.simulate_batch(images, steps=STEPS)
    spikes = [sum(int(fired.sum()) for fired in trace.spikes.values()) for trace in golden]
    cycles = cycles_of(compiled, x[0], golden[0])
    return Row(
        scale, right(reference, labels), right(golden, labels), float(np.mean(spikes)), cycles
    )


def plot(rows: list[Row], rate_accuracy: float, path: Path) -> None:
    """Save a picture of the sweep; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right_ = figure.subplots(1, 2)
    spikes = [row.spikes for row in rows]
    left.semilogx(spikes, [row.accuracy for row in rows], "o-", label="on the chip")
    left.semilogx(spikes, [row.float_accuracy for row in rows], "x--", label="spikes, in float")
    left.axhline(rate_accuracy, color="0.5", label="rates")
    left.set(xlabel="spikes per inference", ylabel="accuracy")
    left.legend()
    right_.loglog([row.scale for row in rows], [row.cycles for row in rows], "o-")
    right_.set(xlabel="scale_firing_rates", ylabel="clock cycles per inference")
    figure.savefig(path)


def main() -> None:
    """Train, sweep, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", default="icebreaker")
    parser.add_argument("--samples", type=int, default=300, help="of the test set")
    parser.add_argument("--scales", type=float, nargs="+", default=SCALES)
    parser.add_argument("--save", type=Path, metavar="FILE.png", help="a picture of the sweep")
    arguments = parser.parse_args()
    digits = load_digits()
    x_train, x, y_train, labels = train_test_split(
        digits.data / 16.0, digits.target, test_size=0.25, random_state=SEED, stratify=digits.target
    )
    network = trained(x_train, y_train)
    x, labels = x[: arguments.samples], labels[: arguments.samples]
    rate_accuracy = float(network.score(x, labels))
    print(f"with rates, in float: {rate_accuracy:.1%} of {len(x)} test images are right")
    print(f"{'scale':>6} {'float':>7} {'chip':>7} {'spikes':>8} {'cycles':>8}  per image")
    rows = []
    for scale in arguments.scales:
        row = measure(network, scale, arguments.board, x, labels)
        rows.append(row)
        print(
            f"{row.scale:>6g} {row.float_accuracy:>7.1%} {row.accuracy:>7.1%} {row.spikes:>8.0f} "
            f"{row.cycles:>8}"
        )
    if arguments.save:
        plot(rows, rate_accuracy, arguments.save)


if __name__ == "__main__":
    main()
