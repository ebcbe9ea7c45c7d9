"""Building a Nengo network: from here on its random choices are made."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from numbers import Real
from typing import Any

import nengo
import nengo.builder
import nengo.exceptions
import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.notes import one_line
from nef2hw.model.network import FloatArray

DEFAULT_DT_S = 0.001


@dataclass(frozen=True, eq=False)
class Built:
    """A Nengo network and what Nengo's builder made of it."""

    network: Any  #: nengo.Network
    model: Any  #: nengo.builder.Model

    @property
    def dt_s(self) -> float:
        """Time step."""
        return float(self.model.dt)

    def every(self, kind: str) -> tuple[Any, ...]:
        """Return all ``"ensembles"``, ``"nodes"``, ``"connections"`` or ``"probes"``.

        Each is named once, as it is built once, although networks may hold a network twice.
        """
        return tuple(dict.fromkeys(getattr(self.network, f"all_{kind}")))

    def is_seeded(self) -> bool:
        """Tell whether another build would make the same random choices."""
        drawn = (*self.every("ensembles"), *self.every("connections"))
        return all(self.model.seeded[part] for part in drawn)

    def probe_weights(self, probe: Any) -> FloatArray:
        """Return the decoders of a probe of an ensemble, (size, n)."""
        weights = next(
            params.weights
            for part, params in self.model.params.items()
            if isinstance(part, nengo.Connection) and part.post_obj is probe
        )
        return np.asarray(weights, dtype=np.float64)


def build(source: Any, dt_s: float | None, seed: int | None) -> Built:
    """Build a nengo.Network, or take what a nengo.Simulator built."""
    if isinstance(source, nengo.Simulator):
        return _of_simulator(source, dt_s, seed)
    if not isinstance(source, nengo.Network):
        raise ModelError(
            f"from_nengo was given a {type(source).__name__}, expected a nengo.Network or a "
            "nengo.Simulator; of another simulator, first write the parameters back into its "
            "network (with NengoDL: sim.freeze_params(network))"
        )
    model = nengo.builder.Model(dt=DEFAULT_DT_S if dt_s is None else _checked_dt(dt_s))
    if seed is not None:
        model.seeds[source], model.seeded[source] = seed, True
    try:
        model.build(source)
    except nengo.exceptions.NengoException as problem:
        raise ModelError(f"Nengo cannot build the network: {one_line(problem)}") from problem
    except Exception as problem:  # functions of the user, and what solvers make of their values
        what = f"{type(problem).__name__}: {one_line(problem)}"
        raise ModelError(f"Nengo cannot build the network: {what}") from problem
    return Built(source, model)


def _checked_dt(dt_s: float) -> float:
    if not isinstance(dt_s, Real) or not 0 < dt_s < inf:
        raise ModelError(f"dt is {dt_s!r}, expected seconds, a number above 0")
    return float(dt_s)


def _of_simulator(simulator: Any, dt_s: float | None, seed: int | None) -> Built:
    if dt_s is not None and dt_s != simulator.dt:
        raise ModelError(
            f"dt is {dt_s:g} s, but the simulator was built with {simulator.dt:g} s; "
            "leave dt out, or give the network instead of the simulator"
        )
    if seed is not None:
        raise ModelError(
            f"seed is {seed}, but the simulator is built already; leave seed out, or give the "
            "network instead of the simulator"
        )
    if simulator.model.toplevel is None:
        raise ModelError("the simulator was built without a network; give it one")
    return Built(simulator.model.toplevel, simulator.model)
