"""The neuron model of an ensemble or layer."""

from __future__ import annotations

from nef2hw.errors import ModelError
from nef2hw.model.fields import Fields, Range, suggestion
from nef2hw.model.network import LifNeurons
from nef2hw.model.synapses import Lowpass, Synapse

#: Longest time constant; anything longer is a mistake in units.
MAX_TAU_S = 1000.0
#: Below this part of dt, a membrane forgets everything within a step.
MIN_TAU_RC_STEPS = 1 / 32

_TAU_REF = Range(0.0, MAX_TAU_S, unit=" s")
_AMPLITUDE = Range(0.0, above=True)
_MIN_VOLTAGE = Range(high=0.0)
_LIF = "LIF"
#: Other neuron types, by the names that Nengo gives them.
_LATER = (
    "AdaptiveLIF",
    "AdaptiveLIFRate",
    "Direct",
    "Izhikevich",
    "LIFRate",
    "PoissonSpiking",
    "RectifiedLinear",
    "RegularSpiking",
    "Sigmoid",
    "SpikingRectifiedLinear",
    "StochasticSpiking",
    "Tanh",
)


def read_lif(fields: Fields, dt_s: float) -> LifNeurons:
    """Read the neuron parameters under ``fields``; refuse other neuron models by name."""
    found = fields.text("neuron_type", repr(_LIF)) if fields.has("neuron_type") else _LIF
    if found != _LIF:
        hint = "" if found in _LATER else suggestion(found, (_LIF, *_LATER))
        raise ModelError(
            f"{fields.key('neuron_type')} is {found!r}, which is not supported yet; "
            f"expected {_LIF!r}{hint}"
        )
    fields.choice("discretization", "exact", ("euler",))
    fields.choice("reset", "zero", ("subtract",))
    return LifNeurons(
        tau_rc_s=fields.number(
            "tau_rc", 0.02, Range(MIN_TAU_RC_STEPS * dt_s, MAX_TAU_S, unit=" s")
        ),
        tau_ref_s=fields.number("tau_ref", 0.002, _TAU_REF),
        amplitude=fields.number("amplitude", 1.0, _AMPLITUDE),
        min_voltage=fields.number("min_voltage", 0.0, _MIN_VOLTAGE),
    )


def read_synapse(fields: Fields) -> tuple[Synapse | None, int]:
    """Read the filter of a connection or probe, and its delay in steps."""
    fields.choice("synapse_type", "lowpass", ("alpha", "linear"))
    if fields.has("synapse_type"):
        fields.need("synapse", "a time constant, as synapse_type is given")
    for field in ("synapse_A", "synapse_B", "synapse_C", "synapse_D"):
        if fields.has(field):
            raise ModelError(
                f"{fields.key(field)} belongs to synapse_type 'linear', expected it absent"
            )
    tau_s = None
    if fields.has("synapse"):
        tau_s = fields.number("synapse", None, Range(0.0, MAX_TAU_S, unit=" s"))
    default = 0 if tau_s is None else 1
    delay = fields.integer("delay", Range(0, 1)) if fields.has("delay") else default
    if delay != default:
        kind = "without" if tau_s is None else "with"
        raise ModelError(
            f"{fields.key('delay')} is {delay}, which is not supported yet; "
            f"expected {default} {kind} a synapse"
        )
    return None if tau_s is None else Lowpass(tau_s), delay
