"""What a Keras user holds: dense layers, normalizations and neurons, as plain records."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from nef2hw.model.synapses import Synapse

#: A filter, the time constant in s of a lowpass, or None for no filter.
SynapseLike = Synapse | float | None


@dataclass(frozen=True, eq=False)
class Dense:
    """``y = u @ kernel + bias``, as ``keras.layers.Dense`` without activation."""

    kernel: npt.ArrayLike  #: (n_in, n_out), as Keras holds it
    bias: npt.ArrayLike | None = None  #: (n_out,), None is 0


@dataclass(frozen=True, eq=False)
class BatchNormalization:
    """``y = gamma (u - moving_mean) / sqrt(moving_variance + epsilon) + beta``, after training."""

    gamma: npt.ArrayLike  #: (n,)
    beta: npt.ArrayLike  #: (n,)
    moving_mean: npt.ArrayLike  #: (n,)
    moving_variance: npt.ArrayLike  #: (n,)
    epsilon: float = 0.001


@dataclass(frozen=True, eq=False, kw_only=True)
class Lif:
    """Nengo's LIF neurons: J = gain (what the layer before gives) + bias, threshold 1."""

    gain: npt.ArrayLike = 1.0  #: () or (n,)
    bias: npt.ArrayLike = 0.0  #: () or (n,), the neurons' own; that of the Dense is beside it
    amplitude: float = 1.0  #: a spike has the value amplitude/dt
    tau_rc_s: float = 0.02  #: membrane time constant
    tau_ref_s: float = 0.002  #: refractory time
    min_voltage: float = 0.0
    voltage_init: npt.ArrayLike | None = None  #: (n,), None is 0
    synapse: SynapseLike = None  #: of what leaves the neurons; None is that of all layers


@dataclass(frozen=True, eq=False, kw_only=True)
class SpikingRectifiedLinear:
    """Nengo's SpikingRectifiedLinear, the spiking form of ReLU: J spikes per second if J > 0."""

    gain: npt.ArrayLike = 1.0  #: () or (n,)
    bias: npt.ArrayLike = 0.0  #: () or (n,)
    amplitude: float = 1.0  #: a spike has the value amplitude/dt
    voltage_init: npt.ArrayLike | None = None  #: (n,), None is 0
    synapse: SynapseLike = None  #: of what leaves the neurons; None is that of all layers


NeuronLayer = Lif | SpikingRectifiedLinear
LayerRecord = Dense | BatchNormalization | NeuronLayer
