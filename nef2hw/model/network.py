"""A trained network as its user holds it: named, in float, checked.

All arrays are copies and locked. Sizes: n neurons, d dimensions of an
ensemble.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nef2hw.model.synapses import Synapse

FloatArray = npt.NDArray[np.float64]
IndexArray = npt.NDArray[np.int64]
InputKind = Literal["value", "spike"]
Discretization = Literal["exact", "euler"]
Reset = Literal["zero", "subtract"]


def locked(value: npt.ArrayLike, dtype: type[Any] = np.float64) -> npt.NDArray[Any]:
    """Copy ``value`` to an array of ``dtype`` that nobody can write to."""
    array = np.array(value, dtype=dtype)
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Input:
    """Values or spikes that come from outside, one row per step."""

    name: str
    size: int
    kind: InputKind
    low: FloatArray  #: (size,), declared range; hardware saturates outside it
    high: FloatArray  #: (size,)
    default: FloatArray | None = None  #: (size,), what is fed when nothing is given


@dataclass(frozen=True)
class LifNeurons:
    """Nengo's LIF; the threshold is 1."""

    tau_rc_s: float = 0.02  #: membrane time constant
    tau_ref_s: float = 0.002  #: refractory time, any fraction of a step
    amplitude: float = 1.0  #: a spike has the value amplitude/dt
    min_voltage: float = 0.0  #: voltages never fall below, <= 0
    discretization: Discretization = "exact"  #: of the decay; "euler" is its first order
    reset: Reset = "zero"  #: "subtract" takes 1 from the voltage, only without refractory time


@dataclass(frozen=True)
class IfNeurons:
    """Integrate and fire without leak: V <- V + J dt, a spike where V > 1."""

    amplitude: float = 1.0
    min_voltage: float = 0.0
    reset: Reset = "zero"


@dataclass(frozen=True)
class RectifiedNeurons:
    """Nengo's SpikingRectifiedLinear: V <- V + max(J, 0) dt, then floor(V) spikes leave V."""

    amplitude: float = 1.0


Neurons = LifNeurons | IfNeurons | RectifiedNeurons


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A population of neurons, with encoders where it represents a vector."""

    name: str
    gain: FloatArray  #: (n,)
    bias: FloatArray  #: (n,)
    neurons: Neurons
    encoders: FloatArray | None = None  #: (n, d)
    radius: float = 1.0
    voltage_init: FloatArray | None = None  #: (n,), None is 0
    refractory_init_s: FloatArray | None = None  #: (n,), None is 0

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return int(self.gain.shape[0])


#: Prefix of a probe's name where it is the end of a connection.
PROBES = "probes/"


@dataclass(frozen=True)
class Endpoint:
    """One end of a connection: an input, an ensemble, its neurons, or ``probes/<probe>``."""

    name: str
    neurons: bool = False

    def __str__(self) -> str:
        return f"{self.name}.neurons" if self.neurons else self.name


@dataclass(frozen=True, eq=False)
class Connection:
    """pre -> decoders -> slice -> transform -> synapse -> slice -> post."""

    name: str
    pre: Endpoint
    post: Endpoint
    decoders: FloatArray | None = None  #: (size_mid, n_pre), when pre is an ensemble
    transform: FloatArray | None = None  #: (), (k,) diagonal or (size_out, size_mid)
    pre_slice: IndexArray | None = None  #: (k,)
    post_slice: IndexArray | None = None  #: (k,), no index twice
    synapse: Synapse | None = None
    delay: int = 0  #: steps


@dataclass(frozen=True, eq=False)
class Probe:
    """A decoded output, the spikes of neurons (perhaps transformed), or what connections bring."""

    name: str
    target: Endpoint | None  #: None: the sum of the connections to ``probes/<name>``
    size: int
    decoders: FloatArray | None = None  #: (size_mid, n)
    transform: FloatArray | None = None  #: (), (k,) diagonal or (size, size_mid)
    bias: FloatArray | None = None  #: (size,), None is 0
    synapse: Synapse | None = None
    delay: int = 0  #: steps


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """Everything that was trained, in the order of its file."""

    dt_s: float
    inputs: tuple[Input, ...]
    ensembles: tuple[Ensemble, ...]
    connections: tuple[Connection, ...]
    probes: tuple[Probe, ...]
    notes: tuple[str, ...] = ()  #: what the front end assumed or changed, for the user to read

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file; see `nef2hw.model.npz.save_model`."""
        from nef2hw.model.npz import save_model

        save_model(self, path)
