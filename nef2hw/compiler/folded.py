"""A network folded to dense weights and biases, still in float.

Everything between sources and neurons (decoders, transforms, encoders, gains,
radius, amplitude) is in the weights; decoded outputs are populations too,
without neurons. So are gangs of decoded values that other populations take in
the same step, each a slice of them: a relay.
"""

from __future__ import annotations

from dataclasses import dataclass

from nef2hw.model.network import FloatArray, InputKind, Neurons


@dataclass(frozen=True, eq=False)
class FoldedInput:
    """Values, or spikes of amplitude 1/dt, from outside."""

    name: str
    size: int
    kind: InputKind
    low: FloatArray  #: (size,)
    high: FloatArray  #: (size,)
    default: FloatArray | None = None  #: (size,), what is fed when nothing is given


@dataclass(frozen=True)
class DiscreteFilter:
    """A filter of order k, 1 or 2: ``x <- A x + B u``, then ``y = C x``."""

    A: tuple[tuple[float, ...], ...]  #: (k, k)
    B: tuple[float, ...]  #: (k,)
    C: tuple[float, ...]  #: (k,)


@dataclass(frozen=True, eq=False)
class FoldedPopulation:
    """Neurons, or the values of a linear readout."""

    name: str
    bias: FloatArray  #: (n,), constant current, or constant part of the output
    neurons: Neurons | None  #: None is a linear readout; the amplitude is in the weights already
    voltage_init: FloatArray | None = None  #: (n,), None is 0
    refractory_init_s: FloatArray | None = None  #: (n,), None is 0

    @property
    def size(self) -> int:
        """Number of neurons or values."""
        return int(self.bias.shape[0])


@dataclass(frozen=True)
class FoldedRelay:
    """Values of a population without neurons that are the source of connections."""

    name: str
    population: str
    first: int  #: of its values in the population
    size: int
    radius: float  #: size that a value mostly has, for the choice of its resolution


@dataclass(frozen=True, eq=False)
class FoldedConnection:
    """Weights from an input, the spikes of an ensemble or a relay to a population.

    The filter follows the weights and its factors are not in them.
    """

    name: str
    pre: str
    post: str
    weights: FloatArray  #: (n_post, n_pre), current or output per unit of value, or per spike
    filter: DiscreteFilter | None
    delay: int  #: steps


@dataclass(frozen=True)
class FoldedProbe:
    """What is reported: a readout as it is, or spikes times ``scale``."""

    name: str
    kind: str  #: "readout" or "spikes"
    population: str
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class FoldedNetwork:
    """Inputs, populations (ensembles in file order, gangs, readouts), weights and probes."""

    dt_s: float
    inputs: tuple[FoldedInput, ...]
    populations: tuple[FoldedPopulation, ...]
    connections: tuple[FoldedConnection, ...]
    probes: tuple[FoldedProbe, ...]
    relays: tuple[FoldedRelay, ...] = ()

    @property
    def gangs(self) -> frozenset[str]:
        """Names of the populations whose values are relayed."""
        return frozenset(relay.population for relay in self.relays)

    def immediate(self) -> list[tuple[str, str]]:
        """List the ends of all connections without delay; of a relay, the population it is of."""
        owners = {relay.name: relay.population for relay in self.relays}
        return [(owners.get(c.pre, c.pre), c.post) for c in self.connections if c.delay == 0]
