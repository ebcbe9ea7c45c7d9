"""A core that ran one image runs another that fits it, as if it had never run the first."""

from dataclasses import replace

import numpy as np
import pytest

from nef2hw.compiler.folded import FoldedNetwork, FoldedPopulation, FoldedProbe
from nef2hw.model.network import LifNeurons
from nef2hw.sim.compiled.core import CompiledCore
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from nef2hw.trace import first_difference
from tests.sim.networks import DT_S, connection, program_of, recurrent, value_input

pytestmark = pytest.mark.skipif(
    not (has_tool("yosys") and has_tool("c++")), reason="needs yosys and a C++ compiler"
)


def turned_round():
    """The recurrent network with its populations in another order and some weights negated."""
    network = recurrent()
    a, b, *readouts = network.populations
    connections = tuple(
        replace(c, weights=-c.weights if k % 2 else c.weights)
        for k, c in enumerate(network.connections)
    )
    return replace(network, populations=(b, a, *readouts), connections=connections)


def driven_by_bias(sizes, sign):
    """Two populations that spike from the first step on, and an input that goes nowhere."""
    populations = tuple(
        FoldedPopulation(
            name,
            np.full(n, 3.0),
            LifNeurons(0.02, 0.0005),
            np.linspace(0, 0.99, n),
        )
        for name, n in zip("ab", sizes, strict=True)
    )
    connections = tuple(
        connection(pre.name, post.name, np.full((post.size, pre.size), sign * 0.25), 0.0)
        for pre in populations
        for post in populations
    )
    probes = tuple(FoldedProbe(p.name, "spikes", p.name, 1000.0) for p in populations)
    return FoldedNetwork(DT_S, (value_input("x", 3),), populations, connections, probes)


@pytest.mark.parametrize(
    ("first", "second", "lanes"),
    [
        (recurrent(), turned_round(), 8),
        pytest.param(
            driven_by_bias((9, 30), 1),
            driven_by_bias((30, 9), -1),
            3,
        ),
    ],
)
def test_a_second_image_runs_as_if_it_were_the_first(first, second, lanes):
    programs = [program_of(network, lanes) for network in (first, second)]
    assert programs[0].config.digest == programs[1].config.digest
    assert programs[0].image.digest != programs[1].image.digest
    core = CompiledCore(programs[0])
    for steps, program in zip((5, 8, 6, 9), programs * 2, strict=True):
        codes = extreme_codes(program.network, steps, seed=steps)
        expected = simulate_golden(program.network, codes, states=True)
        core.program = program
        assert first_difference(expected, core.run(codes, states=True)) is None
    core.close()
