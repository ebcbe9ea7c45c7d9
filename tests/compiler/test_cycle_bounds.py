"""No cycle is lost: a step takes little more than the longer of updating and delivering."""

from itertools import pairwise

import numpy as np
import pytest

from nef2hw.compiler.assemble import assemble
from nef2hw.compiler.cycles import count_cycles, observed, step_cycles
from nef2hw.compiler.folded import FoldedNetwork, FoldedProbe
from nef2hw.compiler.quantize import quantize
from nef2hw.compiler.structure import CoreShape
from tests.sim.networks import DT_S, connection, neurons, spike_input

#: Share beyond the longer, and cycles to fill and empty the pipeline between two barriers.
SHARE, LEVEL_CYCLES = 1.05, 32
LAYERS = {"x": 784, "hidden": 128, "out": 10}
STEPS, ACTIVE = 8, 0.1
#: Lanes, neuron lanes, interval.
SHAPES = [
    (8, 1, 1),
    (8, 1, 8),
    (8, 4, 1),
    (32, 1, 1),
    (32, 8, 1),
    (128, 1, 1),
    (128, 2, 1),
    (128, 8, 1),
]
#: The least that was asked of 784-128-10 with a tenth of the inputs active.
BEST_CYCLES = 140


def layers(tau_s):
    """Return spikes into two layers, joined all to all, filtered or not."""
    rng = np.random.default_rng(0)
    sizes = list(LAYERS.items())
    return FoldedNetwork(
        DT_S,
        (spike_input(*sizes[0]),),
        tuple(neurons(name, size, rng) for name, size in sizes[1:]),
        tuple(
            connection(pre, post, rng.normal(0, 0.1, (n_post, n_pre)), tau_s)
            for (pre, n_pre), (post, n_post) in pairwise(sizes)
        ),
        (FoldedProbe("out", "spikes", "out", 1 / DT_S),),
    )


def activity():
    """Return random spikes of all populations in some steps."""
    rng = np.random.default_rng(1)
    spikes = {name: (rng.random((STEPS, n)) < ACTIVE).astype(int) for name, n in LAYERS.items()}
    return {"x": spikes.pop("x")}, spikes


def bound(program, codes, spikes):
    """Return what a step may take; where update and delivery overlap it is one sum."""
    terms = step_cycles(program, observed(program, codes, spikes))
    stretches = [max(level.update, level.delivery) for level in terms.levels]
    stretches += [terms.inputs] if terms.inputs else []
    return sum(SHARE * cycles + LEVEL_CYCLES for cycles in stretches)


def counted(tau_s, shape):
    """Return cycles of every step, and bounds."""
    lanes, neuron_lanes, interval = shape
    shape = CoreShape(lanes, neuron_lanes, interval, distributed_words=32)
    program = assemble(quantize(layers(tau_s)), shape)
    codes, spikes = activity()
    one = [
        [{k: v[n : n + 1] for k, v in each.items()} for each in (codes, spikes)]
        for n in range(STEPS)
    ]
    return count_cycles(program, codes, spikes), [bound(program, *step) for step in one]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("tau_s", [0.005, None], ids=["filtered", "unfiltered"])
def test_a_step_takes_little_more_than_the_longer_of_its_parts(tau_s, shape):
    cycles, bounds = counted(tau_s, shape)
    assert (cycles <= bounds).all(), (cycles, bounds)


def test_the_large_classifier_takes_fewer_cycles_than_was_asked_for():
    assert counted(0.005, (128, 2, 1))[0].mean() <= BEST_CYCLES
