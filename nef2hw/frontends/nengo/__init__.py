"""Front end for Nengo: from a network or simulator to a TrainedNetwork."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nef2hw.errors import ModelError
from nef2hw.model.network import TrainedNetwork
from nef2hw.tools import parse_version

#: Oldest Nengo whose built models hold the neurons' initial state.
OLDEST_NENGO = "3.1"


def from_nengo(
    source: Any,
    *,
    dt: float | None = None,
    seed: int | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> TrainedNetwork:
    """Take over a Nengo network with the parameters that Nengo built.

    Parameters
    ----------
    source : nengo.Network or nengo.Simulator
        A network is built here; a simulator is taken as it was built, in its initial state.
    dt : float, optional
        Time step, s, of a network; by default 0.001. A simulator has its own.
    seed : int, optional
        Seed of the build, in place of the network's own.
    ranges : mapping of str to (low, high), optional
        Declared range of inputs by name. A node named here is not run to find its range, and is
        an input even if its output is constant.

    Raises
    ------
    ModelError
        Nengo is missing or too old; or everything in the network that hardware cannot do, by
        name, with the cure of each.
    """
    try:
        import nengo
    except ImportError as problem:
        raise ModelError(
            "Nengo networks are read with Nengo, which is not installed; "
            "pip install 'nef2hw[nengo]'"
        ) from problem
    if parse_version(nengo.__version__) < parse_version(OLDEST_NENGO):
        raise ModelError(
            f"Nengo is of version {nengo.__version__}, expected {OLDEST_NENGO} or later; "
            "pip install -U nengo"
        )
    from nef2hw.frontends.nengo.convert import convert

    return convert(source, dt, seed, ranges or {})
