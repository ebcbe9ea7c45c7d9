"""Networks in layers, from the arrays and numbers that a Keras or NengoDL user holds in Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.frontends.layers.affine import Affine, affine_of, as_array
from nef2hw.frontends.layers.records import (
    BatchNormalization,
    Dense,
    LayerRecord,
    Lif,
    NeuronLayer,
    SpikingRectifiedLinear,
    SynapseLike,
)
from nef2hw.model.fields import AnyArray, Fields, Range
from nef2hw.model.network import Ensemble, FloatArray, TrainedNetwork, locked
from nef2hw.model.parse import model_problems, parse_model
from nef2hw.model.schema import FORMAT, SYNAPSE_FIELDS
from nef2hw.model.synapse_fields import synapse_values
from nef2hw.model.synapses import Alpha, LinearFilter, Lowpass

__all__ = ["BatchNormalization", "Dense", "Lif", "SpikingRectifiedLinear", "from_layers"]

#: What may stand in a list of layers.
LayerLike = LayerRecord | tuple[npt.ArrayLike, npt.ArrayLike] | Mapping[str, npt.ArrayLike]
Bounds = tuple[npt.ArrayLike, npt.ArrayLike]

_RECORDS = (Dense, BatchNormalization, Lif, SpikingRectifiedLinear)
_SCALE = Range(1e-6, 1e6)
_LAYER = re.compile(r"layers/(\d+)/")


@dataclass(frozen=True)
class Options:
    """What holds for all layers of a network."""

    dt_s: float
    synapse: SynapseLike
    scale_firing_rates: float | Sequence[float] | None
    input_range: Bounds


def from_layers(
    layers: Sequence[LayerLike],
    *,
    dt: float = 0.001,
    synapse: SynapseLike = None,
    scale_firing_rates: float | Sequence[float] | None = None,
    input_range: Bounds = (-1.0, 1.0),
) -> TrainedNetwork:
    """Make a network of layers, as they follow each other.

    >>> from_layers([Dense(kernel0, bias0), Lif(amplitude=0.01), Dense(kernel1, bias1)])

    Parameters
    ----------
    layers : sequence
        Either `Dense`, `BatchNormalization`, `Lif` and `SpikingRectifiedLinear`, a pair
        ``(kernel, bias)`` standing for a `Dense`; what has no neurons is folded together.
        Or mappings, each one layer with its neurons, with the fields that model files have
        after ``layers/<k>/``: there ``weights`` is (n_out, n_in).
    dt : time step, s
    synapse : filter of what leaves each layer of neurons that has none of its own: a time
        constant in s (lowpass), a `Lowpass`, `Alpha` or `LinearFilter`, or None
    scale_firing_rates : factor of what enters the neurons, bias included, by which their
        amplitude is divided, as ``nengo_dl.Converter`` does it; one number, or one for each
        layer of neurons
    input_range : lowest and highest input, () or (n_in,) each; hardware saturates outside it

    Returns
    -------
    TrainedNetwork
        An input ``x``, ensembles ``layer0``, ``layer1``, ..., and a probe ``output``: what a
        `Dense` after the last neurons gives, or else their spikes.

    Raises
    ------
    ModelError
        Naming the layer, the value found and the value expected.
    """
    items = _items(layers)
    options = Options(dt, synapse, scale_firing_rates, input_range)
    if all(isinstance(item, Mapping) for item in items):
        return _network([dict(item) for item in items], options)
    return network_of([(f"layers[{k}]", _record(k, item)) for k, item in enumerate(items)], options)


def network_of(layers: Sequence[tuple[str, LayerRecord]], options: Options) -> TrainedNetwork:
    """Make a network of records, each with the place that messages name."""
    written = _written(layers)
    try:
        return _network([layer.values for layer in written], options)
    except ModelError as error:
        explained = (_explained(problem, written) for problem in error.problems)
        raise ModelError("\n".join(explained)) from error


def _explained(problem: str, written: Sequence[_Written]) -> str:
    found = _LAYER.search(problem)
    if found is None:
        return problem
    return f"{problem} (layers/{found[1]} is made of {written[int(found[1])].origin})"


def _items(layers: Any) -> list[Any]:
    if isinstance(layers, (str, bytes, Mapping)) or not hasattr(layers, "__iter__"):
        raise ModelError(
            f"layers is of type {type(layers).__name__}, expected a list such as "
            "[Dense(kernel, bias), Lif(), Dense(kernel, bias)]"
        )
    items = list(layers)
    if not items:
        raise ModelError("layers is empty, expected at least a Dense and its neurons")
    return items


def _record(k: int, item: Any) -> LayerRecord:
    if isinstance(item, _RECORDS):
        return item
    if isinstance(item, (tuple, list)) and len(item) == 2:
        return Dense(*item)
    if isinstance(item, Mapping):
        raise ModelError(
            f"layers[{k}] is a mapping among other kinds of layers, expected all of them to be "
            "mappings, or none"
        )
    raise ModelError(
        f"layers[{k}] is of type {type(item).__name__}, expected Dense, BatchNormalization, Lif, "
        "SpikingRectifiedLinear or a pair (kernel, bias)"
    )


@dataclass(frozen=True)
class _Written:
    """Fields of one layer in a model file, and what they were made of."""

    values: dict[str, Any]
    origin: str


def _written(layers: Sequence[tuple[str, LayerRecord]]) -> list[_Written]:
    """Join what has no neurons to the neurons that follow, or to a readout."""
    written: list[_Written] = []
    pending: Affine | None = None
    first = before = ""
    size = 0
    for place, layer in layers:
        if isinstance(layer, (Lif, SpikingRectifiedLinear)):
            if pending is None:
                raise ModelError(
                    f"{place} is {type(layer).__name__}"
                    + (f" straight after {before}" if before else " and comes first")
                    + ", expected a Dense before all neurons"
                )
            values = _dense_values(pending) | _neuron_values(place, layer, pending.size_out)
            written.append(_Written(values, f"{first} to {place}"))
            pending = None
        else:
            step = affine_of(place, layer)
            if size and step.size_in != size:
                raise ModelError(_break(before, size, place, step))
            first = first if pending else place
            pending = pending.then(step) if pending else step
            size = step.size_out
        before = place
    if pending is not None:
        origin = first if first == before else f"{first} to {before}"
        if not written:
            raise ModelError(f"{origin} has no neurons after it, expected Lif() or others")
        written.append(_Written(_dense_values(pending) | {"neuron_type": "none"}, origin))
    return written


def _break(before: str, size: int, place: str, step: Affine) -> str:
    turned = (
        "; the kernel is (n_in, n_out) as Keras holds it, is it turned round?"
        if step.kernel.ndim == 2 and step.size_out == size
        else ""
    )
    return f"{before} gives {size} values, but {place} takes {step.size_in}{turned}"


def _dense_values(affine: Affine) -> dict[str, Any]:
    return {"weights": affine.weights(), "bias": affine.offset}


def _neuron_values(place: str, layer: NeuronLayer, n: int) -> dict[str, Any]:
    values: dict[str, Any] = {
        "neuron_type": "LIF" if isinstance(layer, Lif) else "SpikingRectifiedLinear",
        "neuron_gain": _for_each(as_array(f"{place}.gain", layer.gain), n),
        "neuron_bias": _for_each(as_array(f"{place}.bias", layer.bias), n),
        "amplitude": layer.amplitude,
    }
    if layer.voltage_init is not None:
        values["voltage_init"] = layer.voltage_init
    if isinstance(layer, Lif):
        values |= {
            "tau_rc": layer.tau_rc_s,
            "tau_ref": layer.tau_ref_s,
            "min_voltage": layer.min_voltage,
        }
    return values | _synapse_values(f"{place}.synapse", layer.synapse)


def _for_each(value: AnyArray, n: int) -> AnyArray:
    return np.full(n, value) if value.shape == () else value


def _synapse_values(place: str, synapse: SynapseLike) -> dict[str, Any]:
    if synapse is None:
        return {}
    if isinstance(synapse, (Lowpass, Alpha, LinearFilter)):
        return synapse_values(synapse, delay=1)
    if isinstance(synapse, (int, float, np.number)):
        return {"synapse": synapse}
    raise ModelError(
        f"{place} is of type {type(synapse).__name__}, expected None, a time constant in s, "
        "Lowpass, Alpha or LinearFilter"
    )


def _network(layers: Sequence[Mapping[str, Any]], options: Options) -> TrainedNetwork:
    filtered = _synapse_values("synapse", options.synapse)
    low, high = _bounds(options.input_range)
    arrays: dict[str, Any] = {
        "format": FORMAT,
        "dt": options.dt_s,
        "inputs/x/low": low,
        "inputs/x/high": high,
    }
    for k, layer in enumerate(layers):
        common = filtered if _takes_synapse(layer) else {}
        arrays |= {f"layers/{k}/{field}": value for field, value in {**layer, **common}.items()}
    try:
        network = parse_model(arrays)
    except ModelError as problem:
        raise ModelError("\n".join(model_problems(arrays))) from problem
    if options.scale_firing_rates is None:
        return network
    scales = _scales(options.scale_firing_rates, len(network.ensembles))
    return replace(network, ensembles=tuple(map(_scaled, network.ensembles, scales)))


def _takes_synapse(layer: Mapping[str, Any]) -> bool:
    is_readout = np.array_equal(layer.get("neuron_type", ""), "none")
    return not is_readout and not any(field in layer for field in SYNAPSE_FIELDS)


def _bounds(input_range: Any) -> Bounds:
    if not isinstance(input_range, (tuple, list, np.ndarray)) or len(input_range) != 2:
        raise ModelError(f"input_range is {input_range!r}, expected (low, high)")
    return input_range[0], input_range[1]


def _scales(given: Any, n_layers: int) -> FloatArray:
    """Return one factor for each layer of neurons."""
    fields = Fields({"scale_firing_rates": as_array("scale_firing_rates", given)})
    if fields.arrays["scale_firing_rates"].shape == ():
        return np.full(n_layers, fields.number("scale_firing_rates", None, _SCALE))
    found = fields.needed_floats("scale_firing_rates", ("k",), _SCALE)
    if len(found) != n_layers:
        raise ModelError(
            f"scale_firing_rates has {len(found)} numbers, expected {n_layers}, one for each layer "
            "of neurons, or a single number"
        )
    return found


def _scaled(ensemble: Ensemble, scale: float) -> Ensemble:
    """Scale firing rates: current times ``scale``, what a spike is worth divided by it."""
    neurons = ensemble.neurons
    return replace(
        ensemble,
        gain=locked(ensemble.gain * scale),
        bias=locked(ensemble.bias * scale),
        neurons=replace(neurons, amplitude=neurons.amplitude / float(scale)),
    )
