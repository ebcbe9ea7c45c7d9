"""Build a neural PID controller in Nengo and write it as ``model.npz``.

An ensemble of two dimensions, (error, speed), computes the proportional and the derivative part; an
integrator, an ensemble that drives itself, computes the integral.
Run from anywhere: ``python examples/controller/train.py`` (needs nengo; takes a second).
"""

from __future__ import annotations

from pathlib import Path

import nengo

import nef2hw

PROPORTIONAL = 10.0  #: force per unit of error
DERIVATIVE = 5.0  #: force per unit of speed
INTEGRAL = 4.0  #: force per unit of error and second
LARGEST_LOAD = 3.0  #: force that the integrator can hold against
INTEGRATOR_TAU_S = 0.1
OUTPUT_TAU_S = 0.005
SEED = 4


def controller() -> nengo.Network:
    """Return the network: inputs ``error`` and ``speed``, probes ``force`` and ``integral``."""
    with nengo.Network(seed=SEED) as network:
        error = nengo.Node(lambda t: 0.0, label="error")
        speed = nengo.Node(lambda t: 0.0, label="speed")
        reflex = nengo.Ensemble(50, dimensions=2, radius=2.0, label="reflex")
        integrator = nengo.Ensemble(60, dimensions=1, radius=LARGEST_LOAD, label="integrator")
        force = nengo.Node(size_in=1, label="force")
        nengo.Connection(error, reflex[0], synapse=OUTPUT_TAU_S)
        nengo.Connection(speed, reflex[1], synapse=OUTPUT_TAU_S)
        nengo.Connection(
            reflex, force, transform=[[PROPORTIONAL, -DERIVATIVE]], synapse=OUTPUT_TAU_S
        )
        nengo.Connection(
            error, integrator, transform=INTEGRAL * INTEGRATOR_TAU_S, synapse=INTEGRATOR_TAU_S
        )
        nengo.Connection(integrator, integrator, synapse=INTEGRATOR_TAU_S)
        nengo.Connection(integrator, force, synapse=OUTPUT_TAU_S)
        nengo.Probe(force, label="force")
        nengo.Probe(integrator, synapse=0.02, label="integral")
    return network


def main() -> None:
    """Build and write the model."""
    ranges = {"error": (-2.0, 2.0), "speed": (-4.0, 4.0)}
    model = nef2hw.from_nengo(controller(), ranges=ranges)
    model.save(Path(__file__).parent / "model.npz")
    print("\n".join(model.notes))


if __name__ == "__main__":
    main()
