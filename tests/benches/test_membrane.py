"""The membrane equals the golden neuron over edges, random states and stalls."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from nef2hw.program.network import FRACTION_BITS
from nef2hw.program.words import update_fields
from nef2hw.sim.benches.cases import stream_cases
from nef2hw.sim.benches.runner import available_simulators
from nef2hw.sim.golden import NeuronState, neuron_step
from tests.benches.blocks import StreamedMembrane, check_block
from tests.sim.networks import layered, program_of

pytestmark = pytest.mark.skipif(not available_simulators(), reason="needs a Verilog simulator")

#: Random cases of a population, and how many of them are cleared.
RANDOM, CLEARED = 180, 30

STATE = ("voltage", "refractory", "overshoot", "total")

#: Modes of neurons by the flags of the cores that have them.
LEAKY = {}
SUBTRACTING = {"subtract": True, "hold_steps": 0}
LEAKLESS = {"integrate": True, "hold_steps": 0}
COUNTING = {**LEAKLESS, "count": True}
CORES = {
    "integrating": (LEAKY, LEAKLESS),
    "subtracting": (LEAKY, SUBTRACTING),
    "counting": (LEAKLESS, COUNTING),
    "all": (LEAKY, SUBTRACTING, LEAKLESS, {**LEAKLESS, **SUBTRACTING}, COUNTING),
}


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


def sums_on_edges(formats, lif):
    """Voltages and currents whose sum is a limit, a threshold or a whole number, or next to it."""
    one, high = 1 << formats.voltage_frac, formats.voltage.high
    kept = [0, 1, one - 1] if lif.count else [lif.min_voltage_code, 0, 1, one, high]
    sums = [0, 1, 2, 3, 77, 127, 128]
    marks = [*(whole * one for whole in sums), high + one, lif.min_voltage_code]
    landing = [(v, mark + d - v) for v in kept for mark in marks for d in (-1, 0, 1)]
    limits = (formats.current.low, formats.current.high)
    landing += [(v, limit + d) for v in kept for limit in limits for d in (-1, 0, 1)]
    return np.array([(v, 0, 0xABCD, total) for v, total in landing], dtype=np.int64)


def cases(formats, codes, rng):
    """Columns of states and sums for neurons of any mode, some of which are cleared."""
    if codes.integrate or codes.subtract:
        rows = [sums_on_edges(formats, codes)]
    else:
        rows = [edge_cases(formats, codes)]
    rows.append(random_cases(formats, codes, rng, RANDOM))
    columns = dict(zip(STATE, np.concatenate(rows).T, strict=True))
    columns["clear"] = np.arange(len(columns["total"]))[::-1] < CLEARED
    if codes.count:
        columns["voltage"] %= 1 << formats.voltage_frac
    return columns


def check_membrane(program, populations, folder, stall):
    """Compare the membrane of ``program``'s core with golden neurons of several kinds."""
    config, rng = program.config, np.random.default_rng(3)
    block = StreamedMembrane(config)
    given, expected = [], []
    for codes in populations:
        columns = cases(config.formats, codes, rng)
        given.append(request(columns, codes, config))
        expected.append(answer(columns, codes, config))
    check_block(
        block,
        {"i": stream_cases(block.request, joined(given))},
        {"o": stream_cases(block.answer, joined(expected))},
        folder,
        stall,
    )


@pytest.mark.parametrize(("interval", "stall"), [(1, 0.0), (1, 0.3), (4, 0.0)])
def test_the_membrane_equals_golden(interval, stall, tmp_path):
    program = program_of(layered(), neuron_interval=interval)
    check_membrane(program, spiking(program), tmp_path, stall)


@pytest.mark.parametrize(("core", "stall"), [(core, 0.0) for core in CORES] + [("all", 0.3)])
def test_neurons_of_all_modes_equal_golden(core, stall, tmp_path):
    modes = CORES[core]
    program = program_of(layered())
    program = replace(program, config=config_for(program.config, modes))
    populations = [
        replace(codes, **mode, min_voltage_code=least)
        for mode in modes
        for codes in spiking(program)[:1]
        for least in (0, program.config.formats.voltage.low)
    ]
    check_membrane(program, populations, tmp_path, stall)


def spiking(program):
    return [p.neurons for p in program.network.populations if p.neurons is not None]


def config_for(config, modes):
    """A core that has ``modes``; counts need 8 bits at a current of up to 128."""
    assert config.formats.current.high >> config.formats.voltage_frac == 127
    counting = any("count" in mode for mode in modes)
    return replace(
        config,
        formats=replace(config.formats, count_bits=8 if counting else 1),
        integrating=any("integrate" in mode for mode in modes),
        subtracting=any("subtract" in mode for mode in modes),
    )


def request(columns, codes, config):
    constants = {
        "decay": codes.decay_code,
        "first_ratio": codes.ratio_code[0],
        "second_ratio": codes.ratio_code[1],
        "first_offset": codes.offset_code[0],
        "second_offset": codes.offset_code[1],
        "hold_steps": codes.hold_steps,
        "min_voltage": codes.min_voltage_code,
    }
    modes = {"integrate": codes.integrate, "tally": codes.count, "subtract": codes.subtract}
    constants |= {name: modes[name] for name in modes.keys() & update_fields(config)}
    count = len(columns["total"])
    return {
        **{f"parameters.{k}": np.full(count, v) for k, v in constants.items()},
        "state.membrane.voltage": columns["voltage"],
        "state.membrane.refractory": columns["refractory"],
        "state.overshoot": columns["overshoot"],
        "total": columns["total"],
        "clear": columns["clear"],
    }


def answer(columns, codes, config):
    formats = config.formats
    state = NeuronState(columns["voltage"], columns["overshoot"], columns["refractory"])
    current = np.clip(columns["total"], formats.current.low, formats.current.high)
    after, spikes = neuron_step(state, current, codes, formats)
    expected = {
        "spike": spikes > 0,
        **({"count": spikes} if config.counting else {}),
        "state.membrane.voltage": after.voltage,
        "state.membrane.refractory": after.refractory,
        "state.overshoot": after.overshoot,
    }
    return {name: np.where(columns["clear"], 0, column) for name, column in expected.items()}


def joined(blocks):
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
