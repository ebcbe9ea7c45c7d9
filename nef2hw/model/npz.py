"""Model files: reading and writing ``model.npz``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nef2hw.archive import read_npz, write_npz
from nef2hw.errors import ModelError
from nef2hw.model.network import Connection, Ensemble, Input, Probe, TrainedNetwork
from nef2hw.model.neurons import neuron_values
from nef2hw.model.parse import parse_model
from nef2hw.model.schema import FORMAT
from nef2hw.model.synapse_fields import synapse_values

__all__ = ["load_model", "model_arrays", "parse_model", "save_model"]


def load_model(path: str | os.PathLike[str]) -> TrainedNetwork:
    """Read a model file; nothing in it is executed or believed unchecked.

    Raises
    ------
    ModelError
        Names the file and key, the value found and the value expected.
    """
    arrays = read_npz(path, ModelError)
    try:
        return parse_model(arrays)
    except ModelError as error:
        lines = (f"{Path(path)}: {problem}" for problem in error.problems)
        raise ModelError("\n".join(lines)) from error


def save_model(
    model: TrainedNetwork | Mapping[str, npt.ArrayLike], path: str | os.PathLike[str]
) -> None:
    """Write a network, or the arrays of one, as a model file; refuse what could not be read."""
    arrays = model_arrays(model) if isinstance(model, TrainedNetwork) else model
    parse_model(arrays)
    write_npz(path, {key: np.asarray(value) for key, value in arrays.items()})


def model_arrays(network: TrainedNetwork) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays that stand for ``network`` in a model file."""
    values: dict[str, Any] = {"format": FORMAT, "dt": network.dt_s}
    if network.notes:
        values["notes"] = network.notes
    for source in network.inputs:
        values |= _under(f"inputs/{source.name}/", _input_values(source))
    for ensemble in network.ensembles:
        values |= _under(f"ensembles/{ensemble.name}/", _ensemble_values(ensemble))
    for connection in network.connections:
        values |= _under(f"connections/{connection.name}/", _connection_values(connection))
    for probe in network.probes:
        values |= _under(f"probes/{probe.name}/", _probe_values(probe))
    return {key: np.asarray(value) for key, value in values.items()}


def _under(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + field: value for field, value in values.items() if value is not None}


def _input_values(source: Input) -> dict[str, Any]:
    return {
        "size": source.size,
        "kind": source.kind,
        "low": source.low,
        "high": source.high,
        "default": source.default,
    }


def _ensemble_values(ensemble: Ensemble) -> dict[str, Any]:
    return {
        **neuron_values(ensemble.neurons),
        "gain": ensemble.gain,
        "bias": ensemble.bias,
        "encoders": ensemble.encoders,
        "radius": ensemble.radius,
        "voltage_init": ensemble.voltage_init,
        "refractory_init": ensemble.refractory_init_s,
    }


def _connection_values(connection: Connection) -> dict[str, Any]:
    return {
        "pre": str(connection.pre),
        "post": str(connection.post),
        "decoders": connection.decoders,
        "transform": connection.transform,
        "pre_slice": connection.pre_slice,
        "post_slice": connection.post_slice,
        **synapse_values(connection.synapse, connection.delay),
    }


def _probe_values(probe: Probe) -> dict[str, Any]:
    if probe.target is None:
        return {"size": probe.size, "bias": probe.bias}
    return {
        "target": str(probe.target),
        "decoders": probe.decoders,
        "transform": probe.transform,
        "bias": probe.bias,
        **synapse_values(probe.synapse, probe.delay),
    }
