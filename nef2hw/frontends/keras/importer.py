"""From a file of weights to a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from nef2hw.errors import ModelError, naming
from nef2hw.frontends.keras.config import chain_of
from nef2hw.frontends.keras.contents import Contents
from nef2hw.frontends.keras.files import read_contents
from nef2hw.frontends.keras.model import plan_of_model
from nef2hw.frontends.keras.neurons import NeuronOptions, PerLayer, neuron_layers
from nef2hw.frontends.keras.plan import NeuronsHere, Plan
from nef2hw.frontends.keras.stack import ArrayNames, plan_of_arrays
from nef2hw.frontends.layers import Bounds, Options, network_of
from nef2hw.frontends.layers.records import LayerRecord, SynapseLike
from nef2hw.model.network import LifNeurons, Neurons, RectifiedNeurons, TrainedNetwork
from nef2hw.model.notes import MAX_LENGTH, MAX_NOTES


def import_keras(
    path: str | os.PathLike[str],
    *,
    dt: float = 0.001,
    neuron_type: str | None = None,
    tau_rc_s: float | None = None,
    tau_ref_s: float | None = None,
    amplitude: float = 1.0,
    gain: PerLayer = None,
    neuron_bias: PerLayer = None,
    synapse: SynapseLike = None,
    scale_firing_rates: float | list[float] | None = None,
    input_range: Bounds = (-1.0, 1.0),
    readout: bool | None = None,
    arrays: ArrayNames | None = None,
) -> TrainedNetwork:
    """Take over a network from the weights that Keras or NengoDL saved.

    Keras itself is not needed, and nothing in the file is executed. What was assumed is in the
    network's ``notes``: which array became what, and the constants that the file does not hold.

    Parameters
    ----------
    path : file
        ``.keras``; ``.weights.h5`` or ``.h5``, of a model or its weights alone; ``.npz`` with
        arrays in the order of ``model.get_weights()``; ``sim.keras_model.save_weights`` and
        ``sim.save_params`` of a NengoDL simulator. What it is, its content says, not its name.
    dt : time step, s
    neuron_type : ``"LIF"`` or ``"SpikingRectifiedLinear"``, or a rate form of these, which is
        swapped for its spiking form; by default SpikingRectifiedLinear where the file says
        ``relu``, and LIF where it says nothing
    tau_rc_s, tau_ref_s : membrane and refractory time of LIF neurons, s; default 0.02, 0.002
    amplitude : a spike has the value amplitude/dt
    gain, neuron_bias : J = gain (what the Dense layer gives) + neuron_bias; one number, or a list
        with one number or array (n,) for each layer of neurons; default 1 and 0. NengoDL saves
        no gains, so they must be given for its files
    synapse, scale_firing_rates, input_range : as for `from_layers`
    readout : the last Dense layer has no neurons; default True. Only for files that do not say
        where neurons are
    arrays : names of the arrays of each Dense layer, (kernel, bias) or kernel, where the file
        leaves them in doubt

    Returns
    -------
    TrainedNetwork
        As `from_layers` makes it.

    Raises
    ------
    ModelError
        Naming the file and the layer or array, what was found, and what helps.
    """
    options = Options(dt, synapse, scale_firing_rates, input_range)
    neurons = NeuronOptions(neuron_type, tau_rc_s, tau_ref_s, amplitude, gain, neuron_bias)
    with naming(os.fspath(path)):
        plan = _plan(read_contents(path), readout, arrays)
        network = _network(plan, neurons, options)
    notes = [*plan.notes, *_neuron_notes(network, neurons, options)]
    return replace(network, notes=tuple(_fitting(notes)))


def _plan(contents: Contents, readout: bool | None, arrays: ArrayNames | None) -> Plan:
    if contents.config is None:
        return plan_of_arrays(contents, arrays, readout is not False)
    for name, value in (("readout", readout), ("arrays", arrays)):
        if value is not None:
            raise ModelError(
                f"{name} is given, expected it absent: the file says what its layers are"
            )
    return plan_of_model(chain_of(contents.config), contents)


def _network(plan: Plan, neurons: NeuronOptions, options: Options) -> TrainedNetwork:
    if plan.nengo is not None and plan.nengo.converted and options.scale_firing_rates is not None:
        raise ModelError(
            "scale_firing_rates is given, expected it absent: the biases that NengoDL saved are "
            "scaled already; give gain=scale and amplitude=amplitude/scale instead"
        )
    types = [step.type_name for _, step in plan.steps if isinstance(step, NeuronsHere)]
    layers = iter(neuron_layers(neurons, types, plan.nengo))
    placed: list[tuple[str, LayerRecord]] = [
        (place, next(layers) if isinstance(step, NeuronsHere) else step)
        for place, step in plan.steps
    ]
    return network_of(placed, options)


def _neuron_notes(
    network: TrainedNetwork, neurons: NeuronOptions, options: Options
) -> Iterator[str]:
    kinds = dict.fromkeys(ensemble.neurons for ensemble in network.ensembles)
    low, high = network.inputs[0].low.min(), network.inputs[0].high.max()
    used = [
        f"dt {network.dt_s:g} s",
        f"inputs from {low:g} to {high:g}",
        "no synapse" if options.synapse is None else f"synapse {options.synapse}",
        *map(_constants, kinds),
    ]
    if options.scale_firing_rates is not None:
        used.append(f"as scale_firing_rates {options.scale_firing_rates} makes it")
    elif neurons.gain is None:
        used.append("gain 1")
    yield f"used for what the file does not say: {', '.join(used)}"
    if options.scale_firing_rates is None and any(
        isinstance(kind, RectifiedNeurons) for kind in kinds
    ):
        yield (
            "SpikingRectifiedLinear neurons spike J times a second; where values are around 1, "
            "scale_firing_rates=100 or so makes 100 times as many spikes that mean as much"
        )


def _constants(neurons: Neurons) -> str:
    if isinstance(neurons, LifNeurons):
        return (
            f"LIF of tau_rc {neurons.tau_rc_s:g} s, tau_ref {neurons.tau_ref_s:g} s, amplitude "
            f"{neurons.amplitude:g}"
        )
    return f"SpikingRectifiedLinear of amplitude {neurons.amplitude:g}"


def _fitting(notes: list[str]) -> list[str]:
    """Shorten notes to what a model file may hold."""
    many = len(notes) - MAX_NOTES + 1
    kept = notes if many <= 1 else [*notes[: MAX_NOTES - 1], f"{many} more notes do not fit"]
    return [note if len(note) <= MAX_LENGTH else f"{note[: MAX_LENGTH - 3]}..." for note in kept]
