"""Cores whose synthesis is measured: networks of many kinds in shapes of all sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np

from nef2hw.compiler.filters import discretize
from nef2hw.compiler.folded import (
    FoldedConnection,
    FoldedInput,
    FoldedNetwork,
    FoldedPopulation,
    FoldedProbe,
    FoldedRelay,
)
from nef2hw.compiler.precision import Precision
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape, core_config
from nef2hw.model.network import IfNeurons, LifNeurons, Neurons, RectifiedNeurons
from nef2hw.model.synapses import Alpha, Lowpass
from nef2hw.program.config import CoreConfig

DT_S = 0.001
TAU_S = 0.01


@dataclass(frozen=True)
class Recipe:
    """A network of random weights: an input, populations in a chain, a readout of the last."""

    sizes: tuple[int, ...]  #: of the input, then of each population
    kind: Literal["value", "spike"] = "value"
    synapse: Literal["none", "lowpass", "alpha"] = "lowpass"
    recurrent: bool = False  #: each population into itself, by a synapse of its own
    readout: int = 4  #: values, 0 for a probe of spikes
    neurons: Neurons = field(default_factory=LifNeurons)
    precision: Precision = field(default_factory=Precision)
    relayed: int = 0  #: values that the last population takes by a relay, 0 for none


@dataclass(frozen=True)
class Design:
    """A core to measure."""

    name: str
    recipe: Recipe
    shape: CoreShape

    def config(self) -> CoreConfig:
        """The structure of the core."""
        return core_config(quantize(network(self.recipe), self.recipe.precision), self.shape)


def network(recipe: Recipe) -> FoldedNetwork:
    """Make the network of a recipe."""
    rng = np.random.default_rng(0)
    size, *hidden = recipe.sizes
    names = [f"p{k}" for k in range(len(hidden))]
    populations = [
        FoldedPopulation(name, rng.uniform(0.0, 1.5, n), recipe.neurons)
        for name, n in zip(names, hidden, strict=True)
    ]
    filters = {"none": None, "lowpass": Lowpass(TAU_S), "alpha": Alpha(TAU_S)}
    synapse = discretize(filters[recipe.synapse], DT_S)[0]

    def connect(pre: str, post: str, n_pre: int, n_post: int) -> FoldedConnection:
        weights = rng.normal(0.0, 2.0 / np.sqrt(n_pre), (n_post, n_pre))
        delay = 0 if synapse is None else 1
        return FoldedConnection(f"{pre}-{post}", pre, post, weights, synapse, delay)

    chain = ["x", *names]
    connections = [
        connect(chain[k], chain[k + 1], recipe.sizes[k], recipe.sizes[k + 1])
        for k in range(len(hidden))
    ]
    relays = []
    if recipe.relayed:
        last = connections.pop()
        factors = rng.normal(0.0, 1.0, (hidden[-1], recipe.relayed))
        populations.append(FoldedPopulation("gang", np.zeros(recipe.relayed), None))
        relays.append(FoldedRelay("relay", "gang", 0, recipe.relayed, 1.0))
        connections += [
            connect(last.pre, "gang", recipe.sizes[-2], recipe.relayed),
            FoldedConnection("relay-post", "relay", last.post, factors, None, 0),
        ]
    if recipe.recurrent:
        slow = discretize(Lowpass(10 * TAU_S), DT_S)[0]
        for name, n in zip(names, hidden, strict=True):
            weights = rng.normal(0.0, 1.0 / np.sqrt(n), (n, n))
            connections.append(FoldedConnection(f"{name}-{name}", name, name, weights, slow, 1))
    probes = [FoldedProbe("spikes", "spikes", names[-1], 1 / DT_S)]
    if recipe.readout:
        populations.append(FoldedPopulation("y", np.zeros(recipe.readout), None))
        connections.append(connect(names[-1], "y", hidden[-1], recipe.readout))
        probes.append(FoldedProbe("y", "readout", "y"))
    low = np.full(size, -1.0) if recipe.kind == "value" else np.zeros(size)
    source = FoldedInput("x", size, recipe.kind, low, np.ones(size))
    return FoldedNetwork(
        DT_S, (source,), tuple(populations), tuple(connections), tuple(probes), tuple(relays)
    )


TINY = Recipe((2, 8), readout=1)
CHANNEL = Recipe((1, 100), recurrent=True, readout=1)
DIGITS = Recipe((64, 128), readout=10)
SPIKES = Recipe((256, 96, 10), kind="spike", synapse="none", readout=0)
DEEP = Recipe((32, 200, 100, 50), recurrent=True)
LARGE = Recipe((4, 500, 500), recurrent=True, readout=2)
ALPHA = Recipe((8, 150), synapse="alpha", recurrent=True)
COUNTING = Recipe((16, 120), neurons=RectifiedNeurons(), readout=8)
WHOLE = Recipe((16, 120), neurons=IfNeurons(reset="subtract"), readout=8)
SUBTRACTING = Recipe((16, 120), neurons=LifNeurons(tau_ref_s=0.0, reset="subtract"), readout=8)
NARROW = Recipe((64, 128), readout=10, precision=Precision(4, 10, 6))
FINE = Recipe((64, 128), readout=10, precision=Precision(12, 20, 12))
RELAYING = Recipe((8, 100, 150), readout=8, relayed=20)


def large_designs() -> Iterator[Design]:
    """Yield cores for families with room for wide ones, in shapes with sums of both kinds."""
    shapes = (
        (TINY, 1, 1), (TINY, 8, 1), (DIGITS, 32, 1), (CHANNEL, 16, 2), (SPIKES, 64, 4),
        (LARGE, 32, 8), (ALPHA, 16, 1), (COUNTING, 16, 1), (FINE, 16, 2), (NARROW, 64, 2),
        (DIGITS, 128, 8), (WHOLE, 8, 4), (DEEP, 8, 1), (LARGE, 4, 1), (SUBTRACTING, 32, 2),
        (DIGITS, 4, 4), (ALPHA, 64, 4), (COUNTING, 32, 8), (SPIKES, 16, 1), (CHANNEL, 128, 1),
        (FINE, 32, 4), (DEEP, 64, 2), (NARROW, 8, 8), (DIGITS, 2, 1), (LARGE, 128, 4),
        (WHOLE, 64, 1), (DEEP, 16, 8), (CHANNEL, 2, 2), (COUNTING, 4, 2), (ALPHA, 2, 1),
    )  # fmt: skip
    for lanes, neuron_lanes in ((16, 1), (32, 4)):
        shape = CoreShape(lanes, neuron_lanes, distributed_words=32, sums_results=lanes > 16)
        yield Design(f"relaying-{lanes}-{neuron_lanes}", RELAYING, shape)
    for k, (recipe, lanes, neuron_lanes) in enumerate(shapes):
        shape = CoreShape(
            lanes, neuron_lanes, distributed_words=32 if k % 3 else 0, sums_results=k % 4 > 0
        )
        yield Design(f"{k:02}-{_name(recipe)}-{lanes}-{neuron_lanes}", recipe, shape)
    in_logic = CoreShape(8, weight_memory="distributed", distributed_words=32)
    yield Design("tables-0-tiny-8", TINY, in_logic)
    for k, (recipe, lanes, interval) in enumerate(((DIGITS, 16, 8), (CHANNEL, 32, 16))):
        shape = CoreShape(lanes, neuron_interval=interval, distributed_words=32)
        yield Design(f"slow-{k}-{_name(recipe)}-{lanes}-{interval}", recipe, shape)


def small_designs() -> Iterator[Design]:
    """Yield cores for families without room for wide ones."""
    shapes = (
        (DIGITS, 8, 8, "huge"), (TINY, 1, 8, "huge"), (CHANNEL, 4, 8, "huge"),
        (SPIKES, 8, 16, "huge"), (ALPHA, 2, 8, "huge"), (COUNTING, 4, 8, "huge"),
        (NARROW, 16, 8, "huge"), (FINE, 4, 8, "huge"), (DEEP, 8, 8, "huge"),
        (WHOLE, 8, 16, "huge"), (SUBTRACTING, 4, 4, "huge"), (LARGE, 8, 8, "huge"),
        (DIGITS, 4, 16, "huge"), (TINY, 8, 8, "block"), (CHANNEL, 16, 8, "block"),
        (DIGITS, 2, 1, "huge"), (SPIKES, 16, 8, "block"), (CHANNEL, 1, 16, "huge"),
        (ALPHA, 8, 16, "huge"), (COUNTING, 8, 16, "huge"), (NARROW, 8, 2, "huge"),
        (FINE, 2, 16, "huge"), (WHOLE, 2, 8, "block"), (TINY, 4, 1, "huge"),
        (DEEP, 2, 8, "huge"), (SUBTRACTING, 16, 8, "block"), (NARROW, 1, 8, "huge"),
        (SPIKES, 1, 8, "huge"),
    )  # fmt: skip
    yield Design("relaying-4-8-huge", RELAYING, CoreShape(4, 1, 8, "huge"))
    for k, (recipe, lanes, interval, weights) in enumerate(shapes):
        shape = CoreShape(lanes, neuron_interval=interval, weight_memory=weights)
        yield Design(f"{k:02}-{_name(recipe)}-{lanes}-{interval}-{weights}", recipe, shape)


def medium_designs(distributed_words: int) -> Iterator[Design]:
    """Yield cores for families of which most devices are small."""
    shapes = (
        (DIGITS, 8, 1, 8), (TINY, 1, 1, 1), (CHANNEL, 4, 1, 1), (SPIKES, 16, 4, 1),
        (ALPHA, 8, 1, 8), (COUNTING, 8, 2, 1), (RELAYING, 8, 1, 1), (WHOLE, 16, 1, 8),
        (SUBTRACTING, 4, 1, 16), (NARROW, 32, 1, 1), (FINE, 4, 2, 1), (DIGITS, 32, 1, 1),
        (ALPHA, 16, 4, 1), (RELAYING, 2, 1, 8), (CHANNEL, 16, 8, 1), (TINY, 8, 1, 8),
    )  # fmt: skip
    for k, (recipe, lanes, neuron_lanes, interval) in enumerate(shapes):
        words = distributed_words if k % 3 else 0
        shape = CoreShape(lanes, neuron_lanes, interval, "block", words, sums_results=k % 2 > 0)
        yield Design(f"{k:02}-{_name(recipe)}-{lanes}-{neuron_lanes}-{interval}", recipe, shape)


def designs_for(family: str) -> list[Design]:
    """Cores to measure for ``family``."""
    made = {
        "ecp5": large_designs,
        "ice40": small_designs,
        "gowin": partial(medium_designs, distributed_words=0),
        "xilinx7": partial(medium_designs, distributed_words=32),
    }
    return [*made[family]()]


def _name(recipe: Recipe) -> str:
    return next(k.lower() for k, v in globals().items() if v is recipe)
