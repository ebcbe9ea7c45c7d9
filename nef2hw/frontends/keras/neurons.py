"""The neurons' constants, which files of weights do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.errors import ModelError
from nef2hw.frontends.keras.contents import shown
from nef2hw.frontends.keras.plan import NengoNeurons
from nef2hw.frontends.layers.affine import as_array
from nef2hw.frontends.layers.records import Lif, NeuronLayer, SpikingRectifiedLinear
from nef2hw.model.fields import AnyArray, suggestion

#: A number for all neurons, or one number or array (n,) for each layer of neurons.
PerLayer = float | Sequence[npt.ArrayLike] | None

_LIF, _RECTIFIED = "LIF", "SpikingRectifiedLinear"
#: Spiking forms of what people train with.
_SPIKING = {
    "LIFRate": _LIF,
    "SoftLIFRate": _LIF,
    "RectifiedLinear": _RECTIFIED,
    "relu": _RECTIFIED,
}
_GAINS = "gain=[sim.data[ens].gain for ens in net.all_ensembles]"
_BIASES = "neuron_bias=[sim.data[ens].bias for ens in net.all_ensembles]"


@dataclass(frozen=True)
class NeuronOptions:
    """What the user says of the neurons; None where nothing is said."""

    neuron_type: str | None
    tau_rc_s: float | None
    tau_ref_s: float | None
    amplitude: float
    gain: PerLayer
    neuron_bias: PerLayer


def neuron_layers(
    options: NeuronOptions, from_file: Sequence[str | None], nengo: NengoNeurons | None
) -> list[NeuronLayer]:
    """Return the neurons of each layer.

    Parameters
    ----------
    options : what the user says
    from_file : type of each layer's neurons, as the file has it
    nengo : neurons of a file that NengoDL wrote
    """
    n = len(from_file)
    if nengo is not None and options.gain is None:
        cure = "gain=1 for a network of nengo_dl.Converter, else " if nengo.converted else ""
        raise ModelError(
            f"NengoDL does not save the gains of its neurons; give them, {cure}{_GAINS}"
        )
    gains = _per_layer("gain", options.gain, n, 1.0)
    biases = _per_layer("neuron_bias", options.neuron_bias, n, 0.0)
    if nengo is not None:
        biases = _nengo_biases(nengo, None if options.neuron_bias is None else biases)
    types = [_spiking(options.neuron_type or found or _LIF) for found in from_file]
    return [_layer(options, *each) for each in zip(types, gains, biases, strict=True)]


def _layer(
    options: NeuronOptions, neuron_type: str, gain: npt.ArrayLike, bias: npt.ArrayLike
) -> NeuronLayer:
    taus = {"tau_rc_s": options.tau_rc_s, "tau_ref_s": options.tau_ref_s}
    given = {name: value for name, value in taus.items() if value is not None}
    if neuron_type == _LIF:
        return Lif(gain=gain, bias=bias, amplitude=options.amplitude, **given)
    if given:
        raise ModelError(
            f"{' and '.join(given)} {'is' if len(given) == 1 else 'are'} given, but "
            f"{neuron_type} neurons have none; neuron_type='LIF' has"
        )
    return SpikingRectifiedLinear(gain=gain, bias=bias, amplitude=options.amplitude)


def _spiking(found: Any) -> str:
    """Return the type itself, or its spiking form."""
    known = {_LIF: _LIF, _RECTIFIED: _RECTIFIED, **_SPIKING}
    if not isinstance(found, str) or found not in known:
        raise ModelError(
            f"neuron_type is {found!r:.60}, expected {_LIF!r} or {_RECTIFIED!r}"
            f"{suggestion(str(found), known)}"
        )
    return known[found]


def _per_layer(name: str, value: Any, n: int, default: float) -> list[npt.ArrayLike]:
    """Return one number or array for each layer of neurons."""
    if value is None or isinstance(value, (int, float, np.number)):
        return [default if value is None else value] * n
    if not isinstance(value, (list, tuple, np.ndarray)) or len(value) != n:
        size = f" of length {len(value)}" if hasattr(value, "__len__") else ""
        raise ModelError(
            f"{name} is a {type(value).__name__}{size}, expected a number, or a list with one "
            f"number or array for each of the {n} layers of neurons"
        )
    return list(value)


def _nengo_biases(
    nengo: NengoNeurons, given: Sequence[npt.ArrayLike] | None
) -> list[npt.ArrayLike]:
    """Return the neurons' biases of each layer, which NengoDL does not keep in their order."""
    if given is None:
        if len(nengo.sizes) > 1 and np.ptp(nengo.bias) > 0:
            raise ModelError(
                f"{shown(nengo.bias_name)} {nengo.bias.shape} holds the biases of all neurons, in "
                f"an order of layers that NengoDL does not tell; give them, {_BIASES}"
            )
        ends = np.cumsum(nengo.sizes)[:-1]
        return list(np.split(nengo.bias, ends))
    arrays = list(map(_of_size, given, nengo.sizes))
    with np.errstate(over="ignore"):
        found = np.concatenate(arrays).astype(nengo.bias.dtype)
    if not np.array_equal(np.sort(found), np.sort(nengo.bias)):
        raise ModelError(
            f"neuron_bias has other numbers than {shown(nengo.bias_name)} in the file; are both "
            f"of the same simulator, after training? {_BIASES}"
        )
    return list(arrays)


def _of_size(value: npt.ArrayLike, size: int) -> AnyArray:
    array = as_array("neuron_bias", value)
    if array.shape not in ((), (size,)) or array.dtype.kind not in "iuf":
        raise ModelError(
            f"neuron_bias has an array of shape {array.shape} and dtype {array.dtype}, expected "
            f"numbers of shape () or ({size},)"
        )
    return np.broadcast_to(array, (size,))
