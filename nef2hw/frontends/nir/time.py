"""The time step, and how it makes time constants discrete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nef2hw.errors import ModelError
from nef2hw.frontends.nir.notes import Notebook
from nef2hw.frontends.nir.options import Options
from nef2hw.model.network import Discretization, FloatArray
from nef2hw.model.parse import DT_S

#: Of a time constant to dt, from which on they are the same.
SAME = 1e-6


@dataclass(frozen=True)
class TimeStep:
    """A step of length dt, in which a value decays by exp(-dt/tau), or by 1 - dt/tau (euler)."""

    dt_s: float
    discretization: Discretization

    def effective_taus_s(self, key: str, taus_s: FloatArray) -> FloatArray:
        """Return the time constants whose exact decay is that of ``taus_s``; 0 keeps nothing.

        Raises
        ------
        ModelError
            For Euler steps longer than a time constant, which do not decay.
        """
        if self.discretization == "exact":
            return taus_s
        ratios = self.dt_s / taus_s
        ratios = np.where(np.abs(ratios - 1) < SAME, 1.0, ratios)
        self.check_euler(key, taus_s)
        effective = np.zeros_like(taus_s)
        lasting = ratios < 1
        effective[lasting] = -self.dt_s / np.log1p(-ratios[lasting])
        return effective

    def check_euler(self, key: str, taus_s: FloatArray) -> None:
        """Refuse time constants below dt."""
        if self.discretization == "euler" and (taus_s < self.dt_s * (1 - SAME)).any():
            raise ModelError(
                f"has {key} = {taus_s.min():g} s, expected at least dt, {self.dt_s:g} s, for "
                "discretization='euler'; shorten dt, or use 'exact'"
            )


def find_time(options: Options, told: Mapping[str, float], notes: Notebook) -> TimeStep:
    """Choose dt: as given, or as metadata ``told`` it (by the name of its place).

    Raises
    ------
    ModelError
        When nothing tells dt, or metadata tells different ones.
    """
    discretization = options.discretization or "exact"
    if options.discretization is None:
        notes.add(
            "decays are exact, exp(-dt/tau); snnTorch, Norse and SpikingJelly compute 1 - dt/tau, "
            "which discretization='euler' does"
        )
    if options.dt_s is not None:
        if any(not np.isclose(options.dt_s, dt_s, rtol=SAME) for dt_s in told.values()):
            notes.add(f"dt = {options.dt_s:g} s is used as given, not that of the metadata")
        return TimeStep(float(options.dt_s), discretization)
    if not told:
        raise ModelError(
            "the graph does not say how long a time step is; give it: dt=... in Python, --dt "
            "on the command line, such as 0.001 (snnTorch exports for 0.0001)"
        )
    first, dt_s = next(iter(told.items()))
    for place, other in told.items():
        if not np.isclose(dt_s, other, rtol=SAME):
            raise ModelError(
                f"metadata tells dt = {dt_s:g} s at {first} and {other:g} s at {place}, expected "
                "one for all; give dt=... (--dt)"
            )
    if dt_s not in DT_S:
        raise ModelError(f"metadata tells dt = {dt_s:g} s at {first}, expected {DT_S}")
    notes.add(f"dt = {dt_s:g} s is what the metadata says")
    return TimeStep(dt_s, discretization)
