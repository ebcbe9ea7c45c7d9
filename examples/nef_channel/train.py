"""Build a 100-neuron communication channel in Nengo and write it as ``model.npz``.

The channel represents a value in one ensemble and decodes it again. Everything that the model file
needs is read from arrays that ``nengo.Simulator`` makes public.
Run from anywhere: ``python examples/nef_channel/train.py`` (needs nengo; takes a second).
"""

from __future__ import annotations

from pathlib import Path

import nengo
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

DT_S = 0.001
STEPS = 1000
INPUT_TAU_S = 0.005
OUTPUT_TAU_S = 0.02
NEURONS = 100
SEED = 7


def stimulus() -> FloatArray:
    """Two slow sines that stay inside -1 and 1; shape (STEPS, 1)."""
    time_s = DT_S * np.arange(STEPS)
    value = 0.6 * np.sin(2 * np.pi * 1.0 * time_s) + 0.35 * np.sin(2 * np.pi * 2.7 * time_s)
    return value[:, np.newaxis]


def main() -> None:
    """Build, run in Nengo for comparison, and write the model, its input and Nengo's output."""
    folder = Path(__file__).parent
    values = stimulus()
    with nengo.Network(seed=SEED) as network:
        node = nengo.Node(nengo.processes.PresentInput(values, DT_S))
        ensemble = nengo.Ensemble(NEURONS, dimensions=1)
        nengo.Connection(node, ensemble, synapse=INPUT_TAU_S)
        output = nengo.Node(size_in=1)
        decoded = nengo.Connection(ensemble, output, synapse=OUTPUT_TAU_S)
        probe = nengo.Probe(output)

    with nengo.Simulator(network, dt=DT_S, progress_bar=False) as simulator:
        built = simulator.data[ensemble]
        neurons = simulator.model.sig[ensemble.neurons]
        voltage_init = neurons["voltage"].initial_value.copy()
        simulator.run_steps(STEPS)

    np.savez(
        folder / "model.npz",
        **{
            "format": "nef2hw-model-1",
            "dt": DT_S,
            "inputs/u/size": 1,
            "ensembles/channel/neuron_type": "LIF",
            "ensembles/channel/gain": built.gain,
            "ensembles/channel/bias": built.bias,
            "ensembles/channel/encoders": built.encoders,
            "ensembles/channel/radius": float(ensemble.radius),
            "ensembles/channel/tau_rc": ensemble.neuron_type.tau_rc,
            "ensembles/channel/tau_ref": ensemble.neuron_type.tau_ref,
            "ensembles/channel/voltage_init": voltage_init,
            "connections/in/pre": "u",
            "connections/in/post": "channel",
            "connections/in/synapse": INPUT_TAU_S,
            "probes/value/target": "channel",
            "probes/value/decoders": simulator.data[decoded].weights,
            "probes/value/synapse": OUTPUT_TAU_S,
        },
    )
    np.save(folder / "input.npy", values)
    np.save(folder / "nengo_output.npy", simulator.data[probe])
    error = simulator.data[probe] - values
    print(f"root mean square of output minus input in Nengo: {np.sqrt(np.mean(error**2)):.4f}")


if __name__ == "__main__":
    main()
