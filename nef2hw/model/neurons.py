"""The neurons of an ensemble or layer, in a model file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from nef2hw.errors import ModelError
from nef2hw.model.fields import Fields, Range, suggestion
from nef2hw.model.network import (
    Discretization,
    FloatArray,
    IfNeurons,
    LifNeurons,
    Neurons,
    RectifiedNeurons,
    Reset,
)
from nef2hw.model.schema import NEURON_FIELDS

#: Longest time constant; anything longer is a mistake in units.
MAX_TAU_S = 1000.0
#: Below this part of dt, a membrane forgets everything within a step.
MIN_TAU_RC_STEPS = 1 / 32

_TAU_REF = Range(0.0, MAX_TAU_S, unit=" s")
_AMPLITUDE = Range(0.0, above=True)
_MIN_VOLTAGE = Range(high=0.0)
_DISCRETIZATIONS: tuple[Discretization, ...] = get_args(Discretization)
_RESETS: tuple[Reset, ...] = get_args(Reset)

_LIF, _IF, _RECTIFIED = "LIF", "IF", "SpikingRectifiedLinear"
#: What each type of neurons has besides its name.
_FIELDS = {
    _LIF: NEURON_FIELDS,
    _IF: ("neuron_type", "amplitude", "min_voltage", "reset", "voltage_init"),
    _RECTIFIED: ("neuron_type", "amplitude", "voltage_init"),
}
_EITHER = f"{_LIF!r} or {_RECTIFIED!r}"
#: Nengo's other neuron types, and what comes nearest to each.
_INSTEAD = {
    "AdaptiveLIF": f"{_LIF!r}, which does not adapt",
    "AdaptiveLIFRate": f"{_LIF!r}, which spikes and does not adapt",
    "Direct": f"{_EITHER}, a population that decodes the function",
    "Izhikevich": repr(_LIF),
    "LIFRate": f"{_LIF!r}, its spiking form",
    "PoissonSpiking": _EITHER,
    "RectifiedLinear": f"{_RECTIFIED!r}, its spiking form",
    "RegularSpiking": _EITHER,
    "Sigmoid": _EITHER,
    "StochasticSpiking": _EITHER,
    "Tanh": _EITHER,
}


def read_neurons(fields: Fields, dt_s: float) -> Neurons:
    """Read the type and constants of the neurons under ``fields``.

    Raises
    ------
    ModelError
        For another type, for a constant out of range, and for one that the type does not have.
    """
    found = fields.text("neuron_type", repr(_LIF)) if fields.has("neuron_type") else _LIF
    if found not in _READERS:
        raise ModelError(f"{fields.key('neuron_type')} is {found!r}, {_cure(found)}")
    absent = [field for field in NEURON_FIELDS if field not in _FIELDS[found]]
    fields.refuse(absent, f"{found} neurons have none")
    return _READERS[found](fields, dt_s)


def read_initial_state(
    fields: Fields, neurons: Neurons, n: int, dt_s: float
) -> tuple[FloatArray | None, FloatArray | None]:
    """Read initial voltages and refractory times in s, (n,) each; None where absent."""
    if isinstance(neurons, RectifiedNeurons):
        voltage = Range(0.0, 1.0, below=True)
    else:
        voltage = Range(neurons.min_voltage, 1.0)
    tau_ref_s = neurons.tau_ref_s if isinstance(neurons, LifNeurons) else 0.0
    # A spike leaves at most the refractory time and the rest of its step.
    refractory = Range(0.0, tau_ref_s + dt_s, unit=" s (tau_ref + dt)")
    return (
        fields.floats("voltage_init", (n,), voltage),
        fields.floats("refractory_init", (n,), refractory),
    )


def neuron_values(neurons: Neurons) -> dict[str, Any]:
    """Return the fields that stand for ``neurons``; the inverse of `read_neurons`."""
    if isinstance(neurons, LifNeurons):
        return {
            "neuron_type": _LIF,
            "tau_rc": neurons.tau_rc_s,
            "tau_ref": neurons.tau_ref_s,
            "amplitude": neurons.amplitude,
            "min_voltage": neurons.min_voltage,
            "discretization": neurons.discretization,
            "reset": neurons.reset,
        }
    if isinstance(neurons, IfNeurons):
        return {
            "neuron_type": _IF,
            "amplitude": neurons.amplitude,
            "min_voltage": neurons.min_voltage,
            "reset": neurons.reset,
        }
    return {"neuron_type": _RECTIFIED, "amplitude": neurons.amplitude}


def _read_lif(fields: Fields, dt_s: float) -> LifNeurons:
    neurons = LifNeurons(
        tau_rc_s=fields.number(
            "tau_rc", 0.02, Range(MIN_TAU_RC_STEPS * dt_s, MAX_TAU_S, unit=" s")
        ),
        tau_ref_s=fields.number("tau_ref", 0.002, _TAU_REF),
        amplitude=fields.number("amplitude", 1.0, _AMPLITUDE),
        min_voltage=fields.number("min_voltage", 0.0, _MIN_VOLTAGE),
        discretization=fields.choice("discretization", _DISCRETIZATIONS),
        reset=fields.choice("reset", _RESETS),
    )
    if neurons.discretization == "euler" and neurons.tau_rc_s <= dt_s:
        raise ModelError(
            f"{fields.key('tau_rc')} is {neurons.tau_rc_s:g} s, expected above dt, {dt_s:g} s, as "
            f"{fields.key('discretization')} is 'euler'; lengthen it, shorten dt, or use 'exact'"
        )
    if neurons.reset == "subtract":
        _check_subtract(fields, neurons)
    return neurons


def _check_subtract(fields: Fields, neurons: LifNeurons) -> None:
    if neurons.tau_ref_s:
        raise ModelError(
            f"{fields.key('tau_ref')} is {neurons.tau_ref_s:g} s, expected 0, as "
            f"{fields.key('reset')} is 'subtract'; write tau_ref = 0, or reset = 'zero'"
        )
    fields.refuse(("refractory_init",), f"{fields.key('reset')} is 'subtract'")


def _read_if(fields: Fields, dt_s: float) -> IfNeurons:
    return IfNeurons(
        amplitude=fields.number("amplitude", 1.0, _AMPLITUDE),
        min_voltage=fields.number("min_voltage", 0.0, _MIN_VOLTAGE),
        reset=fields.choice("reset", _RESETS),
    )


def _read_rectified(fields: Fields, dt_s: float) -> RectifiedNeurons:
    return RectifiedNeurons(amplitude=fields.number("amplitude", 1.0, _AMPLITUDE))


_READERS: Mapping[str, Callable[[Fields, float], Neurons]] = {
    _LIF: _read_lif,
    _IF: _read_if,
    _RECTIFIED: _read_rectified,
}


def _cure(found: str) -> str:
    if found in _INSTEAD:
        return f"which the hardware does not do; use {_INSTEAD[found]}"
    return f"expected {', '.join(map(repr, _READERS))}{suggestion(found, _READERS)}"
