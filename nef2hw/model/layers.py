"""Shorthand for plain layered networks: ``layers/<k>/weights`` and the like.

It stands for an input ``x``, ensembles ``layer0``, ``layer1``, ... joined
neuron to neuron, and a probe ``output``: the linear readout, or else the last
layer's spikes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.model.fields import Fields
from nef2hw.model.network import (
    Connection,
    Endpoint,
    Ensemble,
    FloatArray,
    Probe,
    TrainedNetwork,
    locked,
)
from nef2hw.model.neurons import read_lif, read_synapse
from nef2hw.model.populations import read_input
from nef2hw.model.schema import names_in
from nef2hw.model.synapses import Synapse

Arrays = Mapping[str, npt.NDArray[Any]]
_READOUT = "none"
_NEURON_FIELDS = ("neuron_gain", "neuron_bias", "tau_rc", "tau_ref", "amplitude")


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer's arrays, checked; ``ensemble`` is None for a linear readout."""

    weights: FloatArray  #: (n_out, n_in)
    bias: FloatArray  #: (n_out,)
    ensemble: Ensemble | None
    synapse: Synapse | None  #: of what leaves the layer
    delay: int


def read_layers(arrays: Arrays, dt_s: float) -> TrainedNetwork:
    """Read a network written in layers.

    Parameters
    ----------
    arrays : the whole model file
    dt_s : time step
    """
    _check_sections(arrays)
    numbers = sorted(int(name) for name in names_in("layers", arrays))
    layers: list[_Layer] = []
    for k in range(numbers[-1] + 1):
        last = k == numbers[-1]
        layers.append(_read_layer(arrays, k, dt_s, layers[-1] if layers else None, last))
    size = int(layers[0].weights.shape[1])
    x = read_input("x", arrays, size)
    if x.size != size:
        raise ModelError(
            f"inputs/x/size is {x.size}, expected {size}, the columns of layers/0/weights"
        )
    ensembles = tuple(layer.ensemble for layer in layers if layer.ensemble is not None)
    return TrainedNetwork(dt_s, (x,), ensembles, _join(layers[: len(ensembles)]), (_probe(layers),))


def _check_sections(arrays: Arrays) -> None:
    for section in ("ensembles", "connections", "probes"):
        for name in names_in(section, arrays):
            raise ModelError(
                f"{section}/{name} is given with layers, expected layers and inputs/x alone"
            )
    for name in names_in("inputs", arrays):
        if name != "x":
            raise ModelError(f"inputs/{name} is given with layers, whose only input is 'x'")


def _read_layer(arrays: Arrays, k: int, dt_s: float, before: _Layer | None, last: bool) -> _Layer:
    fields = Fields(arrays, f"layers/{k}/")
    n_in = "n_in" if before is None else int(before.weights.shape[0])
    weights = fields.needed_floats("weights", ("n_out", n_in))
    n = int(weights.shape[0])
    bias = fields.floats("bias", (n,))
    dense_bias = locked(np.zeros(n)) if bias is None else bias
    kind = fields.text("neuron_type", "'LIF'") if fields.has("neuron_type") else "LIF"
    if kind == _READOUT:
        _check_readout(fields, k, last)
        return _Layer(weights, dense_bias, None, None, 0)
    lif = read_lif(fields, dt_s)
    gain = fields.floats("neuron_gain", (n,))
    neuron_bias = fields.floats("neuron_bias", (n,))
    neuron_gain = np.ones(n) if gain is None else gain
    total = neuron_gain * dense_bias + (0.0 if neuron_bias is None else neuron_bias)
    ensemble = Ensemble(f"layer{k}", locked(neuron_gain), locked(total), lif)
    return _Layer(weights, dense_bias, ensemble, *read_synapse(fields))


def _check_readout(fields: Fields, k: int, last: bool) -> None:
    if k == 0 or not last:
        raise ModelError(
            f"{fields.key('neuron_type')} is {_READOUT!r}, expected 'LIF': only the "
            "last of several layers may be a linear readout"
        )
    for field in _NEURON_FIELDS:
        if fields.has(field):
            raise ModelError(
                f"{fields.key(field)} is given, expected it absent: a linear readout has no neurons"
            )
    if fields.has("synapse"):
        raise ModelError(
            f"{fields.key('synapse')} is given, expected it absent: filter what "
            f"enters a linear readout with layers/{k - 1}/synapse"
        )


def _join(layers: list[_Layer]) -> tuple[Connection, ...]:
    connections = []
    pre, synapse, delay = Endpoint("x"), None, 0
    for k, layer in enumerate(layers):
        post = Endpoint(f"layer{k}", neurons=True)
        connections.append(
            Connection(
                f"layer{k}", pre, post, transform=layer.weights, synapse=synapse, delay=delay
            )
        )
        pre, synapse, delay = post, layer.synapse, layer.delay
    return tuple(connections)


def _probe(layers: list[_Layer]) -> Probe:
    last = layers[-1]
    n = int(last.weights.shape[0])
    if last.ensemble is not None:
        target = Endpoint(last.ensemble.name, neurons=True)
        return Probe("output", target, n, synapse=last.synapse, delay=last.delay)
    target = Endpoint(f"layer{len(layers) - 2}", neurons=True)
    before = layers[-2]
    return Probe(
        "output",
        target,
        n,
        transform=last.weights,
        bias=last.bias,
        synapse=before.synapse,
        delay=before.delay,
    )
