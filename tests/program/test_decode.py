"""Between users' units and the core's words."""

import numpy as np
import pytest

from nef2hw.compiler.quantize import quantize
from nef2hw.program.decode import (
    count_saturated_inputs,
    decode_results,
    decode_states,
    encode_inputs,
    probe_values,
    result_words,
)
from nef2hw.program.memory import MemoryId, words_to_beats
from nef2hw.program.words import filter_fields, membrane_fields, pack
from nef2hw.sim.extremes import extreme_codes
from nef2hw.sim.golden import GoldenModel
from tests.sim.networks import layered, program_of, recurrent, tiny


def test_values_are_rounded_to_their_unit_and_saturate_at_the_declared_range():
    network = quantize(recurrent())
    values = np.array([[-2.0, 1.0, 0.0], [-2.1, 1.1, 0.5], [-1e30, 1e30, 1e300], [1e18, -1e19, -0]])
    rows = len(values)
    stimulus = {"x": values, "s": np.ones((rows, 37)), "y": np.full((rows, 20), -0.5)}
    codes = encode_inputs(network, stimulus)
    top = 1023
    half = round(0.5 * top)
    assert codes["x"].tolist() == [
        [-top, half, 0],
        [-top, half, 256],
        [-top, half, half],
        [half, -top, 0],
    ]
    assert codes["x"].dtype == np.int64
    assert (codes["s"] == 1).all()
    assert (codes["y"] == 0).all()
    assert count_saturated_inputs(network, stimulus) == {"x": 7, "s": 0, "y": rows * 20}


def test_a_value_comes_back_within_half_a_unit():
    network = quantize(layered())
    values = np.random.default_rng(0).uniform(-1, 1, (100, 5))
    codes = encode_inputs(network, {"x": values})["x"]
    step = network.inputs[0].step
    assert np.abs(codes * step - values).max() <= step.max() * 0.5 * (1 + 1e-9)


@pytest.mark.parametrize("together", [1, 8])
@pytest.mark.parametrize("network", [tiny, layered, recurrent])
def test_results_packed_as_the_core_sends_them_are_the_golden_models(network, together):
    program = program_of(network(), neuron_lanes=together)
    model = GoldenModel(program.network)
    codes = extreme_codes(program.network, 60, seed=5)
    for n in range(60):
        result = model.step({name: rows[n] for name, rows in codes.items()})
        words = []
        for population in program.network.populations:
            if population.neurons is None:
                sent = [int(code) & 0xFFFFFFFF for code in result.readouts[population.name]]
                sent += [0xBAD] * (-len(sent) % together)
            else:
                bits = "".join(map(str, reversed(result.spikes[population.name].tolist())))
                whole = int(bits, 2)
                count = -(-population.size // 32)
                sent = [whole >> (32 * k) & 0xFFFFFFFF for k in range(count)]
            assert len(sent) == result_words(population, together)
            words += sent
        spikes, probes = decode_results(program, np.array(words, dtype=np.uint32))
        assert spikes.keys() == result.spikes.keys()
        for name, fired in result.spikes.items():
            assert spikes[name].tolist() == fired.tolist()
        wanted = probe_values(program.network, result.spikes, result.readouts)
        assert {k: v.tolist() for k, v in probes.items()} == {
            k: v.tolist() for k, v in wanted.items()
        }


def test_a_probe_is_in_the_models_units():
    network = quantize(layered())
    readout = network.population("probes/out")
    codes = np.arange(7) - 3
    values = probe_values(network, {"b": np.eye(33, dtype=np.int64)[0]}, {"probes/out": codes})
    np.testing.assert_array_equal(values["out"], codes / 2.0**readout.output_frac)
    assert values["b_spikes"][:2].tolist() == [1000.0, 0.0]


def dumps_of(program, states):
    """Write ``states`` into the words of the state memories, as the core holds them."""
    config, together = program.config, program.config.neuron_lanes
    slots, membrane, overshoot = [], [], []
    for population in program.network.populations:
        spare = [(1 << 8) - 1] * (-population.size % together)
        for k, compartment in enumerate(population.compartments or [None]):
            state = states.get(f"{population.name}/{k}/filter", np.zeros(population.size, int))
            shift = np.zeros(population.size, int) if compartment is None else 3
            slots += [
                pack(filter_fields(config), {"state": int(s), "shift": int(h)})
                for s, h in np.broadcast(state, shift)
            ] + spare
        if population.neurons is not None:
            named = [states[f"{population.name}/{f}"] for f in ("voltage", "refractory")]
            membrane += [
                pack(membrane_fields(config), {"voltage": int(v), "refractory": int(r)})
                for v, r in zip(*named, strict=True)
            ] + spare
            overshoot += states[f"{population.name}/overshoot"].tolist() + spare
    words = {
        MemoryId.FILTER: slots,
        MemoryId.MEMBRANE: membrane,
        MemoryId.OVERSHOOT: overshoot,
    }
    return {
        m: words_to_beats(rows_of(w, config.memories[m], together), config.memories[m])
        for m, w in words.items()
    }


def rows_of(words, shape, together):
    """Join ``together`` words to one, the first lowest."""
    width = shape.width // together
    return [
        sum(word << (width * k) for k, word in enumerate(words[n : n + together]))
        for n in range(0, len(words), together)
    ]


@pytest.mark.parametrize("together", [1, 4])
@pytest.mark.parametrize("network", [tiny, layered, recurrent])
def test_states_come_back_from_dumps_of_the_memories(network, together):
    program = program_of(network(), neuron_lanes=together)
    model = GoldenModel(program.network)
    codes = extreme_codes(program.network, 40, seed=6)
    for n in range(40):
        model.step({name: rows[n] for name, rows in codes.items()})
    states = model.states()
    back = decode_states(program, dumps_of(program, states))
    assert back.keys() == states.keys()
    for name, state in states.items():
        assert back[name].tolist() == state.tolist(), name
    if network is recurrent:
        negative = {name for name, state in states.items() if (state < 0).any()}
        assert {"b/voltage", "a/0/filter"} <= negative
