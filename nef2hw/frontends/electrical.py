"""Neurons given in volts, ohms, farads and amperes, as CMOS circuits and membranes are.

A leaky integrate-and-fire membrane obeys ``C dv/dt = (v_rest - v)/R + I``. With
``V = (v - v_reset)/(v_threshold - v_reset)`` that is ``RC dV/dt = J - V``, threshold 1, reset 0:

    J = (R I + v_rest - v_reset)/(v_threshold - v_reset)

so that ``tau_rc = RC``, and everything else goes into gain and bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nef2hw.errors import Collector, ModelError
from nef2hw.frontends.layers.affine import as_array
from nef2hw.model.fields import ANY, Fields, Range
from nef2hw.model.network import Ensemble, FloatArray, LifNeurons, locked
from nef2hw.model.neurons import MAX_TAU_S

#: Electrical membranes have no floor: this voltage is never reached. Hardware holds voltages down
#: to about -128.
NO_FLOOR = -1e6
#: Time constants nearer to each other than this, relatively, are the same.
SAME = 1e-6

_TAU_RC = Range(0.0, MAX_TAU_S, above=True, unit=" s")
_RANGES: Mapping[str, Range] = {
    "resistance_ohm": Range(0.0, above=True, unit=" ohm"),
    "capacitance_f": Range(0.0, above=True, unit=" F"),
}
_TAU_REF = Range(0.0, MAX_TAU_S, unit=" s")


@dataclass(frozen=True, eq=False)
class ElectricalLif:
    """A population's constants, for an ensemble or a layer."""

    gain: FloatArray  #: (n,), J for an input of 1
    bias: FloatArray  #: (n,)
    neurons: LifNeurons
    voltage_init: FloatArray  #: (n,), V of a membrane at rest, at most 1

    def ensemble(self, name: str, encoders: npt.ArrayLike | None = None) -> Ensemble:
        """Return an ensemble of these neurons, with ``encoders`` (n, d) if it represents values."""
        return Ensemble(
            name,
            self.gain,
            self.bias,
            self.neurons,
            encoders=None if encoders is None else locked(encoders),
            voltage_init=self.voltage_init if self.voltage_init.any() else None,
        )


def electrical_lif(
    n_neurons: int,
    *,
    resistance_ohm: npt.ArrayLike,
    capacitance_f: npt.ArrayLike,
    threshold_v: npt.ArrayLike,
    resting_v: npt.ArrayLike,
    reset_v: npt.ArrayLike | None = None,
    refractory_s: float = 0.0,
    input_a: npt.ArrayLike = 1.0,
    bias_a: npt.ArrayLike = 0.0,
) -> ElectricalLif:
    """Turn electrical constants into gain, bias and time constants.

    Parameters
    ----------
    n_neurons : number of neurons n; each of the others is one number, or (n,)
    resistance_ohm, capacitance_f : of the membrane to rest; their product, tau_rc, has to be the
        same for all neurons
    threshold_v, resting_v : where it spikes, and where it tends without current
    reset_v : where a spike sets it; resting_v if not given
    refractory_s : time after a spike in which it stays there
    input_a : current that an input of 1 stands for
    bias_a : current that flows always

    Raises
    ------
    ModelError
        With every number that is missing, of another length or out of range, and its unit.

    Examples
    --------
    A cell of 100 megohm and 200 picofarad, whose input is in nanoamperes:

    >>> cell = electrical_lif(
    ...     10, resistance_ohm=100e6, capacitance_f=200e-12, threshold_v=-0.050, resting_v=-0.065,
    ...     refractory_s=0.002, input_a=1e-9,
    ... )
    >>> print(f"{cell.neurons.tau_rc_s:g} s, {cell.gain[0]:.4g}")
    0.02 s, 6.667
    """
    given = {
        "resistance_ohm": resistance_ohm,
        "capacitance_f": capacitance_f,
        "threshold_v": threshold_v,
        "resting_v": resting_v,
        "reset_v": resting_v if reset_v is None else reset_v,
        "input_a": input_a,
        "bias_a": bias_a,
    }
    values, tau_ref_s = _read_all(given, refractory_s, n_neurons)
    span = _span(values["threshold_v"], values["reset_v"])
    tau_rc_s = _time_constant(values["resistance_ohm"] * values["capacitance_f"])
    rest = (values["resting_v"] - values["reset_v"]) / span
    per_ampere = values["resistance_ohm"] / span
    return ElectricalLif(
        gain=locked(per_ampere * values["input_a"]),
        bias=locked(rest + per_ampere * values["bias_a"]),
        neurons=LifNeurons(tau_rc_s, tau_ref_s, min_voltage=NO_FLOOR),
        voltage_init=locked(np.minimum(rest, 1.0)),
    )


def _read_all(
    given: Mapping[str, npt.ArrayLike], refractory_s: float, n_neurons: int
) -> tuple[dict[str, FloatArray], float]:
    """Read what is ``given`` for each neuron, (n_neurons,) each, and the refractory time, s."""
    collect = Collector()
    values = dict(collect.each(given.items(), lambda item: (item[0], _read(*item, n_neurons))))
    with collect:
        fields = Fields({"refractory_s": np.asarray(refractory_s)})
        tau_ref_s = fields.number("refractory_s", None, _TAU_REF)
    collect.check()
    return values, tau_ref_s


def _span(threshold_v: FloatArray, reset_v: FloatArray) -> FloatArray:
    """Return how far the thresholds are above the resets, V, (n,)."""
    span = threshold_v - reset_v
    if (span <= 0).any():
        i = int(np.argmax(span <= 0))
        raise ModelError(
            f"threshold_v is {threshold_v[i]:g} V and reset_v {reset_v[i]:g} V at index "
            f"{i}, expected a threshold above the reset"
        )
    return span


def _read(name: str, value: npt.ArrayLike, n_neurons: int) -> FloatArray:
    """Read one number, or one for each neuron."""
    array = as_array(name, value)
    if array.ndim == 0:
        array = np.full(n_neurons, array)
    return Fields({name: array}).needed_floats(name, (n_neurons,), _RANGES.get(name, ANY))


def _time_constant(taus_s: FloatArray) -> float:
    """Return the one time constant of a population."""
    if taus_s.max() > taus_s.min() * (1 + SAME):
        raise ModelError(
            f"resistance_ohm * capacitance_f is {taus_s.min():g} to {taus_s.max():g} s, expected "
            "one time constant for all neurons; make a population of each"
        )
    tau_s = float(taus_s[0])
    if tau_s not in _TAU_RC:
        raise ModelError(
            f"resistance_ohm * capacitance_f is {tau_s:g} s, expected {_TAU_RC}; are they in ohm "
            "and farad?"
        )
    return tau_s
