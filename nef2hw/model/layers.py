"""Shorthand for plain layered networks: ``layers/<k>/weights`` and the like.

It stands for an input ``x``, ensembles ``layer0``, ``layer1``, ... joined
neuron to neuron, and a probe ``output``: the linear readout, or else the last
layer's spikes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Collector, ModelError
from nef2hw.model.fields import Fields
from nef2hw.model.network import (
    Connection,
    Endpoint,
    Ensemble,
    FloatArray,
    Input,
    Probe,
    TrainedNetwork,
    locked,
)
from nef2hw.model.neurons import read_initial_state, read_neurons
from nef2hw.model.populations import read_input
from nef2hw.model.schema import NEURON_FIELDS, SYNAPSE_FIELDS, names_in
from nef2hw.model.synapse_fields import read_synapse
from nef2hw.model.synapses import Synapse

Arrays = Mapping[str, npt.NDArray[Any]]
_READOUT = "none"
_NO_READOUT_FIELDS = tuple(
    field for field in ("neuron_gain", "neuron_bias", *NEURON_FIELDS) if field != "neuron_type"
)


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
    numbers = {int(name) for name in names_in("layers", arrays)}
    last = max(numbers)
    # The first gap is told, what lies beyond it is not looked at.
    present = range(min(set(range(last + 1)) - numbers, default=last) + 1)
    collect = Collector()
    with collect:
        _check_sections(arrays)
    layers = collect.each(present, lambda k: _read_layer(arrays, k, dt_s, k == last))
    _, size = _shape(arrays, 0)
    if isinstance(size, int):
        with collect:
            x = _read_x(arrays, size)
    collect.check()
    ensembles = tuple(layer.ensemble for layer in layers if layer.ensemble is not None)
    return TrainedNetwork(dt_s, (x,), ensembles, _join(layers[: len(ensembles)]), (_probe(layers),))


def _read_x(arrays: Arrays, size: int) -> Input:
    x = read_input("x", arrays, size)
    if x.size != size:
        raise ModelError(
            f"inputs/x/size is {x.size}, expected {size}, the columns of layers/0/weights"
        )
    return x


def _check_sections(arrays: Arrays) -> None:
    for section in ("ensembles", "connections", "probes"):
        for name in names_in(section, arrays):
            raise ModelError(
                f"{section}/{name} is given with layers, expected layers and inputs/x alone"
            )
    for name in names_in("inputs", arrays):
        if name != "x":
            raise ModelError(f"inputs/{name} is given with layers, whose only input is 'x'")


def _shape(arrays: Arrays, k: int) -> tuple[int | str, ...]:
    """Return outputs and inputs of a layer, letters where its weights do not tell."""
    return Fields(arrays, f"layers/{k}/").lengths("weights", ("n_out", "n_in"))


def _read_layer(arrays: Arrays, k: int, dt_s: float, last: bool) -> _Layer:
    fields = Fields(arrays, f"layers/{k}/")
    n_in = "n_in" if k == 0 else _shape(arrays, k - 1)[0]
    collect = Collector()
    with collect:
        weights = fields.needed_floats("weights", ("n_out", n_in))
        shape = weights.shape[:1]
        bias = fields.floats("bias", shape)
        gain = fields.floats("neuron_gain", shape)
        neuron_bias = fields.floats("neuron_bias", shape)
    with collect:
        readout = fields.has("neuron_type") and fields.text("neuron_type", "") == _READOUT
        if readout:
            _check_readout(fields, k, last)
        else:
            neurons = read_neurons(fields, dt_s)
    with collect:
        synapse, delay = read_synapse(fields)
    collect.check()
    dense_bias = locked(np.zeros(shape)) if bias is None else bias
    if readout:
        return _Layer(weights, dense_bias, None, synapse, delay)
    neuron_gain = locked(np.ones(shape)) if gain is None else gain
    total = neuron_gain * dense_bias + (0.0 if neuron_bias is None else neuron_bias)
    voltage_init, refractory_init_s = read_initial_state(fields, neurons, len(weights), dt_s)
    ensemble = Ensemble(
        name=f"layer{k}",
        gain=neuron_gain,
        bias=locked(total),
        neurons=neurons,
        voltage_init=voltage_init,
        refractory_init_s=refractory_init_s,
    )
    return _Layer(weights, dense_bias, ensemble, synapse, delay)


def _check_readout(fields: Fields, k: int, last: bool) -> None:
    if k == 0 or not last:
        raise ModelError(
            f"{fields.key('neuron_type')} is {_READOUT!r}, expected neurons such as 'LIF': only "
            "the last of several layers may be a linear readout"
        )
    fields.refuse(_NO_READOUT_FIELDS, "a linear readout has no neurons")
    cure = f"filter and delay what enters a linear readout with layers/{k - 1}/synapse, /delay"
    fields.refuse(SYNAPSE_FIELDS, cure)


def _join(layers: Sequence[_Layer]) -> tuple[Connection, ...]:
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


def _probe(layers: Sequence[_Layer]) -> Probe:
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
