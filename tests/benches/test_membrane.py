"""The membrane equals the golden neuron over edges, random states and stalls."""

import itertools

import numpy as np
import pytest

from nef2hw.program.network import FRACTION_BITS
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from nef2hw.sim.golden import NeuronState, neuron_step
from tests.benches.blocks import StreamedMembrane, check_block
from tests.sim.networks import layered, program_of

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

STATE = ("voltage", "refractory", "overshoot", "total")


def edge_cases(formats, lif):
    """Voltages and currents that land on, below and above the threshold; limits; every count."""
    one = 1 << formats.voltage_frac
    top = (1 << FRACTION_BITS) - 1
    limit = 1 << (formats.sum_bits - 1)
    current = formats.current
    voltages = [0, 1, one - 1, one]
    totals = [-limit, current.low - 1, current.low, -1, 0, one, one + 1, 2 * one]
    totals += [current.high, current.high + 1, limit - 1]
    landing = [totals_for(one + d, v, lif, formats) for v in (0, one - 9) for d in (-1, 0, 1, 2)]
    rows = itertools.product(voltages, [0], [0], totals)
    rows = [*rows, *itertools.product([0], range(lif.hold_steps + 1), [0, 1, top], [0, 5 * one])]
    rows += [(v, 0, 0, total) for v, total in landing]
    return np.array(rows, dtype=np.int64)


def totals_for(target, voltage, lif, formats):
    """Voltage and current that bring ``voltage`` to about ``target`` in one step."""
    scale = 1 << formats.decay_frac
    return voltage, voltage + -(-(target - voltage) * scale // lif.decay_code)


def random_cases(formats, lif, rng, count):
    one = 1 << formats.voltage_frac
    refractory = rng.integers(0, lif.hold_steps + 1, count)
    voltage = np.where(refractory > 0, 0, rng.integers(lif.min_voltage_code, one + 1, count))
    wild = rng.integers(-(1 << (formats.sum_bits - 1)), 1 << (formats.sum_bits - 1), count)
    mild = rng.integers(-one, 30 * one, count)
    total = np.where(rng.random(count) < 0.3, wild, mild)
    return np.stack([voltage, refractory, rng.integers(0, 1 << FRACTION_BITS, count), total], 1)


@pytest.mark.parametrize(("interval", "stall"), [(1, 0.0), (1, 0.3), (4, 0.0)])
def test_the_membrane_equals_golden(interval, stall, tmp_path):
    program = program_of(layered(), neuron_interval=interval)
    formats, rng = program.network.formats, np.random.default_rng(3)
    block = StreamedMembrane(program.config)
    given, expected = [], []
    for population in program.network.populations:
        if population.neurons is None:
            continue
        lif = population.neurons
        rows = [edge_cases(formats, lif), random_cases(formats, lif, rng, 150)]
        columns = dict(zip(STATE, np.concatenate(rows).T, strict=True))
        given.append(request(columns, lif))
        expected.append(answer(columns, lif, formats))
    check_block(
        block,
        {"i": stream_cases(block.request, joined(given))},
        {"o": stream_cases(block.answer, joined(expected))},
        tmp_path,
        stall,
    )


def request(columns, lif):
    constants = {
        "decay": lif.decay_code,
        "first_ratio": lif.ratio_code[0],
        "second_ratio": lif.ratio_code[1],
        "first_offset": lif.offset_code[0],
        "second_offset": lif.offset_code[1],
        "hold_steps": lif.hold_steps,
        "min_voltage": lif.min_voltage_code,
    }
    count = len(columns["total"])
    return {
        **{f"parameters.{k}": np.full(count, v) for k, v in constants.items()},
        "state.membrane.voltage": columns["voltage"],
        "state.membrane.refractory": columns["refractory"],
        "state.overshoot": columns["overshoot"],
        "total": columns["total"],
    }


def answer(columns, lif, formats):
    state = NeuronState(columns["voltage"], columns["overshoot"], columns["refractory"])
    current = np.clip(columns["total"], formats.current.low, formats.current.high)
    after, spikes = neuron_step(state, current, lif, formats)
    return {
        "spike": spikes,
        "state.membrane.voltage": after.voltage,
        "state.membrane.refractory": after.refractory,
        "state.overshoot": after.overshoot,
    }


def joined(blocks):
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
