"""The shapes that a core for a network could have, and what each means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from nef2hw.boards.spec import BoardSpec
from nef2hw.build.resources import Usage
from nef2hw.build.sizing.demands import Demands, limits
from nef2hw.build.sizing.families import rules_of
from nef2hw.build.sizing.model import estimate_usage
from nef2hw.build.sizing.speed import estimate_cycles, typical_cycles
from nef2hw.compiler.cycles import uproar
from nef2hw.compiler.structure import CoreShape, core_config
from nef2hw.program.config import MAX_LANES, NEURON_LANES, CoreConfig
from nef2hw.program.network import QuantizedNetwork

#: A smaller core is preferred if it reaches this part of the most steps per second.
NEAR_BEST = 0.95
#: Words of weights that may live in look-up tables.
DISTRIBUTED_WEIGHT_WORDS = 64
#: Devices with fewer look-up tables have no room for what sums results.
SUMMING_LUTS = 10_000
#: Logic that the tools can do in minutes, where nobody asks for more.
COMFORTABLE_LOGIC = 12_000


@dataclass(frozen=True)
class Candidate:
    """A shape, what it is estimated to take, and how fast it is."""

    shape: CoreShape
    network: QuantizedNetwork = field(repr=False)
    config: CoreConfig
    usage: Mapping[str, Usage]  #: estimated, and present on the device
    allowed: Mapping[str, int]  #: how much of it may be used; what is not named has no limit
    clock_hz: float
    comfortable_logic: int = COMFORTABLE_LOGIC  #: what the tools place and route in minutes

    @cached_property
    def cycles(self) -> int:
        """Estimated clock cycles of a typical step."""
        return round(typical_cycles(self))

    @property
    def cycles_most(self) -> int:
        """Estimated clock cycles of a step in which everything happens."""
        return round(estimate_cycles(self, uproar(self)))

    @property
    def rate_hz(self) -> float:
        """Typical steps per second."""
        return self.clock_hz / self.cycles

    @property
    def logic(self) -> int:
        """What the size of a core is measured by: logic cells, or look-up tables."""
        return self.usage.get("logic_cells", self.usage["lut"]).used

    @property
    def is_comfortable(self) -> bool:
        """Whether the tools place and route it in minutes."""
        crowded = self.shape.weight_memory == "block" and self.usage["block_rams"].crowded
        return self.logic <= self.comfortable_logic and not crowded

    @property
    def but_for_sums(self) -> CoreShape:
        """The shape, whatever memory the sums are in."""
        return replace(self.shape, distributed_words=0)

    @property
    def overflows(self) -> dict[str, Usage]:
        """Resources of which too much would be needed, with what is allowed as present."""
        return {
            name: Usage(usage.used, self.allowed[name])
            for name, usage in self.usage.items()
            if name in self.allowed and usage.used > self.allowed[name]
        }


def candidates(
    network: QuantizedNetwork, board: BoardSpec, demands: Demands, clock_hz: float
) -> list[Candidate]:
    """Weigh every shape that makes a core of its own, smallest lanes first.

    Raises
    ------
    CapacityError
        The network is larger than any core, or the user named lanes that none can have.
    """
    allowed, found, comfortable = limits(board, demands), {}, _comfortable_logic(board)
    for shape in _shapes(network, board, demands):
        config = core_config(network, shape)
        few = config.weight_words <= DISTRIBUTED_WEIGHT_WORDS
        if config not in found and (few or config.weight_memory != "distributed"):
            usage = estimate_usage(config, board)
            found[config] = Candidate(shape, network, config, usage, allowed, clock_hz, comfortable)
    return list(found.values())


def _comfortable_logic(board: BoardSpec) -> int:
    """Logic that is placed and routed in minutes on the board's device."""
    if not board.capacity.limited:
        return COMFORTABLE_LOGIC
    return min(COMFORTABLE_LOGIC, int(rules_of(board.family).comfortable * board.capacity.lut))


def _shapes(network: QuantizedNetwork, board: BoardSpec, demands: Demands) -> Iterator[CoreShape]:
    rules = rules_of(board.family)
    sums_results = not board.capacity.limited or board.capacity.lut >= SUMMING_LUTS
    widest = max(p.size for p in network.populations)
    for lanes in _lane_counts(widest, demands):
        for neuron_lanes in _neuron_lane_counts(lanes, demands.neuron_lanes):
            for interval in rules.neuron_intervals if neuron_lanes == 1 else (1,):
                for weights in rules.weight_memories:
                    for words in sorted({rules.distributed_words, 0}, reverse=True):
                        yield CoreShape(lanes, neuron_lanes, interval, weights, words, sums_results)


def _lane_counts(widest: int, demands: Demands) -> list[int]:
    """Powers of two from the neuron lanes on, up to the first that holds the widest population."""
    if demands.lanes is not None:
        return [demands.lanes]
    first = ((demands.neuron_lanes or 1) - 1).bit_length()
    last = min((widest - 1).bit_length(), MAX_LANES.bit_length() - 1)
    return [1 << k for k in range(first, max(first, last) + 1)]


def _neuron_lane_counts(lanes: int, forced: int | None) -> list[int]:
    if forced is not None:
        return [forced]
    return [count for count in NEURON_LANES if lanes % count == 0]


def fastest(fitting: Sequence[Candidate]) -> Candidate:
    """Return the smallest of those that nearly reach the most steps per second.

    Cores with sums in block RAM are left out where the same core with sums in look-up tables fits,
    which allows a faster clock, and those that are not comfortable if there are others.
    """
    quick = {c.but_for_sums for c in fitting if c.config.sum_memory == "distributed"}
    fitting = [
        c for c in fitting if c.config.sum_memory == "distributed" or c.but_for_sums not in quick
    ]
    fitting = [c for c in fitting if c.is_comfortable] or fitting
    best_hz = max(candidate.rate_hz for candidate in fitting)
    return smallest([c for c in fitting if c.rate_hz >= NEAR_BEST * best_hz])


def smallest(fitting: Sequence[Candidate]) -> Candidate:
    """Return the one with the least logic; of equal ones, the fastest."""
    return min(fitting, key=lambda c: (c.logic, -c.rate_hz))
