"""Rounds of random networks that share a random core, the same for the same number.

Compiling a model of a core takes longer than running a hundred networks on it. So a round draws
networks and makes one core that all of them fit; at least one of them needs each width in full.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from nef2hw.compiler.assemble import assemble_for
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape, core_config
from nef2hw.errors import FormatError
from nef2hw.program.config import CoreConfig
from nef2hw.program.network import FRACTION_BITS, Formats, QuantizedNetwork
from nef2hw.program.program import Program
from tests.sim.random_networks import random_network

#: Networks that are drawn for a round; those that would widen the core's
#: abilities are left out, and those that are much smaller or larger than the first.
CANDIDATES = 240
SIZES = (1, 20, 60, 100)

#: Constants are rounded to these binary points; one that is coarser serves all.
_POINTS = ("decay_frac", "ratio_frac", "leak_frac")
_STRUCTURE = ("formats", "lanes", "neuron_lanes", "neuron_interval", "weight_memory", "sum_memory")
_ROUND, _FIRST_SEED = 0xF422, 1_000_000


@dataclass(frozen=True)
class Round:
    """Programs for one core."""

    number: int
    core: CoreConfig
    programs: tuple[Program, ...]


def make_round(number: int) -> Round:
    """Draw the networks and the core of a round."""
    rng = np.random.default_rng([_ROUND, number])
    precision, shape = _precision(rng), _shape(rng)
    seeds = _FIRST_SEED + number * CANDIDATES + np.arange(CANDIDATES)
    networks = [random_network(int(seed)) for seed in seeds]
    drawn = _quantized(networks, precision, None)
    first = next(iter(drawn.values()))
    alike = [item for item in drawn.items() if _abilities(item[1]) <= _abilities(first)]
    alike.sort(key=lambda item: abs(_slots(item[1]) - _slots(first)))
    chosen = alike[: rng.choice(SIZES)]
    formats = common_formats([q.formats for _, q in chosen])
    fitting = list(_quantized([networks[k] for k, _ in chosen], precision, formats).values())
    if not fitting:
        fitting = [chosen[0][1]]
    core = common_core(fitting, shape)
    return Round(number, core, tuple(assemble_for(network, core) for network in fitting))


def common_formats(formats: Sequence[Formats]) -> Formats:
    """Widths of which each is the largest of its kind."""
    records = [asdict(one) for one in formats]
    return Formats(
        **{
            name: (min if name in _POINTS else max)(record[name] for record in records)
            for name in records[0]
        }
    )


def common_core(networks: Sequence[QuantizedNetwork], shape: CoreShape) -> CoreConfig:
    """The smallest core that holds each of ``networks``, all of the same formats."""
    first = _largest([core_config(network, shape) for network in networks])
    return _largest([core_config(network, shape, first) for network in networks], first)


def _largest(cores: Sequence[CoreConfig], within: CoreConfig | None = None) -> CoreConfig:
    sizes = [asdict(core) for core in cores]
    largest = {
        name: max(size[name] for size in sizes) for name in sizes[0] if name not in _STRUCTURE
    }
    everywhere = within or cores[int(np.argmax([core.accumulator_words for core in cores]))]
    fixed = {name: getattr(everywhere, name) for name in _STRUCTURE}
    return CoreConfig(**{**largest, **fixed})


def _quantized(networks, precision, formats) -> dict[int, QuantizedNetwork]:
    """Quantize those of ``networks`` that the formats allow, by their place."""
    found = {}
    for k, network in enumerate(networks):
        try:
            found[k] = quantize(network, precision, formats)
        except FormatError:
            continue
    return found


def _slots(network: QuantizedNetwork) -> int:
    """How much state there is, all of which is read after each step."""
    return sum(p.size * max(1, len(p.compartments)) for p in network.populations)


def _abilities(network: QuantizedNetwork) -> set[str]:
    """What a core needs logic of its own for."""
    compartments = [c for p in network.populations for c in p.compartments]
    kinds = [p.neurons for p in network.populations if p.neurons is not None]
    abilities = {
        "filters": any(c.leak_code is not None for c in compartments),
        "couples": any(c.coupling is not None for c in compartments),
        "integrates": any(kind.integrate for kind in kinds),
        "subtracts": any(kind.subtract for kind in kinds),
        "counts": network.formats.count_bits > 1,
        "relays": network.formats.relay_planes > 0,
    }
    return {name for name, has in abilities.items() if has}


def _precision(rng: np.random.Generator) -> Precision:
    return Precision(
        weight_bits=int(rng.choice((2, 3, 4, 8, 8, 11))),
        voltage_bits=int(rng.choice((8, 10, 13, 16, 16, 19))),
        input_bits=int(rng.choice((1, 4, 10, 16))),
    )


def _shape(rng: np.random.Generator) -> CoreShape:
    intervals = [n for n in range(1, FRACTION_BITS + 1) if FRACTION_BITS % n == 0]
    interval = int(rng.choice(intervals)) if rng.random() < 0.5 else 1
    together = int(rng.choice((1, 1, 2, 4, 8))) if interval == 1 else 1
    return CoreShape(
        lanes=-(-int(rng.integers(1, 18)) // together) * together,
        neuron_lanes=together,
        neuron_interval=interval,
        weight_memory=str(rng.choice(("block", "huge", "distributed"))),
        distributed_words=int(rng.choice((0, 1000))),
    )
