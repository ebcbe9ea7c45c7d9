"""Nengo's ensembles, with the parameters that the builder drew."""

from __future__ import annotations

from typing import Any

import nengo
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.notes import one_line
from nef2hw.model.network import Ensemble, LifNeurons, Neurons, RectifiedNeurons, locked

_SPIKING = "nengo.LIF() or nengo.SpikingRectifiedLinear()"
#: What comes nearest to other types of neurons.
_INSTEAD = {
    "AdaptiveLIF": "nengo.LIF(), which does not adapt",
    "AdaptiveLIFRate": "nengo.LIF(), which spikes and does not adapt",
    "Izhikevich": "nengo.LIF()",
    "LIFRate": "nengo.LIF(), its spiking form",
    "RectifiedLinear": "nengo.SpikingRectifiedLinear(), its spiking form",
}


def read_ensemble(built: Built, ensemble: Any, name: str) -> Ensemble:
    """Take an ensemble as it was built.

    Raises
    ------
    ModelError
        For another type of neurons, and for noise.
    """
    neurons = _read_neurons(ensemble, name)
    if ensemble.noise is not None:
        raise ModelError(
            f"ensemble {name!r} has the noise {one_line(ensemble.noise)}, which the hardware does "
            "not make; set noise=None, or connect a node that gives the noise"
        )
    params, state = built.model.params[ensemble], built.model.sig[ensemble.neurons]
    refractory = state.get("refractory_time")
    return Ensemble(
        name=name,
        gain=locked(params.gain),
        bias=locked(params.bias),
        neurons=neurons,
        encoders=locked(params.encoders),
        radius=float(ensemble.radius),
        voltage_init=locked(state["voltage"].initial_value),
        refractory_init_s=None if refractory is None else locked(refractory.initial_value),
    )


def _read_neurons(ensemble: Any, name: str) -> Neurons:
    found = ensemble.neuron_type
    kind = type(found)
    if kind is nengo.LIF:
        if not np.isfinite(found.min_voltage):
            raise ModelError(
                f"ensemble {name!r} has min_voltage={found.min_voltage}, expected a finite one; "
                "give its neurons one that their voltages seldom reach, such as -1"
            )
        return LifNeurons(
            tau_rc_s=float(found.tau_rc),
            tau_ref_s=float(found.tau_ref),
            amplitude=float(found.amplitude),
            min_voltage=float(found.min_voltage),
        )
    if kind is nengo.SpikingRectifiedLinear:
        return RectifiedNeurons(amplitude=float(found.amplitude))
    if kind is nengo.Direct:
        raise ModelError(
            f"ensemble {name!r} has no neurons (nengo.Direct), expected some that compute its "
            f"function; set neuron_type={_SPIKING}"
        )
    raise ModelError(
        f"ensemble {name!r} has {kind.__name__} neurons, which the hardware does not do; set "
        f"neuron_type={_INSTEAD.get(kind.__name__, _SPIKING)}"
    )
