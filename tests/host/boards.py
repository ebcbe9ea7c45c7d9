"""Small networks on simulated boards in lockstep, for tests of the runtime."""

import numpy as np

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from nef2hw.host.device import Device
from nef2hw.host.link import Link
from nef2hw.model.parse import parse_model
from nef2hw.rtl.top import Top
from nef2hw.sim.compiled.lockstep import LockstepBoard

DIVISOR = 4
TIMEOUT_S = 0.005


def two_inputs(seed=5):
    """Return the arrays of a model with two inputs, neurons that spike and that count, readouts."""
    rng = np.random.default_rng(seed)
    arrays = {
        "format": "nef2hw-model-1",
        "dt": 0.001,
        "inputs/x/size": 2,
        "inputs/offset/size": 1,
        "inputs/offset/default": np.array([0.25]),
        "ensembles/a/neuron_type": "LIF",
        "ensembles/a/gain": rng.uniform(2, 4, 12),
        "ensembles/a/bias": rng.uniform(0, 2, 12),
        "ensembles/b/neuron_type": "SpikingRectifiedLinear",
        "ensembles/b/gain": rng.uniform(900, 1900, 6),
        "ensembles/b/bias": rng.uniform(0, 900, 6),
        "probes/spikes/target": "a.neurons",
        "probes/counts/target": "b.neurons",
        "probes/value/target": "a",
        "probes/value/decoders": rng.uniform(-1, 1, (3, 12)) / 400,
        "probes/value/synapse": 0.01,
    }
    for name, size in (("a", 12), ("b", 6)):
        arrays |= {
            f"ensembles/{name}/encoders": rng.choice([-1.0, 1.0], (size, 1)),
            f"connections/x_{name}/pre": "x",
            f"connections/x_{name}/post": name,
            f"connections/x_{name}/transform": np.array([[1.0, -0.5]]),
            f"connections/x_{name}/synapse": 0.005,
            f"connections/offset_{name}/pre": "offset",
            f"connections/offset_{name}/post": name,
            f"connections/offset_{name}/synapse": 0.005,
        }
    return arrays


def program_for(arrays, *, lanes=4):
    """Compile a model for a small core."""
    return assemble(quantize(fold(parse_model(arrays))), CoreShape(lanes, sums_results=True))


def board_for(program):
    """Return a board that runs ``program``."""
    return LockstepBoard(Top(program.config, program.image, uart_divisor=DIVISOR), DIVISOR)


def device_on(pipe, program):
    """Open a device on a board, or on a line to one."""
    return Device(Link(pipe, TIMEOUT_S), program)
