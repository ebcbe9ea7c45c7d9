"""A communication channel, from tuning curves to the Verilog or bitstream of a board.

What Nengo knows of an ensemble, what becomes of it in integers, how well a value gets through, and
how many bits that takes.
Run from anywhere: ``python examples/nef_channel/tour.py`` (needs nengo; add ``--save tour.png`` for
pictures, and ``--bitstream`` to place and route, which takes minutes).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import nengo
import numpy as np
import numpy.typing as npt
from nengo.utils.ensemble import tuning_curves

import nef2hw
from nef2hw.boards.registry import find_board
from nef2hw.build.budget import Budget
from nef2hw.build.check_input import CheckInput
from nef2hw.build.folder import BuildFolder
from nef2hw.build.make import make_build
from nef2hw.build.options import BuildOptions
from nef2hw.model.network import TrainedNetwork

FloatArray = npt.NDArray[np.float64]

DT_S, STEPS, SETTLED = 0.001, 600, 100
POINTS, TUNING_STEPS = 21, 500
SHOWN = 8
SEED = 7


def channel(neurons: int) -> nengo.Network:
    """A value in, an ensemble that represents it, the same value out."""
    with nengo.Network(seed=SEED) as network:
        value = nengo.Node([0.0], label="u")
        network.ensemble = nengo.Ensemble(neurons, dimensions=1, label="channel")
        nengo.Connection(value, network.ensemble, synapse=0.005)
        nengo.Probe(network.ensemble, synapse=0.02, label="value")
    return network


def signal() -> FloatArray:
    """A value that changes slowly, (STEPS, 1)."""
    time_s = DT_S * np.arange(STEPS)
    return 0.8 * np.sin(2 * np.pi * 2.5 * time_s)[:, np.newaxis]


def rates(compiled: nef2hw.CompiledNetwork, at: FloatArray) -> FloatArray:
    """Rates in integers while each value of ``at`` is held, (len(at), neurons)."""
    held = at[:, np.newaxis, np.newaxis]
    traces = compiled.simulate_batch(held, steps=TUNING_STEPS)
    fired = [trace.spikes["channel"][SETTLED:].sum(axis=0) for trace in traces]
    return np.array(fired) / (DT_S * (TUNING_STEPS - SETTLED))


def rmse(got: FloatArray, wanted: FloatArray) -> float:
    """Root mean square of the difference."""
    return float(np.sqrt(np.mean((got - wanted) ** 2)))


def plot(
    path: Path,
    at: FloatArray,
    curves: tuple[FloatArray, FloatArray],
    decoded: dict[str, FloatArray],
) -> None:
    """Save tuning curves of some neurons, and what is decoded; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(at, curves[0][:, :SHOWN], color="C0", lw=1)
    left.plot(at, curves[1][:, :SHOWN], ".", color="C1")
    left.set(xlabel="represented value", ylabel="rate, Hz", title="Nengo: lines, integers: dots")
    for name, values in decoded.items():
        right.plot(DT_S * np.arange(len(values)), values, label=name, lw=1)
    right.set(xlabel="time, s", title="decoded value")
    right.legend()
    figure.savefig(path)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--neurons", type=int, default=100)
    parser.add_argument("--board", default="icebreaker")
    parser.add_argument("--bitstream", action="store_true", help="place and route too")
    parser.add_argument("-o", "--output", type=Path, default=Path("build/channel-tour"))
    parser.add_argument("--save", type=Path, metavar="FILE.png", help="tuning curves and values")
    return parser.parse_args()


def train(neurons: int) -> tuple[TrainedNetwork, FloatArray, FloatArray]:
    """Let Nengo make a channel; return it, and its tuning curves as values and rates."""
    network = channel(neurons)
    with nengo.Simulator(network, dt=DT_S, progress_bar=False) as simulator:
        at, ideal = tuning_curves(network.ensemble, simulator, np.linspace(-1, 1, POINTS)[:, None])
        trained = nef2hw.from_nengo(simulator)
    ensemble = trained.ensembles[0]
    print(
        f"{ensemble.n_neurons} neurons, gains {ensemble.gain.min():.3g} to "
        f"{ensemble.gain.max():.3g}, biases {ensemble.bias.min():.3g} to {ensemble.bias.max():.3g}"
    )
    return trained, at[:, 0], ideal


def decode(compiled: nef2hw.CompiledNetwork, wanted: FloatArray) -> dict[str, FloatArray]:
    """Send the value ``wanted``, and say how well it gets through in float and in integers."""
    decoded = {
        "float": compiled.simulate(wanted, "reference").probes["value"],
        "integers": compiled.simulate(wanted).probes["value"],
    }
    for name, values in decoded.items():
        print(f"decoded, {name}: {rmse(values, wanted):.4f} from the value that was sent (RMSE)")
    print(f"integers against float: {rmse(decoded['integers'], decoded['float']):.4f}")
    return decoded


def build(
    trained: TrainedNetwork, board: str, output: Path, wanted: FloatArray, bitstream: bool
) -> BuildFolder:
    """Build for ``board`` with as few bits as get the value ``wanted`` through."""
    output.parent.mkdir(parents=True, exist_ok=True)
    model = output.with_suffix(".npz")
    trained.save(model)
    data = output.with_name(f"{output.name}-data.npz")
    np.savez(data, u=wanted, **{"targets/value": wanted})
    options = BuildOptions(budget=Budget(rmse=0.01), bitstream=bitstream)
    return make_build(model, find_board(board), output, options, CheckInput(data_path=data))


def describe(folder: BuildFolder) -> None:
    """Print how many bits that took, what they cost, and how fast a step is."""
    precision = folder.report["precision"]
    print(
        f"for an RMSE of 0.01: {precision['weight_bits']}-bit weights, "
        f"{precision['input_bits']}-bit inputs, "
        f"a voltage of {precision['voltage_bits']} bits after the point"
    )
    for source in folder.report["attribution"]["sources"][:3]:
        print(f"  {source['error']:.2%} by {source['kind']} of {source['place']}")
    cycles = folder.report["cycles_per_step"]["typical"]
    print(f"{cycles} clock cycles per step; see {folder.path}/report.html")


def main() -> None:
    """Go through all of it."""
    arguments = parsed()
    trained, at, ideal = train(arguments.neurons)
    compiled = nef2hw.compile(trained, board=arguments.board)
    measured = rates(compiled, at)
    print(f"tuning curves: integers within {rmse(measured, ideal):.2f} Hz of Nengo's (RMS)")
    wanted = signal()
    decoded = decode(compiled, wanted)
    describe(build(trained, arguments.board, arguments.output, wanted, arguments.bitstream))
    if arguments.save:
        plot(arguments.save, at, (ideal, measured), {"sent": wanted, **decoded})


if __name__ == "__main__":
    main()
