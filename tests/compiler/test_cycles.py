"""The estimate of a step's cycles is close to what the RTL takes."""

import numpy as np
import pytest

from nef2hw.compiler.assemble import CoreShape, assemble
from nef2hw.compiler.cycles import observed, silence, step_cycles, uproar
from nef2hw.compiler.quantize import quantize
from nef2hw.sim.compiled.core import simulate_rtl
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import simulate_golden
from nef2hw.tools import has_tool
from tests.sim.networks import layered, recurrent


@pytest.mark.skipif(not has_tool("c++"), reason="needs a C++ compiler")
@pytest.mark.parametrize("network", [layered, recurrent])
@pytest.mark.parametrize("interval", [1, 8])
def test_the_estimate_is_close_to_the_simulated_cycles(network, interval):
    shape = CoreShape(8, neuron_interval=interval)
    program = assemble(quantize(network()), shape)
    codes = extreme_codes(program.network, 60, 3)
    golden = simulate_golden(program.network, codes)
    estimate = step_cycles(program, observed(program, codes, golden.spikes)).total
    cycles = simulate_rtl(program, codes, notify=lambda _: None).cycles
    assert estimate == pytest.approx(cycles.mean(), rel=0.15)
    assert step_cycles(program, silence(program)).total <= 1.05 * cycles.min()
    assert step_cycles(program, uproar(program)).total >= 0.95 * cycles.max()


def test_more_lanes_shorten_the_delivery_and_leave_the_update():
    network = quantize(layered())
    few, many = (
        step_cycles(program, uproar(program))
        for program in (assemble(network, CoreShape(lanes)) for lanes in (4, 16))
    )
    assert many.levels[0].delivery < few.levels[0].delivery
    assert many.levels[0].update == few.levels[0].update


def test_an_input_that_stays_is_delivered_twice():
    program = assemble(quantize(layered()), CoreShape(8))
    port = program.network.inputs[0]
    held = np.repeat(np.full((1, port.size), 7), 10, axis=0)
    spikes = {p.name: np.zeros((10, p.size)) for p in program.network.populations if p.neurons}
    activity = observed(program, {port.name: held}, spikes)
    assert activity.events[port.name] == pytest.approx(2 * 3 * port.size / 10)
