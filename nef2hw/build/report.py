"""The report of a build, as a dictionary of plain values."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.check import Check
from nef2hw.build.factored import describe_factored
from nef2hw.build.folder import FORMAT
from nef2hw.build.nextpnr import Hop
from nef2hw.build.parts import part_of
from nef2hw.build.place import PlacedDesign
from nef2hw.build.precision import ChosenPrecision
from nef2hw.build.resources import Usage
from nef2hw.build.sizing.candidates import Candidate
from nef2hw.build.sizing.choice import Sizing
from nef2hw.build.sizing.explain import describe_candidate
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import Population, QuantizedNetwork
from nef2hw.program.program import Program
from nef2hw.version import __version__


def assemble_report(
    *,
    model: Mapping[str, Any],
    model_bytes: bytes,
    semantics: Mapping[str, Any],
    board: BoardSpec,
    program: Program,
    sizing: Sizing,
    clock_hz: float,
    check: Check,
    chosen: ChosenPrecision,
    placed: PlacedDesign | None,
    scripts: Mapping[str, str] | None,
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """Join what is known of a build.

    Parameters
    ----------
    model
        Name, file and time step of the model.
    model_bytes
        Content of its file, for the digest.
    semantics
        What the model means step by step, and what was assumed.
    clock_hz
        The clock that was asked for.
    chosen
        Widths that were chosen, and how.
    placed
        None when no bitstream was asked for.
    scripts
        Of the toolchains that a user may run, and what they make; None where there are none.
    seconds
        Wall time by stage.
    """
    return {
        "format": FORMAT,
        "nef2hw": __version__,
        "model": {**model, "sha256": hashlib.sha256(model_bytes).hexdigest()},
        "semantics": semantics,
        "board": describe_board(board),
        **_made_files(placed, scripts),
        **_structure(program, sizing.chosen),
        "clock_mhz": _clocks(clock_hz, placed),
        "baud": board.baud,
        "cycles_per_step": check.cycles,
        "speed": describe_speed(check, program.config, clock_hz, program.network.dt_s),
        **_numbers(program, chosen),
        "memories": describe_memories(program.config),
        **describe_placement(placed, sizing.chosen, board),
        **_measured(check),
        "tools": {"python": platform.python_version(), **(placed.tools if placed else {})},
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }


def _made_files(placed: PlacedDesign | None, scripts: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "bitstream": placed.bitstream.name if placed and placed.bitstream else None,
        "missing": placed.missing if placed else None,
        "constraints": placed.constraints.name if placed else None,
        "scripts": scripts,
    }


def _structure(program: Program, chosen: Candidate) -> dict[str, Any]:
    config = program.config
    return {
        "program": {"config_digest": config.digest, "image_digest": program.image.digest},
        "lanes": config.lanes,
        "neuron_lanes": config.neuron_lanes,
        "core": describe_candidate(chosen),
    }


def _clocks(clock_hz: float, placed: PlacedDesign | None) -> dict[str, float | None]:
    timing = placed.timing if placed else None
    return {"asked": clock_hz / 1e6, "reached": timing.achieved_hz / 1e6 if timing else None}


def _numbers(program: Program, chosen: ChosenPrecision) -> dict[str, Any]:
    """Formats of the core, and of each part of the network."""
    network = program.network
    return {
        "formats": asdict(program.config.formats),
        "precision": chosen.as_dict(),
        "ensembles": describe_populations(network, spiking=True),
        "readouts": describe_populations(network, spiking=False),
        "connections": describe_connections(network),
        "factored": describe_factored(network),
    }


def _measured(check: Check) -> dict[str, Any]:
    """How well the integers do as the model says."""
    return {
        "saturations": check.saturations,
        "verified": check.proof.as_dict() if check.proof else None,
        "fidelity": {"stimulus": check.stimulus, **asdict(check.fidelity)},
        "attribution": check.attribution.as_dict(),
        "rates": check.rates,
        "sweep": [point.as_dict() for point in check.sweep],
    }


def describe_speed(
    check: Check, config: CoreConfig, clock_hz: float, dt_s: float
) -> dict[str, float]:
    """What a typical step makes of the clock that was asked for."""
    simulated = check.cycles["simulated"]
    cycles = simulated["mean"] if simulated else check.cycles["typical"]
    steps_per_s = clock_hz / cycles
    return {
        "steps_per_second": steps_per_s,
        "real_time_factor": steps_per_s * dt_s,
        "synaptic_operations_per_step": check.operations,
        "synaptic_operations_per_second": check.operations * steps_per_s,
        "lane_utilization": check.operations / (config.lanes * cycles),
    }


def describe_board(board: BoardSpec) -> dict[str, Any]:
    """What the report says of the board."""
    return {
        "name": board.name,
        "title": board.title,
        "device": board.device,
        "family": board.family,
        "oscillator_mhz": board.clock_hz / 1e6,
        "programmer": list(board.programmer),
        "serial": board.serial,
        "notes": list(board.notes),
    }


def describe_populations(network: QuantizedNetwork, *, spiking: bool) -> dict[str, Any]:
    """Formats of each ensemble, or of each readout."""
    return {
        population.name: _population(population, network)
        for population in network.populations
        if (population.neurons is not None) == spiking and not population.relayed
    }


def _population(population: Population, network: QuantizedNetwork) -> dict[str, Any]:
    formats = network.formats
    described: dict[str, Any] = {
        "size": population.size,
        "level": population.level,
    }
    if population.neurons is not None:
        described["voltage"] = {"bits": formats.voltage_bits, "fraction": formats.voltage_frac}
        described["current"] = {"bits": formats.current_bits, "fraction": formats.voltage_frac}
        described["whole_refractory_steps"] = max(0, population.neurons.hold_steps - 1)
    else:
        fraction = population.output_frac
        described["output_fraction"] = [int(fraction.min()), int(fraction.max())]
    return described


def describe_connections(network: QuantizedNetwork) -> dict[str, Any]:
    """Formats of each connection."""
    return {
        projection.name: {
            "pre": projection.pre,
            "post": population.name,
            "shape": list(reversed(projection.weight_code.shape)),
            "weight_bits": network.formats.weight_bits,
            "shifts": [int(compartment.shift_code.min()), int(compartment.shift_code.max())],
            "leak_code": compartment.leak_code,
            "delay": compartment.delay,
            "compartment": index,
        }
        for population in network.populations
        for index, compartment in enumerate(population.compartments)
        for projection in compartment.projections
    }


def describe_memories(config: CoreConfig) -> dict[str, Any]:
    """Shape of each memory of the core."""
    return {
        memory.name.lower(): {"words": shape.depth, "width": shape.width, "bits": shape.bits}
        for memory, shape in config.memories.items()
    }


def describe_usage(
    resources: Mapping[str, Usage], board: BoardSpec, *, estimated: bool
) -> dict[str, Any]:
    """Resources used and present; block RAM also in bits."""
    blocks, bits = resources["block_rams"], board.capacity.block_ram_bits
    in_bits = {"block_ram_bits": Usage(blocks.used * bits, blocks.present * bits)}
    return {
        name: {"used": usage.used, "present": usage.present, "estimated": estimated}
        for name, usage in {**resources, **in_bits}.items()
    }


def describe_path(hops: Iterable[Hop]) -> dict[str, Any]:
    """Where the slowest path starts and ends, by part and by cell, and how its time splits."""
    listed = list(hops)
    if not listed:
        return {}
    return {
        "from_part": part_of(listed[0].source),
        "to_part": part_of(listed[-1].sink),
        "from": listed[0].source,
        "to": listed[-1].sink,
        "logic_ns": round(sum(hop.delay_ns for hop in listed if hop.kind != "routing"), 3),
        "routing_ns": round(sum(hop.delay_ns for hop in listed if hop.kind == "routing"), 3),
        "hops": len(listed),
    }


def describe_placement(
    placed: PlacedDesign | None, chosen: Candidate, board: BoardSpec
) -> dict[str, Any]:
    """Resources, clock and critical path; estimated resources where nothing was placed."""
    if placed is None:
        return {
            "resources": describe_usage(chosen.usage, board, estimated=True),
            "critical_path": None,
            "placement_seed": None,
            "placement": None,
        }
    return {
        "resources": describe_usage(placed.resources, board, estimated=False),
        "critical_path": describe_path(placed.timing.critical_path if placed.timing else ()),
        "placement_seed": placed.seed,
        "placement": placed.bitstream
        and {"from_cache": placed.cached, "image_in_bitstream": placed.holds_image},
    }
