"""Everything that stands between a model and a board, found before any tool runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.factored import describe_factored
from nef2hw.build.sizing.candidates import Candidate
from nef2hw.build.sizing.choice import Weighing, first_that_fits, weigh_cores
from nef2hw.compiler.factor import factorings
from nef2hw.compiler.fold import fold
from nef2hw.compiler.quantize import quantize
from nef2hw.errors import Nef2hwError
from nef2hw.model.network import TrainedNetwork
from nef2hw.model.semantics import semantics
from nef2hw.program.network import QuantizedNetwork


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a model, what it means, and how large it is."""

    problems: tuple[str, ...]
    semantics: Mapping[str, Any] | None = None  #: None if the model could not be read
    size: Mapping[str, Any] | None = None  #: None if it cannot be done in integers
    board: Mapping[str, Any] | None = None  #: None if no board was named, or the model does not fit

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "ok": not self.problems,
            "problems": list(self.problems),
            "semantics": self.semantics,
            "size": self.size,
            "board": self.board,
        }


def diagnose(read: Callable[[], TrainedNetwork], board: BoardSpec | None = None) -> Diagnosis:
    """Read, fold, quantize and lay out a model; collect what fails.

    What depends on a stage that failed is not looked at.

    Parameters
    ----------
    read
        Returns the network, or raises all that is wrong with its file.
    board
        It must have room for a core that holds the network; None leaves that out.
    """
    try:
        network = read()
    except Nef2hwError as error:
        return Diagnosis(error.problems)
    meaning = semantics(network)
    try:
        quantized = quantize(fold(network))
    except Nef2hwError as error:
        return Diagnosis(error.problems, meaning)
    size = describe_size(quantized)
    if board is None:
        return Diagnosis((), meaning, size)
    try:
        quantized, weighing = first_that_fits(_weighed(network, board))
        chosen = weighing.choose().chosen
        size = describe_size(quantized)
    except Nef2hwError as error:
        return Diagnosis(error.problems, meaning, size)
    return Diagnosis((), meaning, size, describe_fit(chosen, board))


def _weighed(
    network: TrainedNetwork, board: BoardSpec
) -> Iterator[tuple[QuantizedNetwork, Weighing]]:
    """Weigh cores for the network factored in one way after the other."""
    for factoring in factorings(network):
        quantized = quantize(fold(network, factoring))
        yield quantized, weigh_cores(quantized, board)


def describe_size(network: QuantizedNetwork) -> dict[str, Any]:
    """Count what a core has to hold, whatever its shape."""
    weights = sum(
        projection.weight_code.size
        for population in network.populations
        for compartment in population.compartments
        for projection in compartment.projections
    )
    return {
        "inputs": sum(port.size for port in network.inputs),
        "neurons": sum(p.size for p in network.populations if p.neurons is not None),
        "readout_values": sum(
            p.size for p in network.populations if p.neurons is None and not p.relayed
        ),
        **_factored(network),
        "weights": weights,
        "bits_of_weights": weights * network.formats.weight_bits,
    }


def _factored(network: QuantizedNetwork) -> dict[str, Any]:
    """What is relayed, of a network with factored connections."""
    factored = describe_factored(network).values()
    if not factored:
        return {}
    return {
        "ensembles_with_factored_connections": len(factored),
        "relayed_values": sum(one["dimensions"] for one in factored),
        "factored_weights": sum(one["weights"] for one in factored),
        "factored_weights_if_dense": sum(one["weights_if_dense"] for one in factored),
    }


def describe_fit(chosen: Candidate, board: BoardSpec) -> dict[str, Any]:
    """The core that is chosen for a board: resources estimated and present, and its speed."""
    config = chosen.config
    return {
        "name": board.name,
        "lanes": config.lanes,
        "neuron_lanes": config.neuron_lanes,
        "estimated": True,
        **{
            name: {"used": usage.used, "present": usage.present}
            for name, usage in chosen.usage.items()
        },
        "steps_per_s": round(chosen.rate_hz),
        "weight_bits": config.formats.weight_bits,
    }
