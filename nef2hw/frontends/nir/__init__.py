"""Front end for NIR, the Neuromorphic Intermediate Representation."""

from __future__ import annotations

import os
from typing import Any

from nef2hw.errors import naming
from nef2hw.frontends.nir.convert import convert
from nef2hw.frontends.nir.options import FilteredBias, IfTime, NirReset, Options
from nef2hw.model.network import Discretization, InputKind, TrainedNetwork


def from_nir(
    source: str | os.PathLike[str] | Any,
    *,
    dt: float | None = None,
    discretization: Discretization | None = None,
    tau_ref_s: float | None = None,
    reset: NirReset | None = None,
    unroll: bool = False,
    input_kind: InputKind | None = None,
    input_range: tuple[float, float] | None = None,
    if_time: IfTime | None = None,
    filtered_bias: FilteredBias = "exact",
) -> TrainedNetwork:
    """Take over a NIR graph.

    NIR describes networks in continuous time. Its spikes have the value 1 for one step here, as in
    its simulators; signals pass all nodes within the step, recurrent spikes arrive one step later.

    Parameters
    ----------
    source : path, or nir.NIRGraph
        A ``.nir`` file is read without the package ``nir``, and nothing in it is executed.
    dt : float, optional
        Time step, s; by default ``dt`` of the metadata.
    discretization : {"exact", "euler"}, optional
        A step's decay, ``exp(-dt/tau)`` (the default) or ``1 - dt/tau``.
    tau_ref_s : float, optional
        Refractory time of all LIF nodes, s; by default ``tau_ref`` of each node's metadata, or 0.
    reset : {"zero", "subtract", "subtract_late"}, optional
        What a spike does: v goes to v_reset (the default), or v loses ``v_threshold - v_reset``
        in the same step, or one step later as in snnTorch.
    unroll : bool
        Whether convolutions and pooling may become dense weights.
    input_kind : {"value", "spike"}, optional
        Whether inputs are numbers (the default) or events, 0 or 1 in each step.
    input_range : (low, high), optional
        Range of inputs that are numbers; by default -1 to 1. Hardware saturates outside it.
    if_time : {"second", "step"}, optional
        Whether IF nodes add ``r dt`` times their input in each step (the default), or ``r`` times.
    filtered_bias : {"exact", "settled"}
        Whether biases that pass a filter rise as it lets them, which takes a neuron that always
        spikes, or are there from the first step.

    Returns
    -------
    TrainedNetwork
        Populations and inputs are named after their nodes, a probe after each output. ``notes``
        says what was assumed.

    Raises
    ------
    ModelError
        With everything that is wrong with the graph, or that hardware cannot do.

    Examples
    --------
    >>> network = from_nir("model.nir", dt=1e-4, discretization="euler")
    >>> network.save("model.npz")
    """
    options = Options(
        dt,
        discretization,
        tau_ref_s,
        reset,
        unroll,
        input_kind,
        input_range,
        if_time,
        filtered_bias,
    )
    if not isinstance(source, (str, os.PathLike)):
        return convert(source, options)
    with naming(os.fspath(source)):
        return convert(source, options)
