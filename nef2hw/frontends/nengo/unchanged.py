"""Whether a network is still what a simulator built of it.

A simulator holds what Nengo's builder drew and solved; types of neurons, synapses and radii are
read from the network. They belong together only while nobody changes the network.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

import nengo
import numpy as np
from nengo.builder.neurons import SimNeurons
from nengo.builder.processes import SimProcess

from nef2hw.errors import ModelError
from nef2hw.frontends.nengo.build import Built
from nef2hw.frontends.notes import one_line

KINDS = ("ensembles", "nodes", "connections", "probes")


def check_unchanged(built: Built) -> None:
    """Refuse a network that was changed after its simulator was made.

    Raises
    ------
    ModelError
        Naming what was added, taken away or set.
    """
    for change in chain(_added(built), _taken_away(built), _set(built)):
        raise ModelError(
            f"{one_line(change)} after the simulator was built; give from_nengo a new simulator, "
            "or the network"
        )


def _added(built: Built) -> Iterator[str]:
    for kind in KINDS:
        for part in built.every(kind):
            if part not in built.model.params:
                yield f"{part} was added"


def _taken_away(built: Built) -> Iterator[str]:
    kept = {part for kind in KINDS for part in built.every(kind)}
    for part in built.model.params:
        own = isinstance(part, nengo.Ensemble | nengo.Connection) and not _is_decoding(part)
        if own and part not in kept:
            yield f"{part} was taken away"


def _set(built: Built) -> Iterator[str]:
    """What is read from the network, and is not what the simulator runs."""
    params, sig = built.model.params, built.model.sig
    neurons = _writers(op for op in built.model.operators if isinstance(op, SimNeurons))
    synapses = _writers(
        op for op in built.model.operators if isinstance(op, SimProcess) and op.mode == "update"
    )
    for ensemble in built.every("ensembles"):
        found, scale = params[ensemble], params[ensemble].gain / ensemble.radius
        run = [op.neurons for op in neurons(sig[ensemble.neurons]["out"])]
        if run != [ensemble.neuron_type]:
            yield f"neuron_type of {ensemble} was set"
        if not np.allclose(found.encoders * scale[:, np.newaxis], found.scaled_encoders):
            yield f"radius of {ensemble} was set"
    for connection in built.every("connections"):
        run = [op.process for op in synapses(sig[connection]["weighted"])] or [None]
        if run != [connection.synapse]:
            yield f"synapse of {connection} was set"
        if params[connection].transform != connection.transform:
            yield f"transform of {connection} was set"
    decoding = {part.post_obj: part for part in params if _is_decoding(part)}
    for probe in built.every("probes"):
        if probe in decoding:
            run = [decoding[probe].synapse]
        elif "filtered" in sig[probe]:
            run = [op.process for op in synapses(sig[probe]["filtered"])]
        else:
            run = [None]
        if run != [probe.synapse]:
            yield f"synapse of {probe} was set"


def _is_decoding(part: Any) -> bool:
    """Whether a part is the connection by which Nengo decodes what a probe asks for."""
    return isinstance(part, nengo.Connection) and isinstance(part.post_obj, nengo.Probe)


def _writers(operators: Iterable[Any]) -> Callable[[Any], list[Any]]:
    """Return what finds the operators that write a signal; Nengo merges some, and their signals."""
    by_base = defaultdict(list)
    for operator in operators:
        by_base[operator.output.base].append(operator)
    return lambda signal: [op for op in by_base[signal.base] if op.output.may_share_memory(signal)]
